// SPDX-License-Identifier: Apache-2.0
// Inside of validation: the members that rules look at, and the tables of rules.
#pragma once

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/api/int_or_string.hpp"
#include "pkg/lws/api/validation.hpp"
#include "pkg/lws/json/view.hpp"

namespace lws::api {

using Errors = std::vector<FieldError>;

// One set as the rules see it: read once, defaults where upstream would dereference nil.
struct Subject {
    explicit Subject(json::View object);

    [[nodiscard]] json::View annotation(std::string_view key) const;
    // Groups that exist at once in a surge, counted as upstream counts them.
    [[nodiscard]] std::int64_t surge() const;
    // The highest index that a group can get, at least 0.
    [[nodiscard]] std::int64_t highest_group() const;

    json::View set;
    json::View metadata;
    json::View leader_worker_template;
    std::string_view name;
    std::int32_t replicas = 1;
    std::int32_t size = 1;
    bool has_rolling_update = false;
    std::int32_t partition = 0;
    IntOrString max_unavailable{1};
    IntOrString max_surge{0};
    bool has_sub_group_policy = false;
    std::optional<std::int32_t> sub_group_size;
    bool leader_excluded = false;
};

// A pod template that becomes one of a StatefulSet. A set of size 1 has no workers, whatever its
// worker template says.
struct UsedTemplate {
    enum class Role : std::uint8_t { leader, worker, both };
    Role role;
    std::string_view key;  // leaderTemplate or workerTemplate
    json::View pod_template;

    // `spec.leaderWorkerTemplate.<key>.spec.<member>`
    [[nodiscard]] std::string spec_path(std::string_view member) const;
};
using UsedTemplates = boost::container::static_vector<UsedTemplate, 2>;
[[nodiscard]] UsedTemplates used_templates(const Subject& subject);

// A rule about one object.
struct Rule {
    void (*check)(const Subject&, Errors&);
    // True when the rule's inputs in `after` are those of `before`, or are nearer to what it wants.
    // Then an object that broke the rule before the update may break it after it.
    bool (*no_worse)(const Subject& before, const Subject& after);
};

// A rule about the step from one object to the next.
struct UpdateRule {
    void (*check)(const Subject& before, const Subject& after, Errors&);
};

// In upstream's order, one table a file.
[[nodiscard]] std::span<const Rule> metadata_rules();
[[nodiscard]] std::span<const Rule> size_rules();
[[nodiscard]] std::span<const Rule> rollout_rules();
[[nodiscard]] std::span<const Rule> sub_group_rules();
[[nodiscard]] std::span<const UpdateRule> update_rules();

// Ours, beyond upstream. Those of creation and the one of the name are warnings on UPDATE.
[[nodiscard]] std::span<const Rule> annotation_rules();
[[nodiscard]] std::span<const Rule> creation_rules();
[[nodiscard]] const Rule& name_length_rule();

// Of what is legal and likely wrong.
void append_warnings(const Subject& subject, std::vector<std::string>& warnings);

// Makers of errors.
[[nodiscard]] FieldError invalid(std::string_view path, std::string value, std::string_view detail);
[[nodiscard]] FieldError required(std::string_view path, std::string_view detail);
[[nodiscard]] std::string number_text(std::int64_t number);
// As Go prints a pointer to it: the number, or `null`.
[[nodiscard]] std::string number_text(const std::optional<std::int32_t>& number);
// As Go prints it in JSON.
[[nodiscard]] std::string value_text(const IntOrString& value);

[[nodiscard]] std::optional<std::int32_t> int32_of(json::View value);

inline constexpr std::string_view kNotNegative = "must be greater than or equal to 0";

}  // namespace lws::api
