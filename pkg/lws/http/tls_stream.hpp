// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>

#include "pkg/lws/http/transport.hpp"

namespace lws::http {

// The server's end of TLS on a socket. OpenSSL reads from the socket and writes to it itself, so
// that an idle connection holds no buffer; asio::ssl::stream (Boost 1.81) keeps two of 17 KiB and a
// BIO pair of the same size, and copies every byte through both. One operation at a time, on the
// executor's thread; closing the socket ends it with an error. Renegotiation is the context's to
// forbid.
class TlsStream final : public Transport {
public:
    // The context may go away afterwards.
    TlsStream(Socket socket, asio::ssl::context& context);

    [[nodiscard]] Socket& socket() override { return socket_; }
    [[nodiscard]] SSL* native_handle() { return ssl_.get(); }
    [[nodiscard]] Socket::wait_type wanted() const override { return wanted_; }
    // Bytes, perhaps not yet a whole record, or the end.
    [[nodiscard]] bool has_pending() const override {
        return ended_ || SSL_has_pending(ssl_.get()) == 1;
    }

    boost::system::error_code handshake_now() override;
    // The end of the stream is `eof` when the peer said goodbye, `stream_truncated` when he did
    // not.
    std::size_t read_now(asio::mutable_buffer buffer, boost::system::error_code& error) override;
    // After `would_block` or a part, the bytes that follow may be encrypted already.
    std::size_t write_now(asio::const_buffer buffer, boost::system::error_code& error) override;
    boost::system::error_code say_goodbye_now() override;
    // Nothing: a goodbye of TLS ends reading with many clients, and with it the answer.
    void stop_sending() override {}
    // Gives back OpenSSL's buffers where nothing is in them; the next byte takes new ones.
    void release_buffers() override;

private:
    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };

    // Why the last call on ssl_ did not succeed; call directly after it.
    boost::system::error_code failure(int result);

    Socket socket_;
    std::unique_ptr<SSL, Free> ssl_;
    Socket::wait_type wanted_ = Socket::wait_read;
    // Came after bytes that a read has returned; OpenSSL tells it once.
    boost::system::error_code ended_;
};

}  // namespace lws::http
