// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/http/router.hpp"

// Private to this folder.
namespace lws::http {

enum class Persistence { keep_alive, close };

struct HeadOptions {
    Persistence persistence = Persistence::keep_alive;
    std::string_view date;
    std::string_view allow;  // of a 405
};

// Appends status line and header fields of `response`, with the blank line that ends them.
void append_head(std::string& out, const Response& response, const HeadOptions& options);

[[nodiscard]] std::string_view reason_phrase(unsigned status);

}  // namespace lws::http
