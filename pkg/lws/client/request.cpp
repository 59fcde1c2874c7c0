// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/request.hpp"

#include <string>
#include <type_traits>
#include <utility>

#include "pkg/lws/json/writer.hpp"

namespace lws::client {
namespace {

constexpr std::string_view kJson = "application/json";
// YAML is a superset of JSON: the API server takes JSON under this type.
constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";
constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kJsonPatch = "application/json-patch+json";

static_assert(!std::is_aggregate_v<Request>);
static_assert(!std::is_aggregate_v<ListParams>);
static_assert(!std::is_aggregate_v<WatchParams>);
static_assert(!std::is_aggregate_v<DeleteParams>);

std::string collection_path(const Resource& resource, std::string_view ns) {
    std::string path = resource.group.empty() ? "/api/" : "/apis/";
    if (!resource.group.empty()) path.append(resource.group).push_back('/');
    path.append(resource.version);
    if (resource.namespaced && !ns.empty()) path.append("/namespaces/").append(percent_encode(ns));
    return path.append("/").append(resource.plural);
}

std::string object_path(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string_view subresource = {}
) {
    std::string path = collection_path(resource, ns);
    path.append("/").append(percent_encode(name));
    if (!subresource.empty()) path.append("/").append(subresource);
    return path;
}

class Query {
public:
    void add(std::string_view key, std::string_view value) {
        if (value.empty()) return;
        text_.push_back(text_.empty() ? '?' : '&');
        text_.append(key).append("=").append(percent_encode(value));
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

std::string_view propagation_name(Propagation propagation) {
    switch (propagation) {
        case Propagation::foreground:
            return "Foreground";
        case Propagation::orphan:
            return "Orphan";
        case Propagation::background:
            break;
    }
    return "Background";
}

Request make_patch(std::string target, std::string_view type, std::string body) {
    return {Verb::patch, std::move(target), std::string(type), std::move(body)};
}

}  // namespace

std::string_view method_name(Verb verb) {
    switch (verb) {
        case Verb::post:
            return "POST";
        case Verb::put:
            return "PUT";
        case Verb::patch:
            return "PATCH";
        case Verb::remove:
            return "DELETE";
        case Verb::get:
            break;
    }
    return "GET";
}

bool is_idempotent(const Request& request) {
    if (request.verb == Verb::post) return false;
    // A JSON patch may append to a list.
    return request.verb != Verb::patch || request.content_type != kJsonPatch;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                                c == '~';
        if (unreserved) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(kHex[byte >> 4U]);
        out.push_back(kHex[byte & 0xFU]);
    }
    return out;
}

Request make_list(const Resource& resource, std::string_view ns, const ListParams& params) {
    Query query;
    query.add("labelSelector", params.label_selector);
    query.add("fieldSelector", params.field_selector);
    if (params.limit != 0) query.add("limit", std::to_string(params.limit));
    query.add("continue", params.continue_token);
    if (params.continue_token.empty()) query.add("resourceVersion", params.resource_version);
    return {Verb::get, collection_path(resource, ns) + query.text()};
}

Request make_watch(const Resource& resource, std::string_view ns, const WatchParams& params) {
    Query query;
    query.add("watch", "true");
    query.add("labelSelector", params.label_selector);
    query.add("fieldSelector", params.field_selector);
    query.add("resourceVersion", params.resource_version);
    query.add("allowWatchBookmarks", "true");
    query.add("timeoutSeconds", std::to_string(params.timeout.count()));
    if (params.initial_events == InitialEvents::stream) {
        query.add("sendInitialEvents", "true");
        query.add("resourceVersionMatch", "NotOlderThan");
    }
    return {Verb::get, collection_path(resource, ns) + query.text()};
}

Request make_get(const Resource& resource, std::string_view ns, std::string_view name) {
    return {Verb::get, object_path(resource, ns, name)};
}

Request make_create(const Resource& resource, std::string_view ns, std::string body) {
    Query query;
    query.add("fieldManager", kFieldManager);
    return {
        Verb::post,
        collection_path(resource, ns) + query.text(),
        std::string(kJson),
        std::move(body)
    };
}

Request make_replace(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string body,
    std::string_view subresource
) {
    Query query;
    query.add("fieldManager", kFieldManager);
    return {
        Verb::put,
        object_path(resource, ns, name, subresource) + query.text(),
        std::string(kJson),
        std::move(body)
    };
}

Request make_replace_status(
    const Resource& resource, std::string_view ns, std::string_view name, std::string body
) {
    return make_replace(resource, ns, name, std::move(body), "status");
}

Request make_apply(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string body,
    std::string_view subresource
) {
    Query query;
    query.add("fieldManager", kFieldManager);
    query.add("force", "true");
    return make_patch(
        object_path(resource, ns, name, subresource) + query.text(), kApplyPatch, std::move(body)
    );
}

Request make_merge_patch(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string body,
    std::string_view subresource
) {
    Query query;
    query.add("fieldManager", kFieldManager);
    return make_patch(
        object_path(resource, ns, name, subresource) + query.text(), kMergePatch, std::move(body)
    );
}

Request make_json_patch(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string body,
    std::string_view subresource
) {
    Query query;
    query.add("fieldManager", kFieldManager);
    return make_patch(
        object_path(resource, ns, name, subresource) + query.text(), kJsonPatch, std::move(body)
    );
}

Request make_delete(
    const Resource& resource, std::string_view ns, std::string_view name, const DeleteParams& params
) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    writer.member("apiVersion", "v1").member("kind", "DeleteOptions");
    writer.member("propagationPolicy", propagation_name(params.propagation));
    if (params.grace_period_seconds) {
        writer.member("gracePeriodSeconds", *params.grace_period_seconds);
    }
    if (!params.uid.empty() || !params.resource_version.empty()) {
        writer.key("preconditions").begin_object();
        if (!params.uid.empty()) writer.member("uid", params.uid);
        if (!params.resource_version.empty()) {
            writer.member("resourceVersion", params.resource_version);
        }
        writer.end_object();
    }
    writer.end_object();
    return {Verb::remove, object_path(resource, ns, name), std::string(kJson), std::move(body)};
}

}  // namespace lws::client
