// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/support/result.hpp"

// Certificates as PEM bytes in, PEM bytes out; no files, no clock of its own. Any thread.
namespace lws::certs {

using TimePoint = std::chrono::system_clock::time_point;

struct KeyPair {
    std::string certificate_pem;
    std::string key_pem;
};

// ecdsa is the cheap handshake; rsa is for configured cipher suites that allow nothing else.
enum class LeafKey { ecdsa_p256, rsa_2048 };

struct LeafRequest {
    std::vector<std::string> dns_names;  // the first is the common name too
    TimePoint not_before;
    TimePoint not_after;
    LeafKey key = LeafKey::ecdsa_p256;
};

// What kubernetes-sigs/lws v0.10 expects of a CA (pkg/cert): common name `lws-ca`, organization
// `lws`, an RSA 2048 key in a PKCS#1 block (`RSA PRIVATE KEY`).
[[nodiscard]] Result<KeyPair> make_ca(TimePoint not_before, TimePoint not_after);

[[nodiscard]] Result<KeyPair> make_leaf(const KeyPair& ca, const LeafRequest& request);

struct CertificateInfo {
    std::string common_name;
    std::vector<std::string> dns_names;
    TimePoint not_before;
    TimePoint not_after;
    bool is_ca = false;
};

// Of the first certificate in a PEM text.
[[nodiscard]] Result<CertificateInfo> inspect(std::string_view certificate_pem);

// The first certificate of `certificate_pem` was made for the key in `key_pem`.
[[nodiscard]] Result<void> check_key_matches(
    std::string_view certificate_pem, std::string_view key_pem
);

// A TLS client that trusts `bundle_pem` and dials `dns_name` at `now` would accept the chain.
[[nodiscard]] Result<void> verify_server(
    std::string_view chain_pem,
    std::string_view bundle_pem,
    const std::string& dns_name,
    TimePoint now
);

// The certificates of `bundle_pem` that are neither expired at `now` nor equal to the first of
// `signing_pem`, in order; text between blocks is dropped. Unreadable blocks are dropped too.
[[nodiscard]] std::string other_valid_certificates(
    std::string_view bundle_pem, std::string_view signing_pem, TimePoint now
);

}  // namespace lws::certs
