// SPDX-License-Identifier: Apache-2.0
// What fake_api_server.cpp and fake_api_session.cpp share.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "controller/testing/api_path.hpp"
#include "controller/testing/fake_api_server.hpp"

namespace lws::controller::testing {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

// One connection. Its coroutine owns it.
struct Session {
    Session(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls)
        : stream(std::move(socket), tls), wake(stream.get_executor()) {}

    void drop() {
        boost::system::error_code ignored;
        stream.next_layer().close(ignored);
        wake.cancel();
    }

    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream;
    boost::asio::steady_timer wake;
    std::string watched;  // the resource, while a watch is open
    bool hung = false;
    bool ending = false;            // end the watch in good order
    std::uint64_t bookmark_at = 0;  // send one with this version
};

// Shared with the coroutines, which may outlive the server.
struct FakeApiServer::State : std::enable_shared_from_this<FakeApiServer::State> {
    State(boost::asio::any_io_executor e, FakeCluster& c);

    boost::asio::awaitable<void> accept();
    [[nodiscard]] std::vector<std::shared_ptr<Session>> live_sessions();
    // The fault that meets this request, used up by one.
    [[nodiscard]] std::optional<Fault> take_fault(const RecordedRequest& request);

    boost::asio::any_io_executor executor;
    FakeCluster& cluster;
    boost::asio::ssl::context tls;
    boost::asio::ip::tcp::acceptor acceptor;
    unsigned short port = 0;
    std::vector<std::weak_ptr<Session>> sessions;
    std::vector<RecordedRequest> requests;
    std::deque<Fault> faults;
    GoneStyle gone_style = GoneStyle::http_status;
    bool streaming_lists = true;
};

// Serves one connection until it ends.
[[nodiscard]] boost::asio::awaitable<void> serve(
    std::shared_ptr<FakeApiServer::State> state, std::shared_ptr<Session> session
);

}  // namespace lws::controller::testing
