// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/pod_name.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "pkg/lws/rules/admission/go_integer.hpp"
#include "pkg/lws/rules/admission/group_key.hpp"

namespace lws::rules {

TEST_CASE("a pod name splits at its last dash into parent and ordinal", "[rules][admission]") {
    struct Case {
        std::string_view name;
        std::string_view parent;
        std::optional<std::int32_t> ordinal;
    };
    const auto c = GENERATE(values<Case>({
        {"vllm-0", "vllm", 0},
        {"vllm-0-12", "vllm-0", 12},
        {"a-b-007", "a-b", 7},
        {"a-2147483647", "a", 2147483647},
        {"a-2147483648", "a", std::nullopt},
        {"a-99999999999999999999999", "a", std::nullopt},
        {"-5", "", 5},
        {"a--5", "a-", 5},
        {"vllm", "", std::nullopt},
        {"vllm-", "", std::nullopt},
        {"vllm0", "", std::nullopt},
        {"vllm-1a", "", std::nullopt},
        {"12", "", std::nullopt},
        {"", "", std::nullopt},
        {"a\nb-1", "b", 1},
    }));
    DYNAMIC_SECTION(c.name) {
        const auto parts = split_pod_name(c.name);
        CHECK(parts.parent == c.parent);
        CHECK(parts.ordinal == c.ordinal);
    }
}

TEST_CASE("integers are read as Go reads them", "[rules][admission]") {
    struct Good {
        std::string_view text;
        std::int64_t value;
    };
    const auto good = GENERATE(values<Good>({
        {"4", 4},
        {"+4", 4},
        {"-4", -4},
        {"0", 0},
        {"-0", 0},
        {"0004", 4},
        {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
    }));
    const auto value = parse_go_integer(good.text);
    REQUIRE(value.has_value());
    CHECK(*value == good.value);
}

TEST_CASE("what is no integer is reported in Go's words", "[rules][admission]") {
    struct Bad {
        std::string_view text;
        std::string_view message;
    };
    const auto bad = GENERATE(values<Bad>({
        {"four", R"(strconv.Atoi: parsing "four": invalid syntax)"},
        {"", R"(strconv.Atoi: parsing "": invalid syntax)"},
        {"+", R"(strconv.Atoi: parsing "+": invalid syntax)"},
        {" 4", R"(strconv.Atoi: parsing " 4": invalid syntax)"},
        {"4.0", R"(strconv.Atoi: parsing "4.0": invalid syntax)"},
        {"0x4", R"(strconv.Atoi: parsing "0x4": invalid syntax)"},
        {"4_0", R"(strconv.Atoi: parsing "4_0": invalid syntax)"},
        {"4\n", R"(strconv.Atoi: parsing "4\n": invalid syntax)"},
        {"\"\\\x01", R"(strconv.Atoi: parsing "\"\\\x01": invalid syntax)"},
        {"9223372036854775808", R"(strconv.Atoi: parsing "9223372036854775808": value out of range)"
        },
        {"-9223372036854775809",
         R"(strconv.Atoi: parsing "-9223372036854775809": value out of range)"},
        {"99999999999999999999x",
         R"(strconv.Atoi: parsing "99999999999999999999x": value out of range)"},
        {"9999999999999999999x", R"(strconv.Atoi: parsing "9999999999999999999x": invalid syntax)"},
    }));
    const auto value = parse_go_integer(bad.text);
    REQUIRE(value.has_error());
    CHECK(value.error().message == bad.message);
    CHECK(value.error().code == ErrorCode::forbidden);
}

TEST_CASE("division survives the smallest integer", "[rules][admission]") {
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    CHECK(go_quotient(kMin, -1) == kMin);
    CHECK(go_remainder(kMin, -1) == 0);
    CHECK(go_quotient(-7, 2) == -3);
    CHECK(go_remainder(-7, 2) == -1);
}

TEST_CASE("a group key is the SHA-1 of scope and name in lower-case hex", "[rules][admission]") {
    CHECK(make_group_key("default", "vllm-0") == "3026934fa959105a39223221cf76941a46fb01bb");
    CHECK(make_group_key("vllm-0", "1") == "62866e51f8a7c12df529b43019ed2214f730383f");
    CHECK(make_group_key("", "") == "42099b4af021e53fd8fd4e056c2568d7c2e3ffa8");
    CHECK(
        make_group_key(std::string(100, 'n'), std::string(200, 'p')) ==
        "31f0c74c1007e047dc20c266d0cc2bc7a6c988f3"
    );
}

}  // namespace lws::rules
