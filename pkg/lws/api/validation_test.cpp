// SPDX-License-Identifier: Apache-2.0
// Rows of the rules that kubernetes-sigs/lws v0.10 checks on CREATE, with its exact texts
// (generalValidate in pkg/webhooks/leaderworkerset_webhook.go).
#include "pkg/lws/api/validation.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/api/api_test_support.hpp"

namespace lws::api {
namespace {

using namespace testing;

const std::string kDns1035 =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const std::string kPercent =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    "'93%', regex used for validation is '[0-9]+%')";
const std::string kUnavailable = "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable";
const std::string kSurge = "spec.rolloutStrategy.rollingUpdateConfiguration.maxSurge";
const std::string kSubGroup = "spec.leaderWorkerTemplate.SubGroupPolicy.subGroupSize";

struct Case {
    std::string name;
    Changes changes;
    std::string message;
};

void check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        DYNAMIC_SECTION(c.name) {
            CHECK(creation_message(changed(c.changes)) == c.message);
        }
    }
}

TEST_CASE("a complete valid set is allowed without a word", "[api][validation]") {
    const auto result = created(std::string(kSet));
    CHECK(result.allowed());
    CHECK(result.warnings.empty());
    CHECK(result.message().empty());
}

TEST_CASE("names are DNS-1035 labels and both names are checked", "[api][validation]") {
    const std::string at_limit(63, 'a');
    const std::string too_long(64, 'a');
    check({
        {"upper case",
         {{"/metadata/name", "\"Vllm\""}},
         "metadata.name: Invalid value: \"Vllm\": " + kDns1035},
        {"leading digit",
         {{"/metadata/name", "\"1a\""}},
         "metadata.name: Invalid value: \"1a\": " + kDns1035},
        {"trailing dash",
         {{"/metadata/name", "\"a-\""}},
         "metadata.name: Invalid value: \"a-\": " + kDns1035},
        {"dot",
         {{"/metadata/name", "\"a.b\""}},
         "metadata.name: Invalid value: \"a.b\": " + kDns1035},
        {"one letter", {{"/metadata/name", "\"a\""}}, ""},
        {"quoted as Go does",
         {{"/metadata/name", R"("a\"\u0007\u00e9\u200b")"}},
         "metadata.name: Invalid value: \"a\\\"\\a\u00e9\\u200b\": " + kDns1035},
        {"absent",
         {{"/metadata/name", ""}},
         "metadata.name: Required value: name or generateName is required"},
        {"null",
         {{"/metadata/name", "null"}},
         "metadata.name: Required value: name or generateName is required"},
        {"no namespace", {{"/metadata/namespace", ""}}, "metadata.namespace: Required value"},
        {"prefix with a dash", {{"/metadata/generateName", "\"abc-\""}}, ""},
        {"the character before the dash is not looked at",
         {{"/metadata/generateName", "\"aB-\""}},
         ""},
        {"a dash alone",
         {{"/metadata/generateName", "\"-\""}},
         "metadata.generateName: Invalid value: \"-\": " + kDns1035},
        {"prefix of 64 with a dash fits", {{"/metadata/generateName", "\"" + at_limit + "-\""}}, ""
        },
        {"prefix of 64 without one does not",
         {{"/metadata/generateName", "\"" + too_long + "\""}},
         "metadata.generateName: Invalid value: \"" + too_long +
             "\": must be no more than 63 characters"},
        {"prefix before name, all errors",
         {{"/metadata/generateName", "\"B\""}, {"/metadata/name", "\"C\""}},
         "[metadata.generateName: Invalid value: \"B\": " + kDns1035 +
             ", metadata.name: Invalid value: \"C\": " + kDns1035 + "]"},
    });
}

TEST_CASE(
    "a name over 63 characters is told its length before its characters", "[api][validation]"
) {
    const std::string name = std::string(63, 'a') + "B";
    const auto result = created(changed({{"/metadata/name", "\"" + name + "\""}}));
    REQUIRE(result.errors.size() == 3);  // the third is our own limit, last
    CHECK(result.errors[0].detail == "must be no more than 63 characters");
    CHECK(result.errors[1].detail == kDns1035);
    CHECK(result.errors[2].detail.starts_with("must be no more than 50 characters: "));
}

TEST_CASE("the rest of the metadata is checked as apimachinery does", "[api][validation]") {
    const std::string key_rule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
        "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    const std::string subdomain_rule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
        "used for validation is "
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    const std::string long_text(64, 'x');
    check({
        {"namespace with a dot",
         {{"/metadata/namespace", "\"a.b\""}},
         "metadata.namespace: Invalid value: \"a.b\": must not contain dots"},
        {"namespace with capitals",
         {{"/metadata/namespace", "\"A\""}},
         "metadata.namespace: Invalid value: \"A\": a lowercase RFC 1123 label must consist of "
         "lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
         "character (e.g. 'my-name',  or '123-abc', regex used for validation is "
         "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"},
        {"generation",
         {{"/metadata/generation", "-1"}},
         "metadata.generation: Invalid value: -1: must be greater than or equal to 0"},
        {"good labels", {{"/metadata/labels", R"({"a.b/c":"", "x":"Y_1"})"}}, ""},
        {"label key",
         {{"/metadata/labels", R"({"-a":"b"})"}},
         "metadata.labels: Invalid value: \"-a\": name part " + key_rule},
        {"label key with two slashes",
         {{"/metadata/labels", R"({"a/b/c":"b"})"}},
         "metadata.labels: Invalid value: \"a/b/c\": a valid label key " + key_rule +
             " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"},
        {"label prefix",
         {{"/metadata/labels", R"({"A/b":"b"})"}},
         "metadata.labels: Invalid value: \"A/b\": prefix part " + subdomain_rule},
        {"empty prefix and name",
         {{"/metadata/labels", R"({"/":""})"}},
         "[metadata.labels: Invalid value: \"/\": prefix part must be non-empty, metadata.labels: "
         "Invalid value: \"/\": name part must be non-empty, metadata.labels: Invalid value: "
         "\"/\": name part " +
             key_rule + "]"},
        {"label value too long",
         {{"/metadata/labels", R"({"a":")" + long_text + "\"}"}},
         "metadata.labels: Invalid value: \"" + long_text + "\": must be no more than 63 bytes"},
        {"label value",
         {{"/metadata/labels", R"({"a":"b c"})"}},
         "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or "
         "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
         "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
         "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"},
        {"annotation keys ignore case",
         {{"/metadata/annotations", R"({"EXAMPLE.com/a":"b c"})"}},
         ""},
        {"annotation key",
         {{"/metadata/annotations", R"({"a b":""})"}},
         "metadata.annotations: Invalid value: \"a b\": name part " + key_rule},
        {"annotations too long",
         {{"/metadata/annotations", R"({"a":")" + std::string(262144, 'x') + "\"}"}},
         "metadata.annotations: Too long: may not be more than 262144 bytes"},
        {"annotations at the limit",
         {{"/metadata/annotations", R"({"a":")" + std::string(262143, 'x') + "\"}"}},
         ""},
    });
}

TEST_CASE("replicas, size and their product are bounded", "[api][validation]") {
    check({
        {"replicas 0", {{"/spec/replicas", "0"}}, ""},
        {"replicas -1",
         {{"/spec/replicas", "-1"}},
         "spec.replicas: Invalid value: -1: replicas must be equal or greater than 0"},
        {"replicas 1000000", {{"/spec/replicas", "1000000"}}, ""},
        {"replicas 1000001",
         {{"/spec/replicas", "1000001"}},
         "spec.replicas: Invalid value: 1000001: replicas must be equal or less than 1000000"},
        {"size 0",
         {{std::string(kSizePath), "0"}},
         "spec.leaderWorkerTemplate.size: Invalid value: 0: size must be equal or greater than 1"},
        {"size -3",
         {{std::string(kSizePath), "-3"}},
         "spec.leaderWorkerTemplate.size: Invalid value: -3: size must be equal or greater than 1"},
        {"product at the limit",
         {{"/spec/replicas", "1"}, {std::string(kSizePath), "2147483647"}},
         ""},
        {"product over it",
         {{"/spec/replicas", "2"}, {std::string(kSizePath), "1073741824"}},
         "spec.replicas: Invalid value: 2: the product of replicas and worker replicas must not "
         "exceed 2147483647"},
        {"absent replicas and size count as 1",
         {{"/spec/replicas", ""}, {std::string(kSizePath), ""}},
         ""},
        {"null replicas and size count as 1",
         {{"/spec/replicas", "null"}, {std::string(kSizePath), "null"}},
         ""},
    });
}

TEST_CASE("maxUnavailable and maxSurge are counts or percents up to 100", "[api][validation]") {
    const auto [pointer, path, other] = GENERATE(table<std::string, std::string, std::string>(
        {{std::string(kUnavailablePath), kUnavailable, std::string(kSurgePath)},
         {std::string(kSurgePath), kSurge, std::string(kUnavailablePath)}}
    ));
    const std::string invalid = path + ": Invalid value: ";
    struct Value {
        std::string json;
        std::string message;
    };
    const std::vector<Value> values = {
        {"0", ""},
        {"2147483647", ""},
        {"-1", invalid + "-1: must be greater than or equal to 0"},
        {"\"0%\"", ""},
        {"\"100%\"", ""},
        {"\"00100%\"", ""},
        {"\"101%\"", invalid + "\"101%\": must not be greater than 100%"},
        {"\"+5%\"", invalid + "\"+5%\": " + kPercent},
        {"\"-5%\"", invalid + "\"-5%\": " + kPercent},
        {"\"5\"", "[" + invalid + "\"5\": " + kPercent + ", " + invalid + "\"5\": invalid value]"},
        {"\"\"", "[" + invalid + "\"\": " + kPercent + ", " + invalid + "\"\": invalid value]"},
        {"\"%\"", "[" + invalid + "\"%\": " + kPercent + ", " + invalid + "\"%\": invalid value]"},
        {"\"<5%>\"",
         "[" + invalid + R"("\u003c5%\u003e": )" + kPercent + ", " + invalid +
             R"("\u003c5%\u003e": invalid value])"},
        {"\"1 %\"",
         "[" + invalid + "\"1 %\": " + kPercent + ", " + invalid + "\"1 %\": invalid value]"},
        {"\"9223372036854775807%\"",
         invalid + "\"9223372036854775807%\": must not be greater than 100%"},
        {"\"9223372036854775808%\"",
         "[" + invalid + "\"9223372036854775808%\": must not be greater than 100%, " + invalid +
             "\"9223372036854775808%\": invalid value]"},
    };
    for (const Value& value : values) {
        DYNAMIC_SECTION(path << " " << value.json) {
            // The other one is 1, so that both are never zero.
            CHECK(
                creation_message(changed({{pointer, value.json}, {other, "1"}})) == value.message
            );
        }
    }
}

TEST_CASE("partition is not negative", "[api][validation]") {
    check({
        {"-1",
         {{std::string(kPartitionPath), "-1"}},
         "spec.rolloutStrategy.rollingUpdateConfiguration.partition: Invalid value: -1: must be "
         "greater than or equal to 0"},
        {"over replicas is fine", {{std::string(kPartitionPath), "99"}}, ""},
        {"absent counts as 0", {{std::string(kPartitionPath), ""}}, ""},
    });
}

TEST_CASE("maxUnavailable and maxSurge are not both zero after scaling", "[api][validation]") {
    const std::string unavailable(kUnavailablePath);
    const std::string surge(kSurgePath);
    const std::string invalid = kUnavailable + ": Invalid value: ";
    const std::string detail = ": must not be 0 when `maxSurge` is 0";
    check({
        {"zero and zero", {{unavailable, "0"}}, invalid + "0" + detail},
        {"rounded down to zero", {{unavailable, "\"49%\""}}, invalid + "\"49%\"" + detail},
        {"enough for one", {{unavailable, "\"50%\""}}, ""},
        {"surge is rounded up", {{unavailable, "0"}, {surge, "\"1%\""}}, ""},
        {"no groups, no rule", {{unavailable, "0"}, {"/spec/replicas", "0"}}, ""},
        {"absent counts as 0 inside a configuration", {{unavailable, ""}}, invalid + "0" + detail},
        {"null counts as 0 too", {{unavailable, "null"}}, invalid + "0" + detail},
        {"no configuration counts as 1", {{std::string(kRollingPath), ""}}, ""},
        {"null configuration counts as 1", {{std::string(kRollingPath), "null"}}, ""},
        {"no strategy counts as 1", {{"/spec/rolloutStrategy", ""}}, ""},
        {"what cannot be scaled counts as 0",
         {{unavailable, "\"x\""}},
         "[" + invalid + "\"x\": " + kPercent + ", " + invalid + "\"x\": invalid value, " +
             invalid + "\"x\"" + detail + "]"},
    });
}

TEST_CASE("subgroups divide a group", "[api][validation]") {
    const std::string policy(kPolicyPath);
    const std::string size(kSizePath);
    const std::string invalid = kSubGroup + ": Invalid value: ";
    const std::string divisible = ": size or size - 1 must be divisible by subGroupSize";
    const std::string excluded =
        ": size-1 must be divisible by subGroupSize when using LeaderExcluded";
    const std::string least = ": subGroupSize must be equal or greater than 1";
    check({
        {"divides size", {{policy, R"({"subGroupSize":2})"}}, ""},
        {"divides size - 1", {{policy, R"({"subGroupSize":2})"}, {size, "5"}}, ""},
        {"is size", {{policy, R"({"subGroupSize":4})"}}, ""},
        {"divides neither",
         {{policy, R"({"subGroupSize":3})"}, {size, "5"}},
         invalid + "3" + divisible},
        {"larger than size",
         {{policy, R"({"subGroupSize":5})"}},
         "[" + invalid + "5" + divisible + ", " + invalid +
             "5: subGroupSize cannot be larger than size]"},
        {"absent", {{policy, "{}"}}, invalid + "null" + least},
        {"null", {{policy, R"({"subGroupSize":null})"}}, invalid + "null" + least},
        {"zero, the others skipped",
         {{policy, R"({"subGroupSize":0,"subGroupPolicyType":"LeaderExcluded"})"}},
         invalid + "0" + least},
        {"negative",
         {{policy, R"({"subGroupSize":-3})"}, {size, "5"}},
         "[" + invalid + "-3" + least + ", " + invalid + "-3" + divisible + "]"},
        {"LeaderExcluded divides size - 1",
         {{policy, R"({"subGroupSize":2,"subGroupPolicyType":"LeaderExcluded"})"}, {size, "5"}},
         ""},
        {"LeaderExcluded does not take size",
         {{policy, R"({"subGroupSize":2,"subGroupPolicyType":"LeaderExcluded"})"}},
         invalid + "2" + excluded},
        {"null policy is none", {{policy, "null"}}, ""},
    });
}

TEST_CASE("the smallest integers are divided without a trap", "[api][validation]") {
    const auto text = changed(
        {{std::string(kPolicyPath), R"({"subGroupSize":-1})"},
         {std::string(kSizePath), "-2147483648"}}
    );
    CHECK(
        creation_message(text) ==
        "[spec.leaderWorkerTemplate.size: Invalid value: -2147483648: size must be equal or "
        "greater "
        "than 1, " +
            kSubGroup +
            ": Invalid value: -1: subGroupSize must be equal or greater than "
            "1, " +
            kSubGroup + ": Invalid value: -1: subGroupSize cannot be larger than size]"
    );
}

TEST_CASE("subgroup-exclusive-topology needs a subgroup policy", "[api][validation]") {
    const std::string key = "leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology";
    const std::string prefix = "metadata.annotations." + key + ": Invalid value: ";
    const std::string detail = ": cannot have subgroup-exclusive-topology without subGroupSize set";
    const auto annotated = [&key](const std::string& value) {
        return Change{"/metadata/annotations", "{\"" + key + "\":" + value + "}"};
    };
    check({
        {"without", {annotated("\"rack\"")}, prefix + "\"rack\"" + detail},
        {"empty counts as present", {annotated("\"\"")}, prefix + "\"\"" + detail},
        {"printed by %q, not as JSON",
         {annotated("\"<\\\"\\u00e9>\"")},
         prefix + "\"<\\\"\u00e9>\"" + detail},
        {"with", {annotated("\"rack\""), {std::string(kPolicyPath), R"({"subGroupSize":2})"}}, ""},
    });
}

TEST_CASE("all errors come together in upstream's order", "[api][validation]") {
    const auto text = changed({
        {"/metadata/name", "\"A\""},
        {"/spec/replicas", "1000001"},
        {std::string(kSizePath), "1073741824"},
        {std::string(kUnavailablePath), "\"101%\""},
        {std::string(kSurgePath), "\"x\""},
        {std::string(kPartitionPath), "-1"},
        {std::string(kPolicyPath), R"({"subGroupSize":5})"},
        {"/metadata/annotations",
         R"({"leaderworkerset.sigs.k8s.io/pod-termination-policy":"Serial"})"},
    });
    std::vector<std::string> paths;
    for (const FieldError& error : created(text).errors) {
        paths.emplace_back(error.path);
    }
    CHECK(
        paths ==
        std::vector<std::string>{
            "metadata.name",
            "spec.replicas",
            "spec.replicas",
            kUnavailable,
            kSurge,
            "spec.rolloutStrategy.rollingUpdateConfiguration.partition",
            kSurge,
            kSubGroup,
            "metadata.annotations.leaderworkerset.sigs.k8s.io/pod-termination-policy"
        }
    );
}

TEST_CASE("rules that share a field keep upstream's order", "[api][validation]") {
    const auto text = changed({
        {"/spec/replicas", "-1"},
        {std::string(kSizePath), "-2147483648"},
        {std::string(kUnavailablePath), "\"x\""},
        {std::string(kSurgePath), "\"y\""},
        {std::string(kPartitionPath), "-1"},
        {std::string(kPolicyPath), R"({"subGroupSize":1})"},
    });
    std::vector<std::string> errors;
    for (const FieldError& error : created(text).errors) {
        errors.push_back(std::string(error.path) + ": " + std::string(error.detail));
    }
    CHECK(
        errors ==
        std::vector<std::string>{
            "spec.replicas: replicas must be equal or greater than 0",
            "spec.leaderWorkerTemplate.size: size must be equal or greater than 1",
            "spec.replicas: the product of replicas and worker replicas must not exceed 2147483647",
            kUnavailable + ": " + kPercent,
            kSurge + ": " + kPercent,
            "spec.rolloutStrategy.rollingUpdateConfiguration.partition: must be greater than or "
            "equal to 0",
            kUnavailable + ": invalid value",
            kSurge + ": invalid value",
            kUnavailable + ": must not be 0 when `maxSurge` is 0",
            kSubGroup + ": subGroupSize cannot be larger than size"
        }
    );
}

TEST_CASE("one error prints as it is, several in brackets, equal ones once", "[api][validation]") {
    const FieldError first{FieldError::Type::invalid, "a", "1", "no"};
    const FieldError second{FieldError::Type::required, "b", "", ""};
    Arena arena;
    CHECK(format_errors({}, arena).empty());
    CHECK(format_errors({first}, arena) == "a: Invalid value: 1: no");
    CHECK(format_errors({first, first}, arena) == "a: Invalid value: 1: no");
    CHECK(
        format_errors({first, second, first}, arena) ==
        "[a: Invalid value: 1: no, b: Required value]"
    );
}

}  // namespace
}  // namespace lws::api
