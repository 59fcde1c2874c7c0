// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/affinity.hpp"

#include <algorithm>

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
    std::string& out,
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

void append_term_end(std::string& out, std::string_view topology) {
    out += R"(]},"topologyKey":)";
    json::append_quoted(out, topology);
    out += '}';
}

}  // namespace

void AffinityPlanner::require_exclusive(
    std::string_view key, std::string_view value, std::string_view topology
) {
    if (applied(topology)) {
        return;
    }
    std::string together(kTermStart);
    append_requirement(together, key, "In", value);
    append_term_end(together, topology);
    append_term("podAffinity", together);

    std::string apart(kTermStart);
    append_requirement(apart, key, "Exists", std::nullopt);
    apart += ',';
    append_requirement(apart, key, "NotIn", value);
    append_term_end(apart, topology);
    append_term("podAntiAffinity", apart);
    planned_topology_ = topology;
}

bool AffinityPlanner::applied(std::string_view topology) const {
    const auto affinity = draft_.pod()["spec"]["affinity"];
    return planned_topology_ == topology ||
           (has_term(affinity["podAffinity"][kRequired], topology) &&
            has_term(affinity["podAntiAffinity"][kRequired], topology));
}

void AffinityPlanner::append_term(std::string_view kind, std::string_view term) {
    auto& patch = draft_.patch();
    if (patch.ensure_array({"spec", "affinity", kind, kRequired})) {
        patch.append_raw({"spec", "affinity", kind, kRequired}, term);
    }
}

}  // namespace lws::rules
