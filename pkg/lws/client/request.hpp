// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/client/resource.hpp"

namespace lws::client {

enum class Verb { get, post, put, patch, remove };

// `GET`, `POST`, ... as on the wire and in the `method` label of rest_client_requests_total.
[[nodiscard]] std::string_view method_name(Verb verb);

// One HTTP request to the API server as a value: nothing here performs I/O. Types that travel into
// coroutines have constructors, because g++ 12 destroys aggregate temporaries beside co_await
// twice.
struct Request {
    Verb verb{Verb::get};
    std::string target;        // path and query, encoded
    std::string content_type;  // empty without a body
    std::string body;

    Request() = default;
    Request(Verb v, std::string t, std::string type = {}, std::string text = {})
        : verb(v), target(std::move(t)), content_type(std::move(type)), body(std::move(text)) {}

    friend bool operator==(const Request&, const Request&) = default;
};

// Sending it twice has the effect of sending it once: reads, PUT, DELETE, apply and merge patches.
[[nodiscard]] bool is_idempotent(const Request& request);

inline constexpr std::string_view kFieldManager = "lws";
inline constexpr std::uint32_t kPageSize = 500;
// client-go picks 5 to 10 minutes; shorter costs nothing with bookmarks and finds dead peers
// sooner.
inline constexpr std::chrono::seconds kWatchTimeout{290};

struct ListParams {
    std::string label_selector;
    std::string field_selector;
    std::uint32_t limit{kPageSize};  // 0: no paging
    std::string continue_token;
    // Empty: the most recent state. The API server refuses it together with continue_token.
    std::string resource_version;

    ListParams() {}
};

enum class InitialEvents { none, stream };

struct WatchParams {
    std::string label_selector;
    std::string field_selector;
    std::string resource_version;
    std::chrono::seconds timeout{kWatchTimeout};
    // `stream`: the server sends the present state as events first (Kubernetes API concepts,
    // "Streaming lists"; on by default from 1.34, refused by older servers).
    InitialEvents initial_events{InitialEvents::none};

    WatchParams() {}
};

enum class Propagation { background, foreground, orphan };

struct DeleteParams {
    Propagation propagation{Propagation::background};
    std::string uid;               // empty: no precondition
    std::string resource_version;  // empty: no precondition
    std::optional<std::int64_t> grace_period_seconds;

    DeleteParams() {}
};

// `ns` is empty for cluster-scoped resources and, in list and watch, for all namespaces. `body` is
// the JSON of the whole object; `subresource` is empty or such as `status`.
[[nodiscard]] Request make_list(
    const Resource& resource, std::string_view ns, const ListParams& params
);
[[nodiscard]] Request make_watch(
    const Resource& resource, std::string_view ns, const WatchParams& params
);
[[nodiscard]] Request make_get(
    const Resource& resource, std::string_view ns, std::string_view name
);
[[nodiscard]] Request make_create(const Resource& resource, std::string_view ns, std::string body);
// The body must carry metadata.resourceVersion if another writer is to be noticed (409).
[[nodiscard]] Request make_replace(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string body,
    std::string_view subresource = {}
);
[[nodiscard]] Request make_replace_status(
    const Resource& resource, std::string_view ns, std::string_view name, std::string body
);
// Server-side apply as field manager `lws`, taking over conflicting fields; creates what is absent
// unless the body carries a resourceVersion or uid.
[[nodiscard]] Request make_apply(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string body,
    std::string_view subresource = {}
);
[[nodiscard]] Request make_merge_patch(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string body,
    std::string_view subresource = {}
);
[[nodiscard]] Request make_json_patch(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    std::string body,
    std::string_view subresource = {}
);
[[nodiscard]] Request make_delete(
    const Resource& resource,
    std::string_view ns,
    std::string_view name,
    const DeleteParams& params = {}
);

// RFC 3986: everything but unreserved characters becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace lws::client
