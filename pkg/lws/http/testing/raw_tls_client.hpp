// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lws::http::testing {

// A client that does what well-behaved ones do not: it has the bare OpenSSL object. Calls block, at
// most 10 s.
class RawTlsClient {
public:
    // Connects and shakes hands.
    explicit RawTlsClient(std::uint16_t port, int version = TLS1_3_VERSION);
    ~RawTlsClient();
    RawTlsClient(const RawTlsClient&) = delete;
    RawTlsClient& operator=(const RawTlsClient&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] SSL* native_handle() { return ssl_.get(); }

    bool send(std::string_view text);
    // Up to `size` bytes; fewer at the end of the stream.
    [[nodiscard]] std::string receive(std::size_t size);
    // Sends close_notify; the other direction stays open.
    bool say_goodbye() { return SSL_shutdown(ssl_.get()) >= 0; }
    // Sends bytes as they are, past TLS.
    bool send_raw(std::string_view bytes);
    // Closes the connection without a word, in TCP with a reset if so asked.
    void hang_up(bool reset = false);

private:
    struct Free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };

    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> ssl_;
    int socket_ = -1;
    bool connected_ = false;
};

}  // namespace lws::http::testing
