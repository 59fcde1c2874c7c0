// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/config/configuration.hpp"
#include "pkg/lws/http/tls_context.hpp"
#include "pkg/lws/support/result.hpp"

namespace prometheus {
class Gauge;
}

namespace lws::webhook {

// What new handshakes use. A pair that cannot be used is refused and the last good one stays. Used
// on the control thread; the slot is read by all.
class ServingCertificate {
public:
    ServingCertificate(
        http::TlsContextSlot& slot, config::TlsConfiguration tls, prometheus::Gauge& expiry
    )
        : slot_(slot), tls_(std::move(tls)), expiry_(expiry) {}

    enum class Outcome { unchanged, changed };
    [[nodiscard]] Result<Outcome> use(
        const std::string& certificate_pem, const std::string& key_pem
    );

    [[nodiscard]] bool present() const { return !certificate_pem_.empty(); }
    [[nodiscard]] const std::string& certificate_pem() const { return certificate_pem_; }

private:
    http::TlsContextSlot& slot_;
    config::TlsConfiguration tls_;
    prometheus::Gauge& expiry_;
    std::string certificate_pem_;
    std::string key_pem_;
};

}  // namespace lws::webhook
