// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/network.hpp"

#include <boost/asio/ip/v6_only.hpp>
#include <iostream>
#include <utility>

namespace lws::sample {
namespace {

boost::system::error_code open_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (error) {
        return error;
    }
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (endpoint.address().is_v6() && !error) {
        acceptor.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        boost::system::error_code ignored;
        acceptor.close(ignored);
    }
    return error;
}

}  // namespace

Result<std::shared_ptr<tcp::acceptor>> listen_on(
    const asio::any_io_executor& executor, std::uint16_t port
) {
    auto acceptor = std::make_shared<tcp::acceptor>(executor);
    auto error = open_on(*acceptor, tcp::endpoint(tcp::v6(), port));
    if (error == asio::error::address_family_not_supported) {
        error = open_on(*acceptor, tcp::endpoint(tcp::v4(), port));
    }
    if (error) {
        return Error(
            ErrorCode::unavailable, "port " + std::to_string(port) + ": " + error.message()
        );
    }
    return acceptor;
}

void log_line(const std::string& text) {
    std::cout << text << '\n' << std::flush;
}

std::function<void(std::exception_ptr)> end_of(std::string what) {
    return [what = std::move(what)](const std::exception_ptr& exception) {
        if (!exception) {
            return;
        }
        try {
            std::rethrow_exception(exception);
        } catch (const std::exception& error) {
            log_line(what + ": " + error.what());
        }
        std::_Exit(1);
    };
}

}  // namespace lws::sample
