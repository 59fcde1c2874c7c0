// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkg/lws/config/options.hpp"
#include "webhook/review_codec.hpp"

namespace lws::webhook {

// What the configuration means for reviews.
[[nodiscard]] ReviewOptions review_options(const config::Options& options);

}  // namespace lws::webhook
