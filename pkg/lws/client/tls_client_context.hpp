// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "pkg/lws/client/connection_settings.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {

using ClientTlsContext = std::shared_ptr<boost::asio::ssl::context>;

// The TLS context of new connections: TLS 1.2 or later, the cluster's CA, our client certificate.
// Files are looked at again at most every ten seconds, so rotated certificates are used without a
// restart; while they cannot be read, or do not fit each other (amid a rotation), the last good
// context stays. Not thread-safe.
class TlsContextSource {
public:
    using Clock = std::chrono::steady_clock;

    explicit TlsContextSource(const ConnectionSettings& settings) : settings_(settings) {}

    [[nodiscard]] Result<ClientTlsContext> current(Clock::time_point now);

    // After a 401: looks at the files at once; true if the context is now another than `used`.
    [[nodiscard]] bool refresh(const ClientTlsContext& used, Clock::time_point now);
    // After a connection that failed: the next current() looks at the files. The server may have a
    // certificate of a new authority.
    void look_again() { looked_at_.reset(); }

private:
    struct Material {
        std::string ca;
        std::string certificate;
        std::string key;
        friend bool operator==(const Material&, const Material&) = default;
    };
    [[nodiscard]] Result<Material> load() const;
    [[nodiscard]] Result<ClientTlsContext> make(const Material& material) const;

    const ConnectionSettings& settings_;
    // Hash instead of the texts: the key need not stay in our memory twice.
    std::size_t fingerprint_ = 0;
    std::optional<Clock::time_point> looked_at_;
    ClientTlsContext context_;
};

}  // namespace lws::client
