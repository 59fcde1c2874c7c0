// SPDX-License-Identifier: Apache-2.0
#include "webhook/serving_certificate.hpp"

#include <prometheus/gauge.h>

#include "certs/certificate.hpp"

namespace lws::webhook {

Result<ServingCertificate::Outcome> ServingCertificate::use(
    const std::string& certificate_pem, const std::string& key_pem
) {
    if (certificate_pem == certificate_pem_ && key_pem == key_pem_) {
        return Outcome::unchanged;
    }
    const auto info = certs::inspect(certificate_pem);
    if (info.has_error()) {
        return info.error();
    }
    auto context = http::make_server_context(certificate_pem, key_pem, tls_);
    if (context.has_error()) {
        return context.error();
    }
    slot_.store(std::move(context).value());
    certificate_pem_ = certificate_pem;
    key_pem_ = key_pem;
    expiry_.Set(static_cast<double>(std::chrono::system_clock::to_time_t(info->not_after)));
    return Outcome::changed;
}

}  // namespace lws::webhook
