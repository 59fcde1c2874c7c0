// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <new>
#include <utility>

namespace lws::http {
namespace {

using boost::system::error_code;

// OpenSSL's own socket BIO would raise SIGPIPE, and would remember a descriptor that belongs to
// another connection once this one is closed: this one asks the socket each time.
Socket& socket_of(BIO* bio) {
    return *static_cast<Socket*>(BIO_get_data(bio));
}

bool comes_later(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int read_socket(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto got =
        ::recv(socket_of(bio).native_handle(), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (got == 0) {
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    } else if (got < 0 && comes_later(errno)) {
        BIO_set_retry_read(bio);
    }
    return static_cast<int>(got);
}

int write_socket(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(
        socket_of(bio).native_handle(),
        data,
        static_cast<std::size_t>(size),
        MSG_DONTWAIT | MSG_NOSIGNAL
    );
    if (sent < 0 && comes_later(errno)) {
        BIO_set_retry_write(bio);
    }
    return static_cast<int>(sent);
}

long control_socket(BIO* bio, int command, long, void*) {
    switch (command) {
        case BIO_CTRL_FLUSH:
            return 1;
        case BIO_CTRL_EOF:
            return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
        default:
            return 0;
    }
}

// Made once and kept: connections may end as late as the process.
const BIO_METHOD* socket_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* const made =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
        if (made == nullptr) {
            throw std::bad_alloc();
        }
        BIO_meth_set_read(made, read_socket);
        BIO_meth_set_write(made, write_socket);
        BIO_meth_set_ctrl(made, control_socket);
        return made;
    }();
    return method;
}

}  // namespace

TlsStream::TlsStream(Socket socket, asio::ssl::context& context)
    : socket_(std::move(socket)), ssl_(SSL_new(context.native_handle())) {
    BIO* const bio = BIO_new(socket_method());
    if (!ssl_ || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, &socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
    // One recv for what has come, instead of two for each record.
    SSL_set_read_ahead(ssl_.get(), 1);
    // A part of a write is a success; and its rest may come from memory that has moved.
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // A busy connection would take and give back 34 KiB for each request: release_buffers() does it
    // when there is time.
    SSL_clear_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
}

error_code TlsStream::handshake_now() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    return result == 1 ? error_code() : failure(result);
}

std::size_t TlsStream::read_now(asio::mutable_buffer buffer, error_code& error) {
    error = std::exchange(ended_, {});
    if (error) {
        return 0;
    }
    std::size_t total = 0;
    // OpenSSL returns at most one record at a time, and Go's client begins with small ones.
    while (total < buffer.size()) {
        const asio::mutable_buffer rest = buffer + total;
        std::size_t size = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(ssl_.get(), rest.data(), rest.size(), &size);
        if (result != 1) {
            const error_code why = failure(result);
            if (total == 0) {
                error = why;
            } else if (why != asio::error::would_block) {
                ended_ = why;
            }
            break;
        }
        total += size;
        if (!has_pending()) {
            break;
        }
    }
    return total;
}

std::size_t TlsStream::write_now(asio::const_buffer buffer, error_code& error) {
    error.clear();
    std::size_t total = 0;
    while (total < buffer.size()) {
        const asio::const_buffer rest = buffer + total;
        std::size_t size = 0;
        ERR_clear_error();
        const int result = SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &size);
        if (result != 1) {
            const error_code why = failure(result);
            if (total == 0) {
                error = why;
            }
            break;
        }
        total += size;
    }
    return total;
}

error_code TlsStream::say_goodbye_now() {
    ERR_clear_error();
    int result = SSL_shutdown(ssl_.get());
    if (result == 0) {
        // Ours is sent; this waits for the peer's.
        result = SSL_shutdown(ssl_.get());
    }
    return result == 1 ? error_code() : failure(result);
}

void TlsStream::release_buffers() {
    static_cast<void>(SSL_free_buffers(ssl_.get()));
}

error_code TlsStream::failure(int result) {
    const int system_error = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            wanted_ = Socket::wait_read;
            return asio::error::would_block;
        case SSL_ERROR_WANT_WRITE:
            wanted_ = Socket::wait_write;
            return asio::error::would_block;
        case SSL_ERROR_ZERO_RETURN:
            return asio::error::eof;
        case SSL_ERROR_SYSCALL:
            if (system_error != 0 && !BIO_eof(SSL_get_rbio(ssl_.get()))) {
                return {system_error, asio::error::get_system_category()};
            }
            return asio::ssl::error::stream_truncated;
        default:
            break;
    }
    const unsigned long code = ERR_get_error();
    if (code == 0 || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        return asio::ssl::error::stream_truncated;
    }
    return {static_cast<int>(code), asio::error::get_ssl_category()};
}

}  // namespace lws::http
