// SPDX-License-Identifier: Apache-2.0
// Inside of validation: the members that rules look at, and the tables of rules.
#pragma once

#include <algorithm>
#include <boost/container/static_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/lws/api/int_or_string.hpp"
#include "pkg/lws/api/validation.hpp"
#include "pkg/lws/json/view.hpp"

namespace lws::api {

// What rules have found, and the arena for its texts.
class Errors {
public:
    explicit Errors(Arena& arena) : Errors(arena, std::pmr::vector<FieldError>(&arena)) {}
    Errors(Arena& arena, std::pmr::vector<FieldError> found)
        : arena_(arena), found_(std::move(found)) {}

    void push_back(const FieldError& error) { found_.push_back(error); }
    [[nodiscard]] std::size_t size() const { return found_.size(); }
    [[nodiscard]] bool empty() const { return found_.empty(); }
    void resize(std::size_t size) { found_.resize(size); }
    [[nodiscard]] auto begin() const { return found_.begin(); }
    [[nodiscard]] auto end() const { return found_.end(); }
    [[nodiscard]] std::pmr::vector<FieldError> take() { return std::move(found_); }

    [[nodiscard]] Arena& arena() const { return arena_; }

private:
    Arena& arena_;
    std::pmr::vector<FieldError> found_;
};

// The same for warnings, which are texts.
class Warnings {
public:
    Warnings(Arena& arena, std::pmr::vector<std::string_view>& texts)
        : arena_(arena), texts_(texts) {}

    void add(std::initializer_list<std::string_view> parts) {
        texts_.push_back(join(arena_, parts));
    }
    void keep_first(std::size_t count) { texts_.resize(std::min(count, texts_.size())); }

    [[nodiscard]] Arena& arena() const { return arena_; }

private:
    Arena& arena_;
    std::pmr::vector<std::string_view>& texts_;
};

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
    [[nodiscard]] std::string_view spec_path(std::string_view member, Arena& arena) const;
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
void append_warnings(const Subject& subject, Warnings& warnings);

// Makers of errors.
[[nodiscard]] FieldError invalid(
    std::string_view path, std::string_view value, std::string_view detail
);
[[nodiscard]] FieldError required(std::string_view path, std::string_view detail);
[[nodiscard]] std::string_view number_text(std::int64_t number, Arena& arena);
// As Go prints a pointer to it: the number, or `null`.
[[nodiscard]] std::string_view number_text(const std::optional<std::int32_t>& number, Arena& arena);
// As Go prints it in JSON.
[[nodiscard]] std::string_view value_text(const IntOrString& value, Arena& arena);

[[nodiscard]] std::optional<std::int32_t> int32_of(json::View value);

inline constexpr std::string_view kNotNegative = "must be greater than or equal to 0";

}  // namespace lws::api
