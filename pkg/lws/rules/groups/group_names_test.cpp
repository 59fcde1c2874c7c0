// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_names.hpp"

#include "pkg/lws/rules/groups/set_scene.hpp"

using namespace lws;
using namespace lws::rules;
using namespace lws::rules::testing;

namespace {

TestSet named(std::size_t length, const std::string& replicas, const std::string& size = "2") {
    return make_set(
        "'replicas':" + replicas, "'size':" + size, ",'name':'" + std::string(length, 'a') + "'"
    );
}

const std::string kWhy =
    " cannot start: pods of a StatefulSet whose name is longer than 52 characters exceed the limit "
    "of their label controller-revision-hash";

}  // namespace

TEST_CASE("groups whose StatefulSets have too long a name cannot start", "[groups][set]") {
    struct Case {
        std::size_t length;
        std::string size;
        std::int32_t replicas;
        std::string which;
    };
    const auto c = GENERATE(values<Case>({
        {50, "2", 10, ""},
        {50, "2", 11, "Group 10"},
        {50, "2", 12, "Groups 10 to 11"},
        {49, "2", 100, ""},
        {49, "2", 101, "Group 100"},
        {51, "2", 1, "Group 0"},
        {51, "2", 0, ""},
        {51, "1", 1000, ""},
        {52, "1", 1000, ""},
        {53, "1", 3, "Groups 0 to 2"},
        {4, "2", 1'000'000, ""},
    }));
    CAPTURE(c.length, c.size, c.replicas);
    const auto message = groups_that_cannot_start(named(c.length, "1", c.size).set, c.replicas);
    CHECK(message.value_or("") == (c.which.empty() ? "" : c.which + kWhy));
}

TEST_CASE("a set that grows over the length of its name is warned", "[groups][set]") {
    Scene scene(named(50, "10"));
    const std::string name(50, 'a');
    scene.settle(10);
    scene.leaders->controller->name = name;
    scene.leaders->set_name = name;
    scene.leaders->selector = leader_selector(name);
    SECTION("when it is scaled up") {
        scene.set = named(50, "12");
        const SetPlan plan = scene.plan();
        const auto& events = apply_of(plan).on_success;
        REQUIRE(events.size() == 1);
        CHECK(events[0].type == EventType::warning);
        CHECK(events[0].reason == "FailedCreate");
        CHECK(events[0].note == "Groups 10 to 11" + kWhy);
    }
    SECTION("not when it is scaled down") {
        scene.set = named(50, "11");
        scene.leaders->replicas = 12;
        scene.leaders->replicas_annotation = "12";
        CHECK(apply_of(scene.plan()).on_success.empty());
    }
    SECTION("when it is new") {
        scene.leaders.reset();
        scene.set = named(51, "1");
        const SetPlan plan = scene.plan();
        REQUIRE(apply_of(plan).on_success.size() == 2);
        CHECK(apply_of(plan).on_success[1].note == "Group 0" + kWhy);
    }
}
