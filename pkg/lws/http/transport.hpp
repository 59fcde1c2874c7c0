// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <utility>

#include "pkg/lws/http/executor.hpp"

// Private to this folder.
namespace lws::http {

// A connection's bytes, in plain text or over TLS, for a session that does not care which. Nothing
// here waits: `would_block` says that the socket must be waited for as wanted() says.
class Transport {
public:
    Transport() = default;
    virtual ~Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    [[nodiscard]] virtual Socket& socket() = 0;
    [[nodiscard]] virtual Socket::wait_type wanted() const = 0;
    // Something came that no read has returned, so the socket may stay silent.
    [[nodiscard]] virtual bool has_pending() const = 0;

    virtual boost::system::error_code handshake_now() = 0;
    virtual std::size_t read_now(asio::mutable_buffer buffer, boost::system::error_code& error) = 0;
    // A part is a success; go on with the bytes that follow.
    virtual std::size_t write_now(asio::const_buffer buffer, boost::system::error_code& error) = 0;
    // Tells the peer that nothing more comes, and waits for the same from him where the protocol
    // has it.
    virtual boost::system::error_code say_goodbye_now() = 0;
    // Tells the peer, whose bytes are still read, where that takes nothing from them.
    virtual void stop_sending() = 0;
    virtual void release_buffers() = 0;
};

class PlainTransport final : public Transport {
public:
    explicit PlainTransport(Socket socket) : socket_(std::move(socket)) {}

    Socket& socket() override { return socket_; }
    Socket::wait_type wanted() const override { return wanted_; }
    bool has_pending() const override { return false; }
    boost::system::error_code handshake_now() override { return {}; }
    std::size_t read_now(asio::mutable_buffer buffer, boost::system::error_code& error) override {
        wanted_ = Socket::wait_read;
        return socket_.read_some(buffer, error);
    }
    std::size_t write_now(asio::const_buffer buffer, boost::system::error_code& error) override {
        wanted_ = Socket::wait_write;
        return socket_.write_some(buffer, error);
    }
    boost::system::error_code say_goodbye_now() override { return {}; }
    void stop_sending() override {
        boost::system::error_code ignored;
        socket_.shutdown(Socket::shutdown_send, ignored);
    }
    void release_buffers() override {}

private:
    Socket socket_;
    Socket::wait_type wanted_ = Socket::wait_read;
};

}  // namespace lws::http
