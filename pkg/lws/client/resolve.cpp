// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/resolve.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

namespace lws::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Shared with the look-up, which may end after everybody has stopped waiting.
struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}

    tcp::resolver resolver;
    asio::steady_timer done;
    std::optional<Result<Endpoints>> result;
};

void start(
    const std::shared_ptr<Lookup>& lookup, const std::string& host, const std::string& port
) {
    lookup->resolver.async_resolve(
        host,
        port,
        [lookup, host](boost::system::error_code ec, const tcp::resolver::results_type& found) {
            if (ec) {
                lookup->result =
                    Error(ErrorCode::unavailable, "look up " + host + ": " + ec.message());
            } else {
                Endpoints endpoints;
                for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                lookup->result = std::move(endpoints);
            }
            lookup->done.cancel();
        }
    );
}

}  // namespace

asio::awaitable<Result<Endpoints>> resolve(
    asio::any_io_executor executor,
    std::string host,
    std::string port,
    std::chrono::steady_clock::time_point deadline
) {
    boost::system::error_code no_address;
    const auto address = asio::ip::make_address(host, no_address);
    if (!no_address) {
        const auto number = static_cast<unsigned short>(std::strtoul(port.c_str(), nullptr, 10));
        Endpoints endpoints(1, tcp::endpoint(address, number));
        co_return endpoints;
    }
    const auto lookup = std::make_shared<Lookup>(executor);
    lookup->done.expires_at(deadline);
    start(lookup, host, port);
    co_await lookup->done.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!lookup->result) {
        lookup->resolver.cancel();
        co_return Error(ErrorCode::timeout, "look up " + host + ": deadline passed");
    }
    co_return std::move(*lookup->result);
}

}  // namespace lws::client
