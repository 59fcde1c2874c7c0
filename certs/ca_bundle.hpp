// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/json/view.hpp"

namespace lws::certs {

// A JSON Patch that puts `bundle_pem` into every webhook of a Mutating- or
// ValidatingWebhookConfiguration, or nothing when all hold it already (or there is none). It
// carries the resourceVersion that was read, because it names webhooks by position.
[[nodiscard]] std::optional<std::string> plan_ca_bundle(
    json::View configuration, std::string_view bundle_pem
);

}  // namespace lws::certs
