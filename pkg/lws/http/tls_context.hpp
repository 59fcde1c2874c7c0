// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <string_view>

#include "pkg/lws/config/configuration.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// A server context of one PEM chain (leaf first) and its key. TLS 1.2 or later, HTTP/1.1 by ALPN,
// no session cache and no tickets: the API server's client resumes no session.
[[nodiscard]] Result<TlsContext> make_server_context(
    std::string_view certificate_pem, std::string_view key_pem, const config::TlsConfiguration& tls
);

// The context of new handshakes; a connection keeps the one that it began with, so a change drops
// none. Any thread.
class TlsContextSlot {
public:
    void store(TlsContext context) {
        const std::scoped_lock lock(mutex_);
        context_ = std::move(context);
    }
    [[nodiscard]] TlsContext load() const {
        const std::scoped_lock lock(mutex_);
        return context_;
    }

private:
    mutable std::mutex mutex_;
    TlsContext context_;
};

}  // namespace lws::http
