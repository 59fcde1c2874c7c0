// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/affinity.hpp"

#include <algorithm>
#include <concepts>

namespace lws::rules {
namespace {

constexpr const char* kRequired = "requiredDuringSchedulingIgnoredDuringExecution";

bool has_term(json::View terms, std::string_view topology) {
    const auto items = terms.items();
    return std::any_of(items.begin(), items.end(), [&](json::View term) {
        return term["topologyKey"].string_or("") == topology;
    });
}

// `{"key":K,"operator":OP}`, with values when the operator takes some.
void append_requirement(
    json::Text& out,
    std::string_view key,
    std::string_view op,
    std::optional<std::string_view> value
) {
    out += R"({"key":)";
    json::append_quoted(out, key);
    out += R"(,"operator":)";
    json::append_quoted(out, op);
    if (value) {
        out += R"(,"values":[)";
        json::append_quoted(out, *value);
        out += ']';
    }
    out += '}';
}

constexpr std::string_view kTermStart = R"({"labelSelector":{"matchExpressions":[)";

void append_term_end(json::Text& out, std::string_view topology) {
    out += R"(]},"topologyKey":)";
    json::append_quoted(out, topology);
    out += '}';
}

void append_term(
    json::PatchBuilder& patch, std::string_view kind, std::invocable<json::Text&> auto write
) {
    if (patch.ensure_array({"spec", "affinity", kind, kRequired})) {
        patch.append_with({"spec", "affinity", kind, kRequired}, write);
    }
}

}  // namespace

void AffinityPlanner::require_exclusive(
    std::string_view key, std::string_view value, std::string_view topology
) {
    if (applied(topology)) {
        return;
    }
    auto& patch = draft_.patch();
    append_term(patch, "podAffinity", [&](json::Text& out) {
        out += kTermStart;
        append_requirement(out, key, "In", value);
        append_term_end(out, topology);
    });
    append_term(patch, "podAntiAffinity", [&](json::Text& out) {
        out += kTermStart;
        append_requirement(out, key, "Exists", std::nullopt);
        out += ',';
        append_requirement(out, key, "NotIn", value);
        append_term_end(out, topology);
    });
    planned_topology_ = topology;
}

bool AffinityPlanner::applied(std::string_view topology) const {
    const auto affinity = draft_.pod()["spec"]["affinity"];
    return planned_topology_ == topology ||
           (has_term(affinity["podAffinity"][kRequired], topology) &&
            has_term(affinity["podAntiAffinity"][kRequired], topology));
}

}  // namespace lws::rules
