// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lws::bench {

// Where a webhook listens. A load belongs on the machine that makes it.
struct Address {
    std::string ip;
    std::uint16_t port = 0;
    std::string host;  // with the port, as the Host header has it
};

// `https://HOST:PORT`, HOST an address of the loopback network or `localhost`; anything else is a
// std::runtime_error.
[[nodiscard]] Address parse_url(std::string_view url);

}  // namespace lws::bench
