// SPDX-License-Identifier: Apache-2.0
#include "controller/group_memories.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "controller/testing/world.hpp"
#include "pkg/lws/api/labels.hpp"

namespace lws::controller::testing {
namespace {

using namespace std::chrono_literals;

const k8s::ObjectKey kSet{"ml", "vllm"};

GroupName group(int index) {
    return {kSet, rules::GroupId(index)};
}

rules::GroupMemory complete(const std::string& leader, std::uint32_t recreations = 0) {
    rules::GroupMemory memory;
    memory.record.known = rules::known_members(leader, {{"w", "u"}});
    memory.record.recreations.count = recreations;
    return memory;
}

// The memories of one set, and when they asked for a pass.
struct Memories {
    std::vector<std::chrono::milliseconds> wakes;
    GroupMemories memories{
        [this](const k8s::ObjectKey& woken, std::chrono::milliseconds delay) {
            if (woken == kSet) wakes.push_back(delay);
        },
        5000ms,
        make_null_logger()
    };
    api::LeaderWorkerSet set;
    k8s::StatefulSet leaders;
    GroupMemories::Clock::time_point now{};

    Memories() {
        set.metadata.name = "vllm";
        set.metadata.namespace_name = "ml";
        set.metadata.uid = "set-uid";
        leaders.uid = "leaders";
    }
    rules::GroupMemory recall(int index) {
        return memories.recall(group(index), set.metadata.uid, &leaders);
    }
};

TEST_CASE("changes of a set's memory are written together, 5 s after the first", "[memories]") {
    Memories m;
    (void)m.recall(0);
    m.memories.keep(group(0), complete("a"), m.now);
    m.memories.keep(group(1), complete("b"), m.now + 2s);
    CHECK(m.wakes == std::vector<std::chrono::milliseconds>{5000ms});
    auto mark = m.memories.mark(m.set, &m.leaders, m.now + 4s);
    CHECK(mark.due_in == 1000ms);
    mark = m.memories.mark(m.set, &m.leaders, m.now + 5s);
    CHECK(mark.due_in == 0ms);
    CHECK(rules::decode_group_mark(mark.text)->groups.size() == 2);

    SECTION("and then no more") {
        m.memories.written(kSet, mark.version, m.now + 5s);
        m.memories.keep(group(0), complete("a"), m.now + 6s);
        CHECK_FALSE(m.memories.mark(m.set, &m.leaders, m.now + 60s).due_in);
        CHECK(m.wakes.size() == 1);
    }
    SECTION("unless something changed during the write") {
        m.memories.keep(group(1), complete("c"), m.now + 5s);
        m.memories.written(kSet, mark.version, m.now + 6s);
        CHECK(m.wakes.size() == 2);
        CHECK(m.memories.mark(m.set, &m.leaders, m.now + 6s).due_in == 5000ms);
    }
}

TEST_CASE("a new process reads what the last one wrote", "[memories]") {
    Memories before;
    (void)before.recall(0);
    before.memories.keep(group(0), complete("a", 3), before.now);
    Memories m;
    m.leaders.group_memory = before.memories.mark(before.set, &before.leaders, before.now).text;
    SECTION("whole") {
        CHECK(m.recall(0).record == complete("a", 3).record);
        CHECK(m.recall(1) == rules::GroupMemory{});
        // What it read needs no write.
        m.memories.keep(group(0), m.recall(0), m.now);
        CHECK(m.wakes.empty());
    }
    SECTION("without the failures of another set of this name") {
        m.set.metadata.uid = "another";
        CHECK(m.recall(0).record == complete("a").record);
    }
    SECTION("when the StatefulSet is seen") {
        CHECK(m.memories.recall(group(0), "set-uid", nullptr) == rules::GroupMemory{});
        CHECK(m.recall(0).record == complete("a", 3).record);
    }
    SECTION("and starts anew when somebody changed it") {
        m.leaders.group_memory += "?";
        CHECK(m.recall(0) == rules::GroupMemory{});
    }
}

TEST_CASE("an apply before any pass of a group keeps what an earlier process wrote", "[memories]") {
    Memories before;
    (void)before.recall(0);
    before.memories.keep(group(0), complete("a", 3), before.now);
    Memories m;
    m.leaders.group_memory = before.memories.mark(before.set, &before.leaders, before.now).text;
    const auto mark = m.memories.mark(m.set, &m.leaders, m.now);
    CHECK_FALSE(mark.text.empty());
    CHECK(mark.text == m.leaders.group_memory);
    CHECK_FALSE(mark.due_in);
}

TEST_CASE("what is gone is forgotten", "[memories]") {
    Memories m;
    (void)m.recall(0);
    for (int i = 0; i < 3; ++i) m.memories.keep(group(i), complete("a"), m.now);
    SECTION("groups of a smaller set") {
        m.memories.forget_from(kSet, 1);
        CHECK(m.recall(0) == complete("a"));
        CHECK(m.recall(1) == rules::GroupMemory{});
    }
    SECTION("a set that was deleted, also by the last pass of its groups") {
        m.memories.forget(kSet);
        m.memories.keep(group(0), complete("a"), m.now);
        CHECK(m.recall(0) == rules::GroupMemory{});
    }
    SECTION("a set that was made anew") {
        m.set.metadata.uid = "another";
        CHECK(m.memories.mark(m.set, &m.leaders, m.now).text.empty());
        CHECK(m.recall(0) == rules::GroupMemory{});
    }
}

TEST_CASE("groups without room in the mark are counted", "[memories]") {
    Memories m;
    (void)m.recall(0);
    m.memories.keep(group(0), complete("a"), m.now);
    CHECK(m.memories.totals().left_out == 0);
    m.set.metadata.annotations["x"] = std::string(255 * 1024, 'x');
    CHECK(m.memories.mark(m.set, &m.leaders, m.now).text.empty());
    CHECK(m.memories.totals().left_out == 1);
}

TEST_CASE("groups that were recreated twice keep failing", "[memories]") {
    Memories m;
    CHECK(m.memories.failing(kSet).empty());
    (void)m.recall(0);
    m.memories.keep(group(0), complete("a", 1), m.now);
    m.memories.keep(group(2), complete("c", 2), m.now);
    CHECK(m.memories.failing(kSet) == std::vector<rules::FailingGroup>{{rules::GroupId(2), 0}});
}

TEST_CASE("trouble of a group wakes its set when it changes", "[memories]") {
    Memories m;
    (void)m.recall(0);
    rules::GroupTrouble trouble;
    m.memories.keep_trouble(group(0), trouble);
    CHECK(m.wakes.empty());
    trouble.stuck = {{"vllm-0", "u", "node-1"}};
    m.memories.keep_trouble(group(0), trouble);
    m.memories.keep_trouble(group(0), trouble);
    CHECK(m.wakes.size() == 1);
    CHECK(m.memories.trouble(group(0)) == trouble);
    REQUIRE(m.memories.troubles(kSet).size() == 1);
    rules::GroupTrouble held;
    held.held_until = k8s::Seconds{};
    m.memories.keep_trouble(group(4), held);
    CHECK(m.memories.totals().stuck == 1);
    CHECK(m.memories.totals().held == 1);
    m.memories.forget_from(kSet, 4);
    CHECK(m.memories.totals().held == 0);
    m.memories.keep_trouble(group(0), {});
    CHECK(m.memories.troubles(kSet).empty());
    CHECK(m.wakes.size() == 3);
}

// Group 0 of two, complete and remembered in the mark.
void bring_up(World& world) {
    world.controller_options.memory_interval = 1ms;
    world.start_controller();
    world.add_set("vllm", spec_of(2, 3));
    REQUIRE(world.run_until([&world] {
        const JsonObject* leaders = world.stateful_set("vllm");
        if (leaders == nullptr || !world.available()) return false;
        const JsonValue* text =
            find_at(*leaders, {"metadata", "annotations", api::kGroupMemoryAnnotation});
        const auto mark = text == nullptr ? rules::decode_group_mark("")
                                          : rules::decode_group_mark(text->as_string());
        return mark && mark->groups.size() == 2;
    }));
    REQUIRE(world.settle());
}

TEST_CASE("a worker replaced while no controller ran restarts its group once", "[world][group]") {
    World world;
    bring_up(world);
    const std::string leader = world.pod_uid("vllm-0");
    const std::string other = world.pod_uid("vllm-1");
    const std::string peer = world.pod_uid("vllm-0-1");
    world.kill_controller();
    world.server.forget_requests();
    world.cluster.remove_now({"pods", "ml", "vllm-0-2"});
    REQUIRE(world.settle());
    REQUIRE(world.pod("vllm-0-2") != nullptr);
    world.start_controller();
    REQUIRE(world.run_until([&] {
        return world.pod_uid("vllm-0") != leader && world.pod_uid("vllm-0-1") != peer &&
               world.available();
    }));
    REQUIRE(world.settle());
    CHECK(world.server.count("DELETE", "/pods/") == 1);
    CHECK(world.pod_uid("vllm-1") == other);
    CHECK(world.notes("RecreateGroup").size() == 1);
}

TEST_CASE("a new process leaves groups whose members are the known ones", "[world][group]") {
    World world;
    bring_up(world);
    world.kill_controller();
    world.server.forget_requests();
    world.passes = 0;
    world.start_controller();
    // The set and its two groups.
    REQUIRE(world.run_until([&world] { return world.passes >= 3; }));
    REQUIRE(world.settle());
    CHECK(world.server.count("DELETE", "/pods/") == 0);
    CHECK(world.server.count("PATCH", "/statefulsets/") <= 1);
}

TEST_CASE("the mark changes no pod and makes no revision", "[world][group]") {
    World world;
    bring_up(world);
    const JsonObject& leaders = *world.stateful_set("vllm");
    CHECK(number_at(leaders, {"metadata", "generation"}) == 1);
    CHECK(world.cluster.names("controllerrevisions").size() == 1);
    for (const JsonObject& pod : world.cluster.all("pods")) {
        CHECK(find_at(pod, {"metadata", "annotations", api::kGroupMemoryAnnotation}) == nullptr);
    }
}

// The status may not have shown that the group was away.
bool is_back(const World& world, const std::string& leader, const std::string& uid_before) {
    const JsonObject* worker = world.pod(leader + "-1");
    return world.pod_uid(leader) != uid_before && worker != nullptr && is_ready(*worker) &&
           world.available();
}

TEST_CASE("a group that fails twice is taken down at once and waits", "[world][group]") {
    World world;
    world.controller_options.groups.backoff.first = 3600s;
    world.controller_options.groups.backoff.most = 3600s;
    bring_up(world);
    std::string leader = world.pod_uid("vllm-1");
    world.workloads.restart_container("ml", "vllm-1-1");
    REQUIRE(world.run_until([&] { return is_back(world, "vllm-1", leader); }));
    leader = world.pod_uid("vllm-1");
    world.workloads.restart_container("ml", "vllm-1-1");
    REQUIRE(world.run_until([&world] { return !world.notes("RecreationBackoff").empty(); }));
    REQUIRE(world.settle());
    CHECK(world.pod_uid("vllm-1") != leader);
    CHECK(is_ready(*world.pod("vllm-1")));
    CHECK(world.pod("vllm-1-1") == nullptr);
    CHECK(world.stateful_set("vllm-1") == nullptr);
    CHECK(world.notes("RecreateGroup").size() == 2);
    CHECK(world.controller->sizes().held_groups == 1);
    CHECK(world.controller->sizes().recreations == 2);
    CHECK_THAT(
        world.condition("Progressing", "message"),
        Catch::StartsWith(
            "Replicas are progressing; group 1 was recreated 2 times, its workers wait"
        )
    );

    SECTION("also when another process goes on") {
        REQUIRE(world.run_until([&world] {
            const JsonValue* text = find_at(
                *world.stateful_set("vllm"),
                {"metadata", "annotations", api::kGroupMemoryAnnotation}
            );
            return rules::decode_group_mark(text->as_string())
                       ->groups.at(rules::GroupId(1))
                       .recreations.count == 2;
        }));
        world.kill_controller();
        world.start_controller();
        REQUIRE(world.run_until([&world] { return world.controller->sizes().held_groups == 1; }));
        REQUIRE(world.settle());
        CHECK(world.pod("vllm-1-1") == nullptr);
    }
    SECTION("until the delay is over") {
        world.now += 3600s;
        // Any event of the group; the test has no hour to wait for the timer.
        world.workloads.set_ready("ml", "vllm-1", false);
        REQUIRE(world.run_until([&world] { return world.available(); }));
        CHECK(world.pod("vllm-1-1") != nullptr);
        CHECK(world.controller->sizes().held_groups == 0);
        CHECK(world.notes("RecreateGroup").size() == 2);
    }
    SECTION("but not under a new template") {
        world.change_set([](JsonObject& set) { set["spec"] = parse_json(spec_of(2, 3, "image-2")); }
        );
        REQUIRE(world.run_until([&world] { return world.available(); }));
        CHECK(world.pod("vllm-1-1") != nullptr);
        CHECK(world.controller->sizes().held_groups == 0);
    }
}

TEST_CASE("without backoff a group that fails again gets its workers at once", "[world][group]") {
    World world;
    world.controller_options.groups.backoff.first = 0s;
    bring_up(world);
    for (int i = 0; i < 3; ++i) {
        const std::string leader = world.pod_uid("vllm-0");
        world.workloads.restart_container("ml", "vllm-0-1");
        REQUIRE(world.run_until([&] { return is_back(world, "vllm-0", leader); }));
    }
    CHECK(world.notes("RecreationBackoff").empty());
    CHECK(world.controller->sizes().recreations == 3);
}

}  // namespace
}  // namespace lws::controller::testing
