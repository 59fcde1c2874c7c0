// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controller/testing/json_value.hpp"

namespace lws::controller::testing {

// Which object. `resource` is the plural, as in paths; unique among those that the fakes know.
struct ObjectId {
    std::string resource;
    std::string ns;
    std::string name;

    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
    friend bool operator==(const ObjectId&, const ObjectId&) = default;
};

[[nodiscard]] std::string to_text(const ObjectId& id);

// HTTP status and body.
struct Answer {
    int status = 200;
    JsonValue body;
};

[[nodiscard]] Answer make_failure(int status, std::string_view reason, std::string_view message);

enum class Subresource { none, status };

struct ListRequest {
    std::string resource;
    std::string ns;  // empty: all
    std::string label_selector;
    std::size_t limit = 0;
    std::string continue_token;
};

// The objects of a Kubernetes API server with the rules that a controller can tell: resourceVersion
// and generation, preconditions, graceful and foreground deletion, garbage collection by owner
// references, server-side apply for one manager, and the history that watches read. Schemas and
// defaulting are left out, but for what the tests need. No sockets, no time; one thread.
class FakeCluster {
public:
    struct Change {
        std::uint64_t version = 0;
        std::string type;  // ADDED, MODIFIED, DELETED
        ObjectId id;
        JsonObject object;
        std::optional<JsonObject> before;
    };

    // --- What the API server offers.
    [[nodiscard]] Answer get(const ObjectId& id) const;
    [[nodiscard]] Answer list(const ListRequest& request);
    Answer create(const std::string& resource, const std::string& ns, JsonObject object);
    Answer replace(const ObjectId& id, JsonObject object, Subresource subresource);
    Answer apply(const ObjectId& id, const JsonObject& body);
    Answer patch(const ObjectId& id, const JsonValue& body);
    Answer remove(const ObjectId& id, const JsonObject& options = {});

    // --- What tests and the other fakes use.
    [[nodiscard]] const JsonObject* find(const ObjectId& id) const;
    // Of one resource, in order of namespace and name; copies, so that they may be changed.
    [[nodiscard]] std::vector<JsonObject> all(std::string_view resource) const;
    [[nodiscard]] std::vector<std::string> names(std::string_view resource) const;
    // Changes an object as its owner or kubectl would; a new resourceVersion unless nothing
    // differs.
    void update(const ObjectId& id, const std::function<void(JsonObject&)>& change);
    // The kubelet's part: the pod's processes have ended, it may go.
    void end_grace(const ObjectId& pod);
    // At once, grace 0.
    void remove_now(const ObjectId& id);
    // One round of the garbage collector; false when there was nothing to do.
    bool collect_garbage();

    [[nodiscard]] const std::vector<Change>& history() const { return history_; }
    [[nodiscard]] std::uint64_t version() const { return version_; }
    // Versions below are answered with 410, as after etcd's compaction.
    [[nodiscard]] std::uint64_t oldest_version() const { return oldest_; }
    void compact() { oldest_ = version_; }
    void on_change(std::function<void()> handler) { on_change_ = std::move(handler); }

    // The feature gate MaxUnavailableStatefulSet: off drops rollingUpdate.maxUnavailable silently.
    bool keeps_max_unavailable = false;
    // Smaller than the client asks for, to make it page; 0 is no bound.
    std::size_t max_page = 0;

private:
    using Objects = std::map<ObjectId, JsonObject>;

    void publish(std::string type, const ObjectId& id, std::optional<JsonObject> before);
    Answer store_new(const ObjectId& id, JsonObject object);
    // Publishes `after` under the next version; nothing when it equals what is stored.
    Answer store_changed(const ObjectId& id, JsonObject after);
    void default_object(const ObjectId& id, JsonObject& object) const;
    [[nodiscard]] std::optional<Answer> refuse_change(
        const ObjectId& id, const JsonObject& before, const JsonObject& after
    ) const;
    void remove_if_free(const ObjectId& id);
    void forget(const ObjectId& id);
    [[nodiscard]] bool collect(const ObjectId& id);
    [[nodiscard]] std::vector<ObjectId> dependents_of(const std::string& uid) const;
    bool finish_foreground(const ObjectId& id);

    Objects objects_;
    std::set<std::string> uids_;
    std::set<std::string> ended_;  // UIDs of pods whose grace period is over
    std::vector<Change> history_;
    std::function<void()> on_change_;
    std::uint64_t version_ = 100;
    std::uint64_t oldest_ = 0;
    std::uint64_t next_uid_ = 1;
};

// Existence, absence and equality, joined by commas: what the controller asks with.
[[nodiscard]] bool matches_selector(const JsonObject& object, std::string_view selector);

// `Kind` and `group/version` of a plural; empty for an unknown one.
struct KindOf {
    std::string kind;
    std::string api_version;
};
[[nodiscard]] KindOf kind_of(std::string_view resource);

}  // namespace lws::controller::testing
