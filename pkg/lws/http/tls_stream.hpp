// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>
#include <utility>

#include "pkg/lws/http/executor.hpp"

namespace lws::http {

// The server's end of TLS on a socket. OpenSSL reads from the socket and writes to it itself, so
// that an idle connection holds no buffer; asio::ssl::stream (Boost 1.81) keeps two of 17 KiB and a
// BIO pair of the same size, and copies every byte through both. Meets Asio's AsyncReadStream and
// AsyncWriteStream. One operation at a time, on the executor's thread; closing the socket ends it
// with an error. Renegotiation is the context's to forbid.
class TlsStream {
public:
    using executor_type = Executor;

    // The context may go away afterwards.
    TlsStream(Socket socket, asio::ssl::context& context);
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;
    ~TlsStream() = default;

    [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
    [[nodiscard]] Socket& next_layer() { return socket_; }
    [[nodiscard]] SSL* native_handle() { return ssl_.get(); }

    // These four never wait: `would_block` says that wanted() must come first. A part is a success.
    // The end of the stream is `eof` when the peer said goodbye, `stream_truncated` when he did
    // not.
    void handshake_now(boost::system::error_code& error);
    std::size_t read_now(asio::mutable_buffer buffer, boost::system::error_code& error);
    // After `would_block` or a part, go on with the bytes that follow: they may be encrypted
    // already.
    std::size_t write_now(asio::const_buffer buffer, boost::system::error_code& error);
    // Says goodbye, then waits for the peer's.
    void shutdown_now(boost::system::error_code& error);
    [[nodiscard]] Socket::wait_type wanted() const { return wanted_; }

    // Something came that no read has returned: bytes, perhaps not yet a whole record, or the end.
    [[nodiscard]] bool has_pending() const { return ended_ || SSL_has_pending(ssl_.get()) == 1; }
    // Gives back OpenSSL's buffers where nothing is in them; the next byte takes new ones.
    void release_buffers();

    template <class Token>
    auto async_handshake(Token&& token) {
        return start<void(boost::system::error_code)>(Handshake(), token);
    }
    template <class MutableBuffers, class Token>
    auto async_read_some(const MutableBuffers& buffers, Token&& token) {
        return start<void(boost::system::error_code, std::size_t)>(
            Read(first_of<asio::mutable_buffer>(buffers)), token
        );
    }
    template <class ConstBuffers, class Token>
    auto async_write_some(const ConstBuffers& buffers, Token&& token) {
        return start<void(boost::system::error_code, std::size_t)>(
            Write(first_of<asio::const_buffer>(buffers)), token
        );
    }
    template <class Token>
    auto async_shutdown(Token&& token) {
        return start<void(boost::system::error_code)>(Shutdown(), token);
    }

private:
    struct Handshake {
        void operator()(TlsStream& stream, boost::system::error_code& error) const {
            stream.handshake_now(error);
        }
    };
    struct Shutdown {
        void operator()(TlsStream& stream, boost::system::error_code& error) const {
            stream.shutdown_now(error);
        }
    };
    struct Read {
        explicit Read(asio::mutable_buffer b) : buffer(b) {}
        std::size_t operator()(TlsStream& stream, boost::system::error_code& error) const {
            return stream.read_now(buffer, error);
        }
        asio::mutable_buffer buffer;
    };
    struct Write {
        explicit Write(asio::const_buffer b) : buffer(b) {}
        std::size_t operator()(TlsStream& stream, boost::system::error_code& error) const {
            return stream.write_now(buffer, error);
        }
        asio::const_buffer buffer;
    };

    // Attempts until it is not told to wait. Completes through the executor, never inside the call
    // that started it.
    template <class Attempt>
    class Operation {
    public:
        Operation(TlsStream& stream, Attempt attempt) : stream_(&stream), attempt_(attempt) {}

        template <class Self>
        void operator()(Self& self, boost::system::error_code error = {}) {
            if (phase_ == Phase::done) {
                finish(self);
                return;
            }
            if (!error) {
                attempt(error);
                if (error == asio::error::would_block) {
                    phase_ = Phase::waited;
                    TlsStream& stream = *stream_;
                    stream.socket_.async_wait(stream.wanted_, std::move(self));
                    return;
                }
            }
            error_ = error;
            if (phase_ == Phase::waited) {
                finish(self);
                return;
            }
            phase_ = Phase::done;
            asio::post(stream_->get_executor(), std::move(self));
        }

    private:
        enum class Phase { started, waited, done };

        static constexpr bool kTransfers =
            std::is_same_v<Attempt, Read> || std::is_same_v<Attempt, Write>;

        void attempt(boost::system::error_code& error) {
            if constexpr (kTransfers) {
                size_ = attempt_(*stream_, error);
            } else {
                attempt_(*stream_, error);
            }
        }
        template <class Self>
        void finish(Self& self) {
            if constexpr (kTransfers) {
                self.complete(error_, size_);
            } else {
                self.complete(error_);
            }
        }

        TlsStream* stream_;
        Attempt attempt_;
        Phase phase_ = Phase::started;
        boost::system::error_code error_;
        std::size_t size_ = 0;
    };

    template <class Signature, class Attempt, class Token>
    auto start(Attempt attempt, Token& token) {
        return asio::async_compose<Token, Signature>(
            Operation<Attempt>(*this, attempt), token, socket_
        );
    }

    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& buffers) {
        const auto end = asio::buffer_sequence_end(buffers);
        for (auto it = asio::buffer_sequence_begin(buffers); it != end; ++it) {
            const Buffer buffer(*it);
            if (buffer.size() > 0) {
                return buffer;
            }
        }
        return {};
    }

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
