// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "pkg/lws/support/result.hpp"

namespace lws::config {

// OpenSSL's name of a suite given by the name that Go's crypto/tls uses. Empty for suites of
// TLS 1.3, which are always on. An error for suites that our TLS library leaves out (RC4, 3DES) and
// for anything unknown.
[[nodiscard]] Result<std::string_view> openssl_cipher_suite(std::string_view go_name);

}  // namespace lws::config
