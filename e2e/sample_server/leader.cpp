// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/leader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace lws::sample {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t kMaxBody = std::size_t{1024} * 1024;
constexpr std::uint32_t kMaxHeader = 8 * 1024;
constexpr std::chrono::seconds kRequestDeadline{30};
constexpr int kMaxHttpConnections = 128;
// Stale connections of workers that came back may still be open beside the new ones.
constexpr int kSpareWorkerConnections = 32;

std::string first_line(std::string& buffered, std::size_t length) {
    std::string line = buffered.substr(0, length);
    buffered.erase(0, length);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
        line.pop_back();
    }
    return line;
}

// A request that breaks HTTP or a limit is told so; a connection that merely ended is not.
bool deserves_answer(const boost::system::error_code& error) {
    const auto ended = http::make_error_code(http::error::end_of_stream);
    return error.category() == ended.category() && error != ended &&
           error != http::make_error_code(http::error::partial_message);
}

// Running out of descriptors is reported by every accept at once: do not spin on it.
asio::awaitable<void> pause_after_failed_accept(asio::any_io_executor executor) {
    asio::steady_timer timer(executor, std::chrono::milliseconds(100));
    co_await timer.async_wait(kAwait);
}

}  // namespace

Leader::Leader(asio::any_io_executor executor, Options options)
    : executor_(std::move(executor)), options_(std::move(options)), group_(options_.group_size) {}

Result<void> Leader::start() {
    auto acceptor = listen_on(executor_, options_.join_port);
    if (!acceptor) {
        return acceptor.error();
    }
    log_line(
        "leader " + options_.pod_name + " of group " + std::to_string(options_.group_index) +
        ": waiting for " + std::to_string(options_.group_size - 1) + " workers on port " +
        std::to_string(options_.join_port)
    );
    asio::co_spawn(executor_, accept_workers(*acceptor), end_of("join port"));
    return follow_group();
}

Result<void> Leader::follow_group() {
    if (group_.complete() == (http_acceptor_ != nullptr)) {
        return {};
    }
    if (http_acceptor_) {
        boost::system::error_code ignored;
        http_acceptor_->close(ignored);
        http_acceptor_.reset();
        log_line("the group is not complete: not serving");
        return {};
    }
    auto acceptor = listen_on(executor_, options_.http_port);
    if (!acceptor) {
        return acceptor.error();
    }
    http_acceptor_ = *acceptor;
    log_line("the group is complete: serving on port " + std::to_string(options_.http_port));
    asio::co_spawn(executor_, accept_requests(http_acceptor_), end_of("HTTP port"));
    return {};
}

asio::awaitable<void> Leader::accept_workers(std::shared_ptr<tcp::acceptor> acceptor) {
    while (acceptor->is_open()) {
        auto [error, socket] = co_await acceptor->async_accept(kAwait);
        if (error) {
            co_await pause_after_failed_accept(executor_);
        } else if (open_workers_ < options_.group_size + kSpareWorkerConnections) {
            asio::co_spawn(
                executor_, serve_worker(std::move(socket), ++connections_made_), end_of("worker")
            );
        }
    }
}

asio::awaitable<void> Leader::serve_worker(tcp::socket socket, std::uint64_t connection) {
    ++open_workers_;
    auto stream = std::make_shared<beast::tcp_stream>(std::move(socket));
    stream->expires_after(kPingDeadline);
    std::string buffered;
    auto buffer = asio::dynamic_buffer(buffered, kMaxLine);
    const auto [error, length] = co_await asio::async_read_until(*stream, buffer, '\n', kAwait);
    const std::string line = error ? std::string() : first_line(buffered, length);
    const std::string worker = line.starts_with("join ") ? line.substr(5) : std::string();
    if (group_.join(worker, connection) != JoinOutcome::refused) {
        log_line("worker " + worker + " joined");
        if (const auto followed = follow_group(); !followed) {
            log_line(followed.error().message);
            std::_Exit(1);
        }
        co_await keep_worker(stream, std::move(buffered));
        group_.leave(worker, connection);
        log_line("worker " + worker + " left");
        // Can only close here, unless the worker has joined again already: nothing to fail.
        static_cast<void>(follow_group());
    }
    --open_workers_;
}

asio::awaitable<void> Leader::keep_worker(
    std::shared_ptr<beast::tcp_stream> stream, std::string buffered
) {
    const std::string joined = "joined " + options_.pod_name + "\n";
    const std::string pong = "pong\n";
    stream->expires_after(kPingDeadline);
    auto [error, sent] = co_await asio::async_write(*stream, asio::buffer(joined), kAwait);
    while (!error) {
        stream->expires_after(kPingDeadline);
        auto buffer = asio::dynamic_buffer(buffered, kMaxLine);
        const auto [lost, length] = co_await asio::async_read_until(*stream, buffer, '\n', kAwait);
        if (lost || first_line(buffered, length) != "ping") {
            co_return;
        }
        std::tie(error, sent) = co_await asio::async_write(*stream, asio::buffer(pong), kAwait);
    }
}

asio::awaitable<void> Leader::accept_requests(std::shared_ptr<tcp::acceptor> acceptor) {
    while (acceptor->is_open()) {
        auto [error, socket] = co_await acceptor->async_accept(kAwait);
        if (error == asio::error::operation_aborted) {
            co_return;
        }
        if (error) {
            co_await pause_after_failed_accept(executor_);
        } else if (open_requests_ < kMaxHttpConnections) {
            asio::co_spawn(executor_, serve_requests(std::move(socket)), end_of("request"));
        }
    }
}

asio::awaitable<void> Leader::serve_requests(tcp::socket socket) {
    ++open_requests_;
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer(kMaxHeader + kMaxBody);
    bool again = true;
    while (again) {
        Parser parser;
        parser.header_limit(kMaxHeader);
        parser.body_limit(kMaxBody);
        stream.expires_after(kRequestDeadline);
        const auto [error, length] = co_await http::async_read(stream, buffer, parser, kAwait);
        if (error && !deserves_answer(error)) {
            break;
        }
        const Response response = respond(parser, error);
        again = response.keep_alive();
        const auto [failed, sent] = co_await http::async_write(stream, response, kAwait);
        again = again && !failed;
    }
    boost::system::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    --open_requests_;
}

Leader::Response Leader::respond(const Parser& parser, boost::system::error_code error) {
    Answer reply;
    if (error == http::error::body_limit || error == http::error::header_limit) {
        reply = make_error(413, "RequestTooLarge", "the request is too large");
    } else if (error) {
        reply = make_error(400, "BadRequestError", error.message());
    } else if (!group_.complete()) {
        reply = make_error(503, "ServiceUnavailable", "the group is not complete");
    } else {
        const auto& request = parser.get();
        Question question;
        question.method = request.method_string();
        question.target = request.target();
        question.body = request.body();
        question.received_at = std::time(nullptr);
        question.serial = ++requests_seen_;
        reply = answer(question, identity());
    }
    const unsigned version = error ? 11 : parser.get().version();
    Response response(http::int_to_status(reply.status), version, std::move(reply.body));
    response.set(http::field::content_type, "application/json");
    response.keep_alive(!error && parser.get().keep_alive());
    response.prepare_payload();
    return response;
}

Identity Leader::identity() const {
    Identity identity;
    identity.model = options_.model;
    identity.leader = options_.pod_name;
    identity.group_index = options_.group_index;
    identity.workers = group_.workers();
    return identity;
}

}  // namespace lws::sample
