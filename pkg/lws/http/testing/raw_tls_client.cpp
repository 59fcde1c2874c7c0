// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/testing/raw_tls_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>

namespace lws::http::testing {

RawTlsClient::RawTlsClient(std::uint16_t port, int version)
    : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
    SSL_set_min_proto_version(ssl_.get(), version);
    SSL_set_max_proto_version(ssl_.get(), version);
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0 &&
                 SSL_set_fd(ssl_.get(), socket_) == 1 && SSL_connect(ssl_.get()) == 1;
}

RawTlsClient::~RawTlsClient() {
    hang_up();
}

bool RawTlsClient::send(std::string_view text) {
    std::size_t size = 0;
    return SSL_write_ex(ssl_.get(), text.data(), text.size(), &size) == 1 && size == text.size();
}

std::string RawTlsClient::receive(std::size_t size) {
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
        std::size_t got = 0;
        if (SSL_read_ex(ssl_.get(), text.data() + filled, size - filled, &got) != 1) {
            break;
        }
        filled += got;
    }
    text.resize(filled);
    return text;
}

bool RawTlsClient::send_raw(std::string_view bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
}

void RawTlsClient::hang_up(bool reset) {
    if (socket_ < 0) {
        return;
    }
    const linger now{reset ? 1 : 0, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(socket_);
    socket_ = -1;
}

}  // namespace lws::http::testing
