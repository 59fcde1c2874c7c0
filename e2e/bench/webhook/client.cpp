// SPDX-License-Identifier: Apache-2.0
#include "e2e/bench/webhook/client.hpp"

#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <charconv>
#include <stdexcept>

namespace lws::bench {
namespace {

namespace http = boost::beast::http;

constexpr asio::use_awaitable_t<asio::io_context::executor_type> kUseAwaitable{};

}  // namespace

Address parse_url(std::string_view url) {
    const std::runtime_error wrong(
        "expected https://127.0.0.1:PORT or another address of this machine, got " +
        std::string(url)
    );
    constexpr std::string_view kScheme = "https://";
    if (url.substr(0, kScheme.size()) != kScheme) {
        throw wrong;
    }
    std::string_view authority = url.substr(kScheme.size());
    if (!authority.empty() && authority.back() == '/') {
        authority.remove_suffix(1);
    }
    const std::size_t colon = authority.rfind(':');
    if (colon == std::string_view::npos) {
        throw wrong;
    }
    std::string host(authority.substr(0, colon));
    const std::string_view digits = authority.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
        throw wrong;
    }
    if (host == "localhost") {
        host = "127.0.0.1";
    } else if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code unreadable;
    const auto address = asio::ip::make_address(host, unreadable);
    if (unreadable || !address.is_loopback()) {
        throw wrong;
    }
    return {host, port, std::string(authority)};
}

asio::ssl::context make_client_context() {
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.set_verify_mode(asio::ssl::verify_none);
    SSL_CTX_set_session_cache_mode(tls.native_handle(), SSL_SESS_CACHE_OFF);
    return tls;
}

Client::Client(asio::io_context& context, asio::ssl::context& tls, const Address& address)
    : stream_(Socket(context), tls), endpoint_(asio::ip::make_address(address.ip), address.port) {}

Awaitable Client::connect() {
    co_await stream_.next_layer().async_connect(endpoint_, kUseAwaitable);
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true));
    co_await stream_.async_handshake(asio::ssl::stream_base::client, kUseAwaitable);
}

Awaitable Client::exchange(std::string_view request) {
    const asio::const_buffer bytes(request.data(), request.size());
    co_await asio::async_write(stream_, bytes, kUseAwaitable);
    parser_.emplace();
    co_await http::async_read(stream_, buffer_, *parser_, kUseAwaitable);
    if (parser_->get().result_int() != 200) {
        throw std::runtime_error("HTTP status " + std::to_string(parser_->get().result_int()));
    }
    if (!parser_->get().keep_alive()) {
        throw std::runtime_error("the server closes a connection under load");
    }
}

void Together::add(Awaitable work) {
    asio::co_spawn(context_, std::move(work), [this](const std::exception_ptr& failure) {
        if (failure && !failure_) {
            failure_ = failure;
            context_.stop();
        }
    });
}

void Together::run() {
    context_.restart();
    context_.run();
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

}  // namespace lws::bench
