// SPDX-License-Identifier: Apache-2.0
#include "webhook/api_objects.hpp"

#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/client/request.hpp"
#include "pkg/lws/client/resource.hpp"

namespace lws::webhook {
namespace {

const client::Resource& resource_of(WebhookConfigurationKind kind) {
    return kind == WebhookConfigurationKind::mutating ? client::kMutatingWebhookConfigurations
                                                      : client::kValidatingWebhookConfigurations;
}

}  // namespace

std::string_view configuration_name(WebhookConfigurationKind kind) {
    return kind == WebhookConfigurationKind::mutating ? "lws-mutating-webhook-configuration"
                                                      : "lws-validating-webhook-configuration";
}

ClientApiObjects::ClientApiObjects(
    client::ApiClient& client, std::string ns, std::string secret_name
)
    : client_(client), namespace_(std::move(ns)), secret_name_(std::move(secret_name)) {}

ApiObjects::Answer<json::Document> ClientApiObjects::read_secret() {
    return client_.call(client::make_get(client::kSecrets, namespace_, secret_name_));
}

ApiObjects::Answer<json::Document> ClientApiObjects::create_secret(std::string body) {
    return client_.call(client::make_create(client::kSecrets, namespace_, std::move(body)));
}

ApiObjects::Answer<json::Document> ClientApiObjects::replace_secret(std::string body) {
    return client_.call(
        client::make_replace(client::kSecrets, namespace_, secret_name_, std::move(body))
    );
}

ApiObjects::Answer<json::Document> ClientApiObjects::read_configuration(
    WebhookConfigurationKind kind
) {
    return client_.call(client::make_get(resource_of(kind), {}, configuration_name(kind)));
}

ApiObjects::Answer<json::Document> ClientApiObjects::patch_configuration(
    WebhookConfigurationKind kind, std::string json_patch
) {
    return client_.call(client::make_json_patch(
        resource_of(kind), {}, configuration_name(kind), std::move(json_patch)
    ));
}

}  // namespace lws::webhook
