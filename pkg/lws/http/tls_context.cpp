// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <string>

namespace lws::http {
namespace {

namespace asio = boost::asio;

// HTTP/1.1 for clients that offer it or offer nothing; no HTTP/2 (CVE-2023-44487 and its kin).
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered, unsigned int offered_size, void*) {
    static constexpr unsigned char kHttp11[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    const int found = SSL_select_next_proto(
        &chosen, out_size, kHttp11, sizeof(kHttp11) - 1, offered, offered_size
    );
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Error failure(std::string_view what, const boost::system::error_code& error) {
    return {ErrorCode::invalid_input, std::string(what) + ": " + error.message()};
}

Result<void> limit_protocols(SSL_CTX* context, const config::TlsConfiguration& tls) {
    SSL_CTX_set_min_proto_version(
        context, tls.min_version == config::TlsVersion::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION
    );
    std::string suites;
    for (const std::string& suite : tls.cipher_suites) {
        suites += (suites.empty() ? "" : ":") + suite;
    }
    if (!suites.empty() && SSL_CTX_set_cipher_list(context, suites.c_str()) != 1) {
        ERR_clear_error();
        return Error(ErrorCode::invalid_input, "tls.cipherSuites: none can be used");
    }
    return {};
}

// OpenSSL would take 256 bits first: a sixth more work for each byte, and a longer hash in each
// handshake. Go's server, which clients of the API server know, has this order too.
constexpr const char* kSuitesOf13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

// Each connection costs less memory and each handshake less work without what nobody uses.
void trim(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_options(
        context,
        SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
            SSL_OP_CIPHER_SERVER_PREFERENCE
    );
    SSL_CTX_set_ciphersuites(context, kSuitesOf13);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
}

}  // namespace

Result<TlsContext> make_server_context(
    std::string_view certificate_pem, std::string_view key_pem, const config::TlsConfiguration& tls
) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX* const native = context->native_handle();
    // An encrypted key would make OpenSSL ask on the terminal.
    SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
    if (auto limited = limit_protocols(native, tls); limited.has_error()) {
        return limited.error();
    }
    trim(native);
    boost::system::error_code error;
    context->use_certificate_chain(asio::buffer(certificate_pem), error);
    if (error) {
        return failure("serving certificate", error);
    }
    context->use_private_key(asio::buffer(key_pem), asio::ssl::context::pem, error);
    if (error) {
        return failure("serving key", error);
    }
    if (SSL_CTX_check_private_key(native) != 1) {
        ERR_clear_error();
        return Error(ErrorCode::invalid_input, "the serving key is not the serving certificate's");
    }
    return context;
}

}  // namespace lws::http
