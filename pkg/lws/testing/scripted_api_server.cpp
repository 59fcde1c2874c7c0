// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/testing/scripted_api_server.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdio>
#include <deque>
#include <exception>
#include <set>
#include <utility>

namespace lws::testing {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

using Stream = asio::ssl::stream<tcp::socket>;
using HttpRequest = http::request<http::string_body>;

SeenRequest seen_from(const HttpRequest& request, int connection) {
    SeenRequest seen;
    seen.method = std::string(request.method_string());
    seen.target = std::string(request.target());
    seen.host = std::string(request[http::field::host]);
    seen.authorization = std::string(request[http::field::authorization]);
    seen.user_agent = std::string(request[http::field::user_agent]);
    seen.content_type = std::string(request[http::field::content_type]);
    seen.body = request.body();
    seen.connection = connection;
    return seen;
}

void log_escape(const std::exception_ptr& error) {
    if (!error) return;
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "scripted API server: %s\n", e.what());
    }
}

}  // namespace

Step answer(int status, std::string_view body, std::string_view headers) {
    std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Status\r\n";
    bytes += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
    bytes.append("\r\n").append(headers).append("\r\n").append(body);
    return {std::move(bytes), Then::keep};
}

Step watch_answer(const std::vector<std::string>& events, Then then) {
    std::string bytes =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& event : events) {
        std::array<char, 32> size{};
        (void)std::snprintf(size.data(), size.size(), "%zx\r\n", event.size() + 1);
        bytes.append(size.data()).append(event).append("\n\r\n");
    }
    if (then == Then::keep) bytes += "0\r\n\r\n";
    return {std::move(bytes), then};
}

struct ScriptedApiServer::State {
    State(asio::any_io_executor e, const TestCertificates& certificates)
        : executor(std::move(e)),
          acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
        use(certificates);
        port = acceptor.local_endpoint().port();
    }

    void use(const TestCertificates& certificates) {
        context.use_certificate_chain(asio::buffer(certificates.certificate));
        context.use_private_key(asio::buffer(certificates.key), asio::ssl::context::pem);
    }

    asio::any_io_executor executor;
    asio::ssl::context context{asio::ssl::context::tls_server};
    tcp::acceptor acceptor;
    unsigned short port{0};
    std::deque<Step> steps;
    std::vector<SeenRequest> requests;
    std::set<Stream*> streams;
    int accepted{0};

    Step take_step() {
        if (steps.empty()) return answer(500, R"({"message":"the script is over"})");
        Step step = std::move(steps.front());
        steps.pop_front();
        return step;
    }

    // False: the connection is over.
    static asio::awaitable<bool> play(Stream* stream, Step step) {
        do {
            const auto [ec, sent] =
                co_await asio::async_write(*stream, asio::buffer(step.bytes), kToken);
            if (ec) co_return false;
        } while (step.then == Then::endless);
        if (step.then == Then::hold) {
            std::array<char, 1> byte{};
            co_await stream->async_read_some(asio::buffer(byte), kToken);
        }
        co_return step.then == Then::keep;
    }

    static asio::awaitable<void> serve(std::shared_ptr<State> self, tcp::socket socket) {
        const int number = ++self->accepted;
        Stream stream(std::move(socket), self->context);
        self->streams.insert(&stream);
        const auto [failed] = co_await stream.async_handshake(Stream::server, kToken);
        boost::beast::flat_buffer buffer;
        bool open = !failed;
        while (open) {
            HttpRequest request;
            const auto [ec, count] = co_await http::async_read(stream, buffer, request, kToken);
            if (ec) break;
            self->requests.push_back(seen_from(request, number));
            Step step = self->take_step();
            open = co_await play(&stream, std::move(step));
        }
        self->streams.erase(&stream);
    }

    static asio::awaitable<void> accept(std::shared_ptr<State> self) {
        while (true) {
            auto [ec, socket] = co_await self->acceptor.async_accept(kToken);
            if (ec) co_return;
            asio::co_spawn(self->executor, serve(self, std::move(socket)), log_escape);
        }
    }
};

ScriptedApiServer::ScriptedApiServer(
    asio::any_io_executor executor, const TestCertificates& certificates
)
    : state_(std::make_shared<State>(std::move(executor), certificates)) {
    asio::co_spawn(state_->executor, State::accept(state_), log_escape);
}

ScriptedApiServer::~ScriptedApiServer() {
    stop();
}

void ScriptedApiServer::expect(Step step) {
    state_->steps.push_back(std::move(step));
}

void ScriptedApiServer::require_client_certificate(const std::string& ca) {
    state_->context.add_certificate_authority(asio::buffer(ca));
    state_->context.set_verify_mode(
        asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert
    );
}

void ScriptedApiServer::rotate(const TestCertificates& certificates) {
    state_->use(certificates);
}

void ScriptedApiServer::stop() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    drop_connections();
}

void ScriptedApiServer::drop_connections() {
    boost::system::error_code ignored;
    for (Stream* stream : state_->streams) stream->next_layer().close(ignored);
}

unsigned short ScriptedApiServer::port() const {
    return state_->port;
}

const std::vector<SeenRequest>& ScriptedApiServer::requests() const {
    return state_->requests;
}

int ScriptedApiServer::connections() const {
    return state_->accepted;
}

}  // namespace lws::testing
