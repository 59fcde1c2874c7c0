// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <catch2/catch.hpp>

namespace lws::http {
namespace {

int option(Socket& socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    CHECK(::getsockopt(socket.native_handle(), level, name, &value, &size) == 0);
    return value;
}

TEST_CASE("a peer that vanished is asked after and given up", "[http][server]") {
    asio::io_context context;
    Socket socket(context.get_executor());
    socket.open(asio::ip::tcp::v4());
    set_connection_options(socket);
    CHECK(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(socket, IPPROTO_TCP, TCP_KEEPIDLE) == 15);
    CHECK(
        option(socket, IPPROTO_TCP, TCP_KEEPINTVL) * option(socket, IPPROTO_TCP, TCP_KEEPCNT) == 15
    );
    CHECK(option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 30'000);
    CHECK(option(socket, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(socket.non_blocking());
}

}  // namespace
}  // namespace lws::http
