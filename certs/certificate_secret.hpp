// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::certs {

// What the Secret holds under the keys that kubernetes-sigs/lws v0.10 uses: `ca.crt`, `ca.key`,
// `tls.crt`, `tls.key`, each PEM. A missing member is empty.
struct CertificateData {
    std::string ca_certificate;  // the signing CA first; others that are still trusted after it
    std::string ca_key;
    std::string certificate;
    std::string key;

    friend bool operator==(const CertificateData&, const CertificateData&) = default;
};

// Members that are absent, not text or not base64 come out empty: such a Secret is repaired, not
// refused.
[[nodiscard]] CertificateData read_secret(json::View secret);

// A new Secret for POST.
[[nodiscard]] std::string make_secret(
    std::string_view namespace_name, std::string_view name, const CertificateData& data
);

// The Secret as it was read, for PUT: only the four keys of `data` differ, and `managedFields`,
// which the server keeps itself, is left out; resourceVersion stays, so that a lost race is a
// conflict.
[[nodiscard]] std::string replace_secret_data(json::View secret, const CertificateData& data);

[[nodiscard]] std::string encode_base64(std::string_view bytes);
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);

}  // namespace lws::certs
