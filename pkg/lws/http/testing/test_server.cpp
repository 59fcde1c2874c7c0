// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/testing/test_server.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>

namespace lws::http::testing {
namespace {

using namespace std::chrono_literals;

std::size_t content_length(const std::string& head) {
    const std::string field = "Content-Length: ";
    const std::size_t at = head.find(field);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + field.size()));
}

}  // namespace

const certs::KeyPair& test_ca() {
    static const certs::KeyPair kCa = [] {
        const auto now = std::chrono::system_clock::now();
        return certs::make_ca(now - 1h, now + 24h).value();
    }();
    return kCa;
}

certs::KeyPair make_test_leaf(std::string common_name) {
    const auto now = std::chrono::system_clock::now();
    certs::LeafRequest request;
    request.dns_names = {std::move(common_name), "localhost"};
    request.not_before = now - 1h;
    request.not_after = now + 24h;
    return certs::make_leaf(test_ca(), request).value();
}

TestServer::TestServer(Transport transport, ServerOptions options)
    : server_(std::make_unique<Server>(
          accept_context_, pool_.contexts(), std::move(options), router, make_null_logger()
      )) {
    if (transport == Transport::tls) {
        const auto leaf = make_test_leaf();
        slot.store(make_server_context(leaf.certificate_pem, leaf.key_pem, {}).value());
        server_->use_tls(slot);
    }
}

TestServer::~TestServer() {
    asio::post(accept_context_, [this] { server_->stop(); });
    static_cast<void>(eventually([this] { return load().connections == 0; }));
    accept_context_.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
    pool_.stop_and_join();
}

void TestServer::start() {
    const auto listening = server_->listen({"", 0});
    if (listening.has_error()) {
        throw std::runtime_error(listening.error().message);
    }
    port_ = server_->port();
    pool_.start();
    thread_ = std::thread([this] { accept_context_.run(); });
}

std::function<bool()> TestServer::drain(DrainMode mode, DrainOptions options) {
    const auto done = std::make_shared<std::atomic<bool>>(false);
    asio::post(accept_context_, [this, mode, options, done] {
        server_->drain(mode, options, [done] { done->store(true); });
    });
    return [done] { return done->load(); };
}

TestClient::TestClient(Transport transport, std::uint16_t port, std::string host)
    : tls_context_(asio::ssl::context::tls_client),
      transport_(transport),
      stream_(context_, tls_context_) {
    const asio::ip::tcp::endpoint peer(asio::ip::make_address(host), port);
    stream_.next_layer().async_connect(peer, [this](const auto& error) { finished(error, 0); });
    connected_ = wait();
    if (connected_ && transport_ == Transport::tls) {
        stream_.async_handshake(asio::ssl::stream_base::client, [this](const auto& error) {
            finished(error, 0);
        });
        connected_ = wait();
    }
}

void TestClient::finished(const boost::system::error_code& error, std::size_t size) {
    good_ = !error;
    size_ = size;
}

bool TestClient::wait() {
    good_ = false;
    size_ = 0;
    context_.restart();
    context_.run_for(10s);
    if (!context_.stopped()) {
        boost::system::error_code ignored;
        stream_.next_layer().close(ignored);
        context_.run();
        good_ = false;
    }
    return good_;
}

std::string TestClient::peer_common_name() const {
    auto& stream = const_cast<TestClient*>(this)->stream_;
    X509* const certificate = SSL_get1_peer_certificate(stream.native_handle());
    std::string name(256, '\0');
    const int size = X509_NAME_get_text_by_NID(
        X509_get_subject_name(certificate), NID_commonName, name.data(), 256
    );
    X509_free(certificate);
    name.resize(static_cast<std::size_t>(std::max(size, 0)));
    return name;
}

std::string TestClient::protocol() const {
    return SSL_get_version(const_cast<TestClient*>(this)->stream_.native_handle());
}

bool TestClient::send(std::string_view bytes) {
    const auto done = [this](const auto& error, std::size_t size) { finished(error, size); };
    if (transport_ == Transport::tls) {
        asio::async_write(stream_, asio::buffer(bytes), done);
    } else {
        asio::async_write(stream_.next_layer(), asio::buffer(bytes), done);
    }
    return wait();
}

std::size_t TestClient::read_some(char* data, std::size_t size) {
    const asio::mutable_buffer buffer(data, size);
    const auto done = [this](const auto& error, std::size_t count) { finished(error, count); };
    if (transport_ == Transport::tls) {
        stream_.async_read_some(buffer, done);
    } else {
        stream_.next_layer().async_read_some(buffer, done);
    }
    wait();
    return size_;
}

std::string TestClient::receive() {
    char block[4096];
    while (true) {
        const std::size_t end = pending_.find("\r\n\r\n");
        if (end != std::string::npos) {
            const std::size_t whole = end + 4 + content_length(pending_.substr(0, end + 2));
            if (pending_.size() >= whole) {
                std::string response = pending_.substr(0, whole);
                pending_.erase(0, whole);
                return response;
            }
        }
        const std::size_t size = read_some(block, sizeof block);
        if (size == 0) {
            return std::exchange(pending_, {});
        }
        pending_.append(block, size);
    }
}

std::string TestClient::receive_rest() {
    char block[4096];
    while (const std::size_t size = read_some(block, sizeof block)) {
        pending_.append(block, size);
    }
    return std::exchange(pending_, {});
}

bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

asio::ip::tcp::socket connect_raw(asio::io_context& context, std::uint16_t port) {
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), port});
    return socket;
}

}  // namespace lws::http::testing
