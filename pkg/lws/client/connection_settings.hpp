// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lws::client {

// PEM text given inline or a file that holds it; a file is read again for new connections, so that
// certificates may rotate. Inline wins, as in client-go.
struct PemSource {
    std::string pem;
    std::string file;

    PemSource() {}
    [[nodiscard]] bool empty() const { return pem.empty() && file.empty(); }
};

// How to reach one API server and who we are to it. Secret: never log it.
struct ConnectionSettings {
    std::string host;  // name or address, IPv6 without brackets
    std::string port;
    std::string base_path;    // of the server URL, no slash at the end; mostly empty
    std::string server_name;  // what the certificate must be for; the host unless overridden
    PemSource ca;             // empty: the system's trust store
    PemSource client_certificate;
    PemSource client_key;
    std::string token;
    std::string token_file;  // wins over token; read again when it rotates
    bool insecure_skip_tls_verify = false;
    std::string ns;  // namespace of the context or of our pod; may be empty

    ConnectionSettings() {}
};

}  // namespace lws::client
