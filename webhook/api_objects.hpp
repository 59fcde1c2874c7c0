// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {
class ApiClient;
}

namespace lws::webhook {

enum class WebhookConfigurationKind { mutating, validating };

// The few objects of the API server that the webhook touches: its Secret and the two webhook
// configurations. A seam: tests put an API server's rules in memory behind it. Errors have the
// codes of support/result.hpp (not_found, already_exists, conflict, ...).
class ApiObjects {
public:
    template <class T>
    using Answer = boost::asio::awaitable<Result<T>>;

    ApiObjects() = default;
    virtual ~ApiObjects() = default;
    ApiObjects(const ApiObjects&) = delete;
    ApiObjects& operator=(const ApiObjects&) = delete;

    virtual Answer<json::Document> read_secret() = 0;
    // `body` is the whole Secret. Both give what was stored.
    virtual Answer<json::Document> create_secret(std::string body) = 0;
    virtual Answer<json::Document> replace_secret(std::string body) = 0;
    virtual Answer<json::Document> read_configuration(WebhookConfigurationKind kind) = 0;
    virtual Answer<json::Document> patch_configuration(
        WebhookConfigurationKind kind, std::string json_patch
    ) = 0;
};

// The names that kubernetes-sigs/lws v0.10 uses (pkg/cert).
[[nodiscard]] std::string_view configuration_name(WebhookConfigurationKind kind);

// Over a real client, which must outlive it.
class ClientApiObjects final : public ApiObjects {
public:
    ClientApiObjects(client::ApiClient& client, std::string ns, std::string secret_name);

    Answer<json::Document> read_secret() override;
    Answer<json::Document> create_secret(std::string body) override;
    Answer<json::Document> replace_secret(std::string body) override;
    Answer<json::Document> read_configuration(WebhookConfigurationKind kind) override;
    Answer<json::Document> patch_configuration(
        WebhookConfigurationKind kind, std::string json_patch
    ) override;

private:
    client::ApiClient& client_;
    std::string namespace_;
    std::string secret_name_;
};

}  // namespace lws::webhook
