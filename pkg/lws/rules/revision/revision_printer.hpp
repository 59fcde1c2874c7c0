// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// Which reader the data is for: the API server, or a comparison, which also fills in what a webhook
// or the schema would have defaulted.
enum class Purpose : std::uint8_t { store, compare };

// The data of a revision of this spec: decoding it into the Go types and encoding it again, in one
// step. Fails with the path of the first member of a wrong type.
[[nodiscard]] Result<std::string> print_revision_data(json::View spec, Purpose purpose);

}  // namespace lws::rules
