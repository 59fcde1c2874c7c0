// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/pod_shape.hpp"

#include <array>
#include <string>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/quantity.hpp"

namespace lws::rules {
namespace {

// Remembers the first mismatch, so that the checks below read like the schema.
class ShapeCheck {
public:
    bool object(json::View value, std::string_view path) {
        return is(value, value.is_object(), path, "object");
    }
    bool array(json::View value, std::string_view path) {
        return is(value, value.is_array(), path, "array");
    }
    bool string(json::View value, std::string_view path) {
        return is(value, value.is_string(), path, "string");
    }

    void fail(std::string_view path, std::string_view why) {
        if (message_.empty()) {
            message_ = std::string(path) + ": " + std::string(why);
        }
    }

    [[nodiscard]] Result<void> outcome() const {
        if (message_.empty()) {
            return {};
        }
        return Error(ErrorCode::invalid_input, message_);
    }

private:
    // True when the value is there and right; null and absent are right, but there is nothing.
    bool is(json::View value, bool right, std::string_view path, std::string_view expected) {
        if (!right && !value.absent_or_null()) {
            fail(
                path,
                "expected " + std::string(expected) + ", got " + std::string(value.type_name())
            );
        }
        return right;
    }

    std::string message_;
};

void check_string_map(ShapeCheck& check, json::View map, std::string_view path) {
    if (!check.object(map, path)) {
        return;
    }
    for (const auto& [key, value] : map.members()) {
        check.string(value, path);
    }
}

void check_quantities(ShapeCheck& check, json::View list, std::string_view path) {
    if (!check.object(list, path)) {
        return;
    }
    // Only the one that is read: parsing all would cost more than it tells.
    const auto amount = list[api::kTpuResource];
    if (amount.absent_or_null() || amount.is_number()) {
        return;
    }
    if (check.string(amount, path)) {
        if (auto parsed = api::parse_quantity(amount.string_or("")); !parsed) {
            check.fail(path, parsed.error().message);
        }
    }
}

void check_containers(ShapeCheck& check, json::View containers, std::string_view path) {
    if (!check.array(containers, path)) {
        return;
    }
    for (const auto container : containers.items()) {
        if (!check.object(container, path)) {
            continue;
        }
        if (const auto resources = container["resources"]; check.object(resources, path)) {
            check_quantities(check, resources["limits"], path);
            check_quantities(check, resources["requests"], path);
        }
        const auto env = container["env"];
        if (!check.array(env, path)) {
            continue;
        }
        for (const auto entry : env.items()) {
            if (check.object(entry, path)) {
                check.string(entry["name"], path);
                check.string(entry["value"], path);
                check.object(entry["valueFrom"], path);
            }
        }
    }
}

void check_affinity(ShapeCheck& check, json::View affinity) {
    if (!check.object(affinity, "spec.affinity")) {
        return;
    }
    for (const std::string_view kind : {"podAffinity", "podAntiAffinity"}) {
        const auto terms_holder = affinity[kind];
        if (!check.object(terms_holder, "spec.affinity")) {
            continue;
        }
        const auto terms = terms_holder["requiredDuringSchedulingIgnoredDuringExecution"];
        if (!check.array(terms, "spec.affinity")) {
            continue;
        }
        for (const auto term : terms.items()) {
            if (check.object(term, "spec.affinity")) {
                check.string(term["topologyKey"], "spec.affinity");
            }
        }
    }
}

}  // namespace

Result<void> check_pod_shape(json::View pod) {
    ShapeCheck check;
    if (!pod.is_object()) {
        return Error(
            ErrorCode::invalid_input, "expected object, got " + std::string(pod.type_name())
        );
    }
    if (const auto metadata = pod["metadata"]; check.object(metadata, "metadata")) {
        check.string(metadata["name"], "metadata.name");
        check.string(metadata["namespace"], "metadata.namespace");
        check_string_map(check, metadata["labels"], "metadata.labels");
        check_string_map(check, metadata["annotations"], "metadata.annotations");
    }
    if (const auto spec = pod["spec"]; check.object(spec, "spec")) {
        check.string(spec["subdomain"], "spec.subdomain");
        check_affinity(check, spec["affinity"]);
        check_containers(check, spec["containers"], "spec.containers");
        check_containers(check, spec["initContainers"], "spec.initContainers");
    }
    return check.outcome();
}

}  // namespace lws::rules
