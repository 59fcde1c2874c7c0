// SPDX-License-Identifier: Apache-2.0
// Object metadata: apimachinery v0.36 api/validation, ValidateObjectMeta with NameIsDNS1035Label.
// Owner references and managed fields are left to the API server, which checks them before any
// validating webhook.
#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <memory_resource>
#include <string>

#include "pkg/lws/api/go_text.hpp"
#include "pkg/lws/api/name_syntax.hpp"
#include "pkg/lws/api/validation_rules.hpp"

namespace lws::api {
namespace {

// 256 KiB, the API's limit on keys and values together.
constexpr std::size_t kMaxAnnotationBytes = 262'144;
// The text of each error repeats the rule; a map of a million bad keys must not become a message of
// hundreds of megabytes.
constexpr std::size_t kMaxErrorsOfOneMap = 64;

std::string_view text_of(const Subject& subject, std::string_view key) {
    return subject.metadata[key].string_or("");
}

void report(
    std::string_view path, std::string_view value, const Problems& problems, Errors& errors
) {
    for (const std::string_view problem : problems) {
        errors.push_back(invalid(path, go_quote(value, errors.arena()), problem));
    }
}

// Kubernetes checks a prefix as if letters followed it: with a dash at the end, the last *two*
// characters give way to one letter.
std::string_view as_prefix(std::string_view text, Arena& arena) {
    if (text.size() > 1 && text.ends_with('-')) {
        return join(arena, {text.substr(0, text.size() - 2), "a"});
    }
    return text;
}

void generate_name_is_label(const Subject& subject, Errors& errors) {
    const std::string_view prefix = text_of(subject, "generateName");
    if (!prefix.empty()) {
        const std::string_view text = as_prefix(prefix, errors.arena());
        report(
            "metadata.generateName", prefix, dns1035_label_problems(text, errors.arena()), errors
        );
    }
}

void name_is_label(const Subject& subject, Errors& errors) {
    if (subject.name.empty()) {
        errors.push_back(required("metadata.name", "name or generateName is required"));
        return;
    }
    report(
        "metadata.name", subject.name, dns1035_label_problems(subject.name, errors.arena()), errors
    );
}

void namespace_is_label(const Subject& subject, Errors& errors) {
    const std::string_view name = text_of(subject, "namespace");
    if (name.empty()) {
        errors.push_back(required("metadata.namespace", ""));
        return;
    }
    report("metadata.namespace", name, dns1123_label_problems(name, errors.arena()), errors);
}

void generation_not_negative(const Subject& subject, Errors& errors) {
    const std::int64_t generation = subject.metadata["generation"].int64_or(0);
    if (generation < 0) {
        errors.push_back(
            invalid("metadata.generation", number_text(generation, errors.arena()), kNotNegative)
        );
    }
}

// A map by its keys, so that no verdict and no order of errors depends on how a client wrote it. Of
// duplicate keys the last, which is the one that a decoder keeps.
using SortedMap = std::pmr::vector<json::Member>;

SortedMap sorted(json::View map, std::pmr::memory_resource& memory) {
    SortedMap out(&memory);
    out.reserve(map.size());
    for (const auto& member : map.members()) {
        out.push_back(member);
    }
    const auto less = [](const json::Member& a, const json::Member& b) { return a.key < b.key; };
    const auto not_less = [&](const json::Member& a, const json::Member& b) { return !less(a, b); };
    // API servers send maps sorted.
    if (std::adjacent_find(out.begin(), out.end(), not_less) == out.end()) {
        return out;
    }
    std::reverse(out.begin(), out.end());
    std::stable_sort(out.begin(), out.end(), less);
    const auto same = [](const json::Member& a, const json::Member& b) { return a.key == b.key; };
    out.erase(std::unique(out.begin(), out.end(), same), out.end());
    return out;
}

void labels_well_formed(const Subject& subject, Errors& errors) {
    constexpr std::string_view kPath = "metadata.labels";
    const std::size_t limit = errors.size() + kMaxErrorsOfOneMap;
    for (const auto& [key, value] : sorted(subject.metadata["labels"], errors.arena())) {
        if (errors.size() >= limit) {
            return;
        }
        const std::string_view text = value.string_or("");
        report(kPath, key, label_key_problems(key, errors.arena()), errors);
        report(kPath, text, label_value_problems(text, errors.arena()), errors);
    }
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// As long as a key may be: a prefix of 253 bytes, a slash, a name of 63.
using LoweredKey = boost::container::small_vector<char, 320>;

void annotations_well_formed(const Subject& subject, Errors& errors) {
    constexpr std::string_view kPath = "metadata.annotations";
    const std::size_t limit = errors.size() + kMaxErrorsOfOneMap;
    std::size_t bytes = 0;
    LoweredKey lowered;
    for (const auto& [key, value] : sorted(subject.metadata["annotations"], errors.arena())) {
        bytes += key.size() + value.string_or("").size();
        if (errors.size() < limit) {
            lowered.resize(key.size(), boost::container::default_init);
            std::transform(key.begin(), key.end(), lowered.begin(), lower);
            report(
                kPath,
                key,
                label_key_problems({lowered.data(), lowered.size()}, errors.arena()),
                errors
            );
        }
    }
    if (bytes > kMaxAnnotationBytes) {
        errors.push_back(
            {FieldError::Type::too_long,
             kPath,
             {},
             join(
                 errors.arena(),
                 {"may not be more than ", std::to_string(kMaxAnnotationBytes), " bytes"}
             )}
        );
    }
}

template <const char* kKey>
bool same_text(const Subject& before, const Subject& after) {
    return text_of(after, kKey) == text_of(before, kKey);
}

bool same_generation(const Subject& before, const Subject& after) {
    return after.metadata["generation"].int64() == before.metadata["generation"].int64();
}

template <const char* kKey>
bool same_map(const Subject& before, const Subject& after) {
    std::pmr::monotonic_buffer_resource memory;
    const auto old_map = sorted(before.metadata[kKey], memory);
    const auto new_map = sorted(after.metadata[kKey], memory);
    const auto same = [](const json::Member& a, const json::Member& b) {
        return a.key == b.key && a.value.string_or("") == b.value.string_or("");
    };
    return std::equal(old_map.begin(), old_map.end(), new_map.begin(), new_map.end(), same);
}

constexpr char kGenerateName[] = "generateName";
constexpr char kName[] = "name";
constexpr char kNamespace[] = "namespace";
constexpr char kLabels[] = "labels";
constexpr char kAnnotations[] = "annotations";

constexpr Rule kRules[] = {
    {generate_name_is_label, same_text<kGenerateName>},
    {name_is_label, same_text<kName>},
    {namespace_is_label, same_text<kNamespace>},
    {generation_not_negative, same_generation},
    {labels_well_formed, same_map<kLabels>},
    {annotations_well_formed, same_map<kAnnotations>},
};

}  // namespace

std::span<const Rule> metadata_rules() {
    return kRules;
}

}  // namespace lws::api
