// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "certs/certificate.hpp"
#include "pkg/lws/http/server.hpp"
#include "pkg/lws/http/worker_pool.hpp"

// For tests over loopback: a server on an ephemeral port and clients that wait, but not for ever.
namespace lws::http::testing {

// A CA and leaf for `localhost`; the same in every call with the same name.
[[nodiscard]] const certs::KeyPair& test_ca();
[[nodiscard]] certs::KeyPair make_test_leaf(std::string common_name = "localhost");

enum class Transport { plain, tls };

// Runs on two worker threads and an accept thread until destroyed.
class TestServer {
public:
    explicit TestServer(Transport transport, ServerOptions options = {});
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    // Add routes before start().
    Router router;
    TlsContextSlot slot;

    void start();
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] Server& server() { return *server_; }
    [[nodiscard]] Server::Load load() const { return server_->load(); }
    // Starts draining; the function says whether it is over.
    std::function<bool()> drain(DrainMode mode, DrainOptions options);

private:
    WorkerPool pool_{2};
    asio::io_context accept_context_{1};
    std::unique_ptr<Server> server_;
    std::thread thread_;
    std::uint16_t port_ = 0;
};

// One connection; calls wait for their end. Whatever takes longer than 10 s fails.
class TestClient {
public:
    // Connects, and shakes hands over TLS.
    TestClient(Transport transport, std::uint16_t port, std::string host = "127.0.0.1");

    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] std::string peer_common_name() const;
    [[nodiscard]] std::string protocol() const;

    bool send(std::string_view bytes);
    // Until the end of one response with a Content-Length (body included), or of the stream.
    [[nodiscard]] std::string receive();
    // Empty once the peer has closed.
    [[nodiscard]] std::string receive_rest();
    std::string exchange(std::string_view request) {
        send(request);
        return receive();
    }

private:
    std::size_t read_some(char* data, std::size_t size);
    // Runs the operation that was started to its end, or cuts it.
    bool wait();
    void finished(const boost::system::error_code& error, std::size_t size);

    asio::io_context context_;
    asio::ssl::context tls_context_;
    Transport transport_;
    boost::asio::ssl::stream<asio::ip::tcp::socket> stream_;
    std::string pending_;
    bool connected_ = false;
    bool good_ = false;
    std::size_t size_ = 0;
};

// True as soon as the condition holds; false after 10 s.
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

// Connects without TLS, whatever the server speaks.
[[nodiscard]] asio::ip::tcp::socket connect_raw(asio::io_context& context, std::uint16_t port);

}  // namespace lws::http::testing
