// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_mark.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace lws;
using namespace lws::rules;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kMost = ~std::uint64_t{0};

GroupMark example() {
    GroupMark mark;
    mark.set = 46655;
    mark.groups[GroupId(0)].known = {35, 36};
    GroupRecord& failed = mark.groups[GroupId(12)];
    failed.known = {kMost, 1};
    failed.recreations = {71, 3, k8s::Seconds(1'300'000'000s)};
    mark.groups[GroupId(13)].recreations = {71, 1, std::nullopt};
    mark.groups[GroupId(14)] = {};
    return mark;
}

const std::string kExample = "1;zzz;0=z.10;12=3w5e11264sgsf.1.1z.3.lhzif4;13=0.0.1z.1.";

}  // namespace

TEST_CASE("the mark of a set is known byte for byte", "[groups][mark]") {
    const EncodedGroupMark encoded = encode_group_mark(example(), kMaxGroupMark);
    CHECK(encoded.text == kExample);
    CHECK(encoded.left_out == 0);
    GroupMark expected = example();
    expected.groups.erase(GroupId(14));
    CHECK(decode_group_mark(kExample).value() == expected);
}

TEST_CASE("nothing to remember is an empty mark", "[groups][mark]") {
    CHECK(encode_group_mark({}, kMaxGroupMark).text.empty());
    GroupMark healthy;
    healthy.groups[GroupId(3)] = {};
    CHECK(encode_group_mark(healthy, kMaxGroupMark) == EncodedGroupMark{});
    CHECK(decode_group_mark("").value() == GroupMark{});
}

TEST_CASE("any other text is refused with a reason", "[groups][mark]") {
    const std::string text = GENERATE(
        as<std::string>{},
        "1",
        "1;",
        "2;zzz;0=z.10",
        "1;zzz",
        "1;zzz;",
        "1;zzz;0=z.10;",
        "1;zzz;0",
        "1;zzz;=z.10",
        "1;zzz;0=z",
        "1;zzz;0=z.10.1",
        "1;zzz;0=z.10.1.1.1.1",
        "1;zzz;-1=z.10",
        "1;zzz;+1=z.10",
        "1;zzz;00=z.10",
        "1;zzz;99999999999=z.10",
        "1;zzz;1=z.10;0=z.10",
        "1;zzz;0=z.10;0=z.10",
        "1;zzz;0=0.0",
        "1;zzz;0=Z.10",
        "1;zzz;0=0z.10",
        "1;zzz;0= z.10",
        "1;zzz;0=z.",
        "1;zzz;0=3w5e11264sgsg.1",
        "1;zzz;0=z.10.1z.0.",
        "1;zzz;0=z.10.1z.-3.",
        "1;zzz;0=z.10.1z.1z141z4.",
        "1;zzz;0=z.10.1z.3.1z141z4",
        "1;zzz;0=z.10.1z.3.x x",
        "{}",
        "\xff\xfe"
    );
    DYNAMIC_SECTION(text) {
        const auto mark = decode_group_mark(text);
        REQUIRE(mark.has_error());
        CHECK(mark.error().code == ErrorCode::invalid_input);
        CHECK_THAT(mark.error().message, Catch::StartsWith("group memory: "));
    }
    CHECK(decode_group_mark(std::string(kMaxGroupMark + 1, '1')).has_error());
}

TEST_CASE("a mark with one byte changed is read as printed or refused", "[groups][mark]") {
    std::mt19937 random(7);
    std::uniform_int_distribution<std::size_t> place(0, kExample.size() - 1);
    std::uniform_int_distribution<int> byte(0, 255);
    int accepted = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string text = kExample;
        text[place(random)] = static_cast<char>(byte(random));
        if (const auto mark = decode_group_mark(text)) {
            ++accepted;
            REQUIRE(encode_group_mark(*mark, kMaxGroupMark).text == text);
        }
    }
    CHECK(accepted > 1000);
}

TEST_CASE("groups that failed keep their place when there is too little", "[groups][mark]") {
    GroupMark mark;
    for (int i = 0; i < 100; ++i) {
        mark.groups[GroupId(i)].known = {kMost, kMost};
    }
    mark.groups[GroupId(99)].recreations = {kMost, 2, std::nullopt};
    const std::size_t whole = encode_group_mark(mark, kMaxGroupMark).text.size();
    const EncodedGroupMark most = encode_group_mark(mark, whole - 1);
    CHECK(most.left_out == 1);
    CHECK(most.text.size() < whole);
    const GroupMark kept = decode_group_mark(most.text).value();
    CHECK_FALSE(kept.groups.contains(GroupId(98)));
    CHECK(kept.groups.contains(GroupId(99)));
    CHECK(kept.groups.contains(GroupId(97)));

    const EncodedGroupMark one = encode_group_mark(mark, 60);
    CHECK(one.left_out == 99);
    CHECK(decode_group_mark(one.text).value().groups.contains(GroupId(99)));
    CHECK(encode_group_mark(mark, 10) == EncodedGroupMark{"", 100});
}

TEST_CASE("a mark of thousands of groups fits and is bounded", "[groups][mark]") {
    GroupMark mark;
    for (int i = 0; i < 6000; ++i) {
        mark.groups[GroupId(i)].known = {kMost - static_cast<std::uint64_t>(i), kMost};
    }
    const EncodedGroupMark encoded = encode_group_mark(mark, kMaxGroupMark);
    CHECK(encoded.text.size() <= kMaxGroupMark);
    CHECK(encoded.left_out > 0);
    CHECK(encoded.left_out < 2500);
    CHECK(decode_group_mark(encoded.text).has_value());
}

TEST_CASE("the mark leaves room for the set's own annotations", "[groups][mark]") {
    CHECK(group_mark_limit({}) == kMaxGroupMark);
    CHECK(group_mark_limit({{"a", std::string(200 * 1024, 'x')}}) == 55 * 1024 - 1);
    CHECK(group_mark_limit({{"a", std::string(256 * 1024, 'x')}}) == 0);
}

TEST_CASE("members are told apart by name, UID and leader", "[groups][mark]") {
    const std::vector<GroupMember> members{{"a-1", "u1"}, {"a-2", "u2"}};
    const KnownMembers known = known_members("leader", members);
    CHECK(known == known_members("leader", members));
    CHECK(known != known_members("leader", {{"a-1", "u1"}, {"a-2", "u3"}}));
    CHECK(known != known_members("leader", {{"a-1", "u1"}}));
    CHECK(known != known_members("leader", {{"a-1", "u2"}, {"a-2", "u1"}}));
    CHECK(is_known_leader(known, "leader"));
    CHECK_FALSE(is_known_leader(known, "another"));
    CHECK_FALSE(is_known_leader({}, ""));
}

TEST_CASE("only what a later controller needs is worth a write", "[groups][mark]") {
    const GroupRecord none;
    GroupRecord complete;
    complete.known = {1, 2};
    GroupRecord failed = complete;
    failed.recreations = {9, 1, std::nullopt};
    CHECK(is_worth_writing(none, complete));
    CHECK(is_worth_writing(complete, failed));
    CHECK_FALSE(is_worth_writing(failed, failed));
    GroupRecord waits = failed;
    waits.recreations.next = k8s::Seconds(5s);
    CHECK_FALSE(is_worth_writing(failed, waits));
    CHECK_FALSE(is_worth_writing(failed, complete));
    GroupRecord other = failed;
    other.recreations.revision = 10;
    CHECK(is_worth_writing(failed, other));
    failed.recreations.count = 2;
    CHECK(is_worth_writing(other, failed));
}
