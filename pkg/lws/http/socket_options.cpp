// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace lws::http {
namespace {

constexpr int kProbes = 3;

template <int Name>
using TcpOption = asio::detail::socket_option::integer<IPPROTO_TCP, Name>;

}  // namespace

// Failures are ignored: a socket without one of these still works, and one that is broken will say
// so when it is read.
void set_connection_options(Socket& socket) {
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    const int ask_after = static_cast<int>(kAskAfter.count());
    const int give_up_after = static_cast<int>(kGiveUpAfter.count());
    socket.set_option(TcpOption<TCP_KEEPIDLE>(ask_after), ignored);
    socket.set_option(TcpOption<TCP_KEEPINTVL>(give_up_after / kProbes), ignored);
    socket.set_option(TcpOption<TCP_KEEPCNT>(kProbes), ignored);
    // For bytes of ours that nobody acknowledges; it counts for probes too, from the last byte on.
    socket.set_option(TcpOption<TCP_USER_TIMEOUT>((ask_after + give_up_after) * 1000), ignored);
}

}  // namespace lws::http
