// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>

#include "webhook/property/error_order.hpp"
#include "webhook/property/rule_table.hpp"

namespace lws::webhook::property {
namespace {

bool was_defaulted(const Facts& f) {
    return f.is_set() && f.mutation() != nullptr && !f.mutation()->answer.patch.empty();
}

// Decoded, and nothing to change.
bool needs_nothing(const Facts& f) {
    return f.is_set() && f.mutation() != nullptr && f.mutation()->answer.response.allowed &&
           f.mutation()->answer.patch.empty();
}

bool has_wrong_type(const Facts& f) {
    return f.is_set() && f.mutation() != nullptr && f.mutation()->answer.response.code == 400 &&
           f.mutation()->answer.response.message.find(": expected ") != std::string::npos;
}

bool is_large(const Facts& f) {
    return f.is_set() && f.created() != nullptr && f.before()["metadata"]["labels"].size() >= 1000;
}

bool has_bounded_message(const Facts& f) {
    return is_large(f) && f.creation_denied("metadata.labels: ") &&
           f.created()->response.message.size() < std::size_t{64} * 1024;
}

bool has_nulls(const Facts& f) {
    return f.created() != nullptr && f.created()->response.code != 400 && has_null(f.before());
}

bool has_extreme_size(const Facts& f) {
    const auto group = f.before()["spec"]["leaderWorkerTemplate"];
    const auto size = group["size"].int64_or(1);
    const auto divisor = group["subGroupPolicy"]["subGroupSize"].int64();
    return f.created() != nullptr && divisor &&
           (size <= -2147483648 || *divisor < 0 || size >= 2147483647);
}

bool has_several_errors(const Facts& f) {
    return f.created() != nullptr && count_errors(f.created()->response.message) >= 2;
}

bool shares_a_field(const Facts& f) {
    const auto all = [&](std::initializer_list<std::string_view> texts) {
        return std::all_of(texts.begin(), texts.end(), [&](auto text) {
            return f.creation_denied(text);
        });
    };
    return all({"size must be equal", "the product of"}) ||
           all({"a valid percent string", ": invalid value"}) ||
           all({"must not be 0 when", "SubGroupPolicy.subGroupSize: "});
}

bool is_flawless(const Facts& f) {
    return f.created() != nullptr && f.created()->response.allowed &&
           !f.created()->review()["warnings"].exists();
}

bool depends_on_no_order(const Facts& f) {
    const auto metadata = f.before()["metadata"];
    return f.created() != nullptr && f.created()->response.code != 400 &&
           (metadata["labels"].size() > 1 || metadata["annotations"].size() > 1);
}

bool warns_much(const Facts& f) {
    return f.created() != nullptr && f.created()->review()["warnings"].size() > 2;
}

bool excluded_leader_wants_tpus(const Facts& f) {
    return f.set_denied("a leader outside of all subgroups gets no TPU environment");
}

// `text` in the denial of a creation.
template <const char*... kTexts>
bool denied(const Facts& f) {
    return (f.creation_denied(kTexts) || ...);
}

template <const char*... kTexts>
bool warned(const Facts& f) {
    return (f.creation_warned(kTexts) || ...);
}

// Pointers to literals cannot be template arguments; names can.
constexpr char kBackslashU[] = "Invalid value: \"\\u";
constexpr char kQuoted[] = "metadata.labels: Invalid value: \"";
constexpr char kQuotedKey[] = "metadata.annotations: Invalid value: \"";
constexpr char kCannotStart[] = "characters cannot start";
constexpr char kAlways[] = "supported values: \"Always\"";
constexpr char kContainers[] = ".spec.containers: Required value";
constexpr char kDeadline[] = "activeDeadlineSeconds in StatefulSet";
constexpr char kSeconds[] = "must be a decimal number of seconds";
constexpr char kParallel[] = "must be Parallel or absent";
constexpr char kAllDown[] = "groups may be down at once";
constexpr char kSizeOne[] = "groups of size 1 have nothing to divide";
constexpr char kReplaced[] = "is set by LeaderWorkerSet, the value given here is ignored";
constexpr char kHost[] = "ignored, the StatefulSet sets it";
constexpr char kNever[] = "so its failure does not recreate the group";
constexpr char kNoEffect[] = "recreates no group";
constexpr char kDns[] = "a DNS-1035 label must consist of";
constexpr char kSixtyThree[] = "must be no more than 63 characters";
constexpr char kNamespace[] = "metadata.namespace: ";
constexpr char kGeneration[] = "metadata.generation: ";
constexpr char kReplicas[] = "replicas must be equal or ";
constexpr char kSize[] = ": size must be equal or greater than 1";
constexpr char kProduct[] = "the product of replicas";
constexpr char kPercent[] = "a valid percent string";
constexpr char kHundred[] = "must not be greater than 100%";
constexpr char kInvalid[] = ": invalid value";
constexpr char kPartition[] = ".partition: Invalid value";
constexpr char kBothZero[] = "must not be 0 when `maxSurge` is 0";
constexpr char kAtLeastOne[] = "subGroupSize must be equal or greater than 1";
constexpr char kDivides[] = "must be divisible by subGroupSize";
constexpr char kLarger[] = "subGroupSize cannot be larger than size";
constexpr char kTopology[] = "cannot have subgroup-exclusive-topology";
constexpr char kMetadata[] = "metadata.";
constexpr char kSpec[] = "spec.";

bool name_is_warning(const Facts& f) {
    return f.c->warn_long_names && f.creation_warned(kCannotStart);
}

constexpr RuleCheck kRules[] = {
    {3, "Defaulting of restartPolicy, rolloutStrategy and networkConfig", was_defaulted},
    {3, "A defaulted set gets no patch", needs_nothing},
    {3, "Defaulting touches nothing of a wrong type", has_wrong_type},
    {3, "Huge label maps are read without quadratic cost", is_large},
    {3, "int-or-string values print as Go JSON with HTML escaping", denied<kBackslashU>},
    {3, "Metadata and annotation texts print as Go %q", denied<kQuoted, kQuotedKey>},
    {3,
     "Any member may be of any type: never a crash, always an answer, defaulting idempotent",
     has_wrong_type},
    {3, "Error messages and time stay bounded for huge maps", has_bounded_message},
    {3, "null counts as absent in a set", has_nulls},
    {3,
     "Names that cannot work are denied at CREATE with the longest length that fits",
     denied<kCannotStart>},
    {3,
     "The name message holds the limit and the StatefulSet; a switch makes it a warning",
     name_is_warning},
    {3, "longNames: Warn of the extra configuration is the switch of the name rule", name_is_warning
    },
    {3,
     "A template that no StatefulSet accepts is denied at CREATE",
     denied<kAlways, kContainers, kDeadline>},
    {3,
     "Bad values of restart-grace-period-seconds and pod-termination-policy are denied",
     denied<kSeconds, kParallel>},
    {3,
     "Warning: maxUnavailable takes all groups down at once, not for one group",
     warned<kAllDown>},
    {3, "Warning: subGroupPolicy with size 1", warned<kSizeOne>},
    {3, "Warning: a variable of the user that our environment replaces", warned<kReplaced>},
    {3, "Warning: hostname or subdomain in a used template", warned<kHost>},
    {3, "Warning: a container whose failure recreates no group", warned<kNever>},
    {3,
     "Warning: experimental-recreate-group-after-start with restartPolicy None",
     warned<kNoEffect>},
    {3, "At most 16 warnings of at most 256 characters", warns_much},
    {3,
     "name and generateName are DNS-1035 labels, with prefix handling, both required texts",
     denied<kDns>},
    {3, "Over 63 characters is told first", denied<kSixtyThree>},
    {3,
     "Namespace, generation, labels and annotations are checked as apimachinery does",
     denied<kNamespace, kGeneration, kQuoted, kQuotedKey>},
    {3,
     "replicas >= 0, <= 1000000, size >= 1, product <= 2147483647",
     denied<kReplicas, kSize, kProduct>},
    {3,
     "maxUnavailable and maxSurge: not negative, percent format, at most 100 %, invalid value",
     denied<kPercent, kHundred, kInvalid>},
    {3, "partition >= 0", denied<kPartition>},
    {3,
     "maxUnavailable and maxSurge not both zero after scaling unless replicas is 0",
     denied<kBothZero>},
    {3,
     "subGroupSize >= 1, divides size or size - 1, at most size, LeaderExcluded divides size - 1; "
     "absent or 0 skips the others",
     denied<kAtLeastOne, kDivides, kLarger>},
    {3, "Extreme sizes are divided as Go divides them", has_extreme_size},
    {3, "subgroup-exclusive-topology needs subGroupPolicy", denied<kTopology>},
    {3, "All errors together in upstream's order, ours last", has_several_errors},
    {3, "One error as it is, several in brackets, identical texts once", denied<kMetadata, kSpec>},
    {3,
     "Rules that share a field keep the order too: product after size, both percent formats before "
     "invalid value, both zero before subgroups",
     shares_a_field},
    {3, "A complete valid set is allowed without errors or warnings", is_flawless},
    {3, "Neither verdict nor text depends on the order of a map", depends_on_no_order},
    {3, "validation errors of a set reach the user with path and value", denied<kMetadata, kSpec>},
    {3, "defaulting a defaulted set yields no patch", was_defaulted},
    {4,
     "LeaderExcluded with a leader that asks for TPUs is refused at apply time",
     excluded_leader_wants_tpus},
};

}  // namespace

std::span<const RuleCheck> set_rules() {
    return kRules;
}

}  // namespace lws::webhook::property
