// SPDX-License-Identifier: Apache-2.0
// What a group's past means for its restart: members known before, and failures counted.
#include <catch2/catch.hpp>

#include "pkg/lws/rules/groups/restart_scene.hpp"

using namespace lws;
using namespace lws::rules;
using namespace lws::rules::testing;

namespace {

// As a controller remembers that starts anew: the record alone.
void forget_all_but_record(Group& group) {
    const GroupRecord record = group.judge().memory.record;
    group.memory = {};
    group.memory.record = record;
}

}  // namespace

TEST_CASE("a new process knows the members by their digest", "[groups][restart]") {
    Group group;
    forget_all_but_record(group);
    REQUIRE(is_known_leader(group.memory.record.known, "leader-0"));
    SECTION("all are there") {
        CHECK(group.judge().action == RestartAction::none);
        CHECK(group.judge().memory.workers.size() == 2);
    }
    SECTION("one was replaced: the youngest is to blame") {
        group.first.created = group.now + std::chrono::seconds(1);
        group.first.uid = "replacement";
        group.second.created = group.now;
        const RestartVerdict verdict = group.judge();
        CHECK(verdict.action == RestartAction::recreate);
        CHECK(verdict.failed_pod == "vllm-0-1");
        CHECK(verdict.memory.record == group.memory.record);
        CHECK(verdict.memory.workers.empty());
    }
    SECTION("one is missing") {
        const RestartVerdict verdict = group.judge({&group.leader, &group.first});
        CHECK(verdict.action == RestartAction::recreate);
        CHECK(verdict.failed_pod == "vllm-0-2");
        CHECK(group.judge({&group.leader}).failed_pod == "vllm-0-1");
    }
    SECTION("one is missing under AfterStart") {
        group.set = with_policy("RecreateGroupAfterStart");
        CHECK(group.judge({&group.leader, &group.first}).action == RestartAction::recreate);
    }
    SECTION("the workers lost their owner and nothing else") {
        group.first.controller.reset();
        group.second.controller.reset();
        CHECK(group.judge().action == RestartAction::none);
    }
    SECTION("a pod that only looks like one of them") {
        k8s::Pod stray = group.first;
        stray.uid = "stray";
        for (const char* name : {"vllm-0-01", "vllm-0-3", "vllm-0-0", "vllm-1-1", "probe"}) {
            stray.key.name = name;
            CHECK(
                group.judge({&group.leader, &group.first, &group.second, &stray}).action ==
                RestartAction::none
            );
        }
    }
    SECTION("of another leader nothing is known") {
        group.leader.uid = "leader-next";
        CHECK(group.judge({&group.leader}).action == RestartAction::none);
    }
}

TEST_CASE(
    "members without the names of workers are not known to a new process", "[groups][restart]"
) {
    Group group;
    group.first.key.name = "odd";
    group.first.controller = k8s::Owner{"Pod", "vllm-0", "leader-0"};
    CHECK(group.judge().memory.workers.size() == 2);
    CHECK(group.judge().memory.record.known == KnownMembers{});
}

TEST_CASE("under None nobody is known, so that a later policy starts afresh", "[groups][restart]") {
    Group group;
    group.memory = group.judge().memory;
    group.set = with_policy("None");
    group.first.uid = "replacement";
    group.memory = group.judge().memory;
    CHECK(group.memory.record == GroupRecord{});
    group.set = with_policy("RecreateGroupOnPodRestart");
    CHECK(group.judge().action == RestartAction::none);
}

TEST_CASE("a group that has no leader for a moment is remembered", "[groups][restart]") {
    Group group;
    RestartInput input;
    input.set = &group.set.set;
    input.memory = group.judge().memory;
    CHECK(judge_restart(input).memory == input.memory);
}

TEST_CASE("each deletion of a leader is counted", "[groups][restart][backoff]") {
    Group group;
    group.first.restarted = true;
    const GroupMemory after = group.judge().memory_after_deletion;
    CHECK(after.deletion_requested);
    CHECK(after.leader_uid == "leader-0");
    CHECK(after.record.recreations.count == 1);
    CHECK(group.judge().memory.record.recreations.count == 0);
    CHECK_FALSE(group.judge().memory.deletion_requested);
    group.backoff.first = std::chrono::seconds(0);
    CHECK(group.judge().memory_after_deletion.record.recreations.count == 0);
}

namespace {

// The group failed twice and its leader is back; its workers are to wait 10 s from now.
struct HeldGroup : Group {
    HeldGroup() {
        memory.record.recreations = {k8s::hash_text("key-a"), 2, std::nullopt};
        leader.uid = "leader-next";
        leader.created = now;
    }
    [[nodiscard]] RestartVerdict judge_alone() const {
        RestartInput input;
        input.set = &set.set;
        input.leader = &leader;
        input.pods = {&leader};
        input.memory = memory;
        input.backoff = backoff;
        input.now = now;
        return judge_restart(input);
    }
};

}  // namespace

TEST_CASE("workers of a group that failed twice are held back", "[groups][restart][backoff]") {
    HeldGroup group;
    const k8s::Seconds end = group.now + std::chrono::seconds(10);
    CHECK(group.judge_alone().held_until == end);
    CHECK(group.judge_alone().look_again == end);
    CHECK(group.judge_alone().action == RestartAction::none);
    group.memory = group.judge_alone().memory;
    SECTION("until the delay is over") {
        group.now = end;
        CHECK_FALSE(group.judge_alone().held_until);
        CHECK_FALSE(group.judge_alone().look_again);
        CHECK(group.judge_alone().action == RestartAction::none);
    }
    SECTION("and a leader that restarts meanwhile is replaced first, uncounted") {
        group.leader.restarted = true;
        CHECK(group.judge_alone().action == RestartAction::none);
        group.now = end;
        if (GENERATE(false, true)) {
            group.set = with_policy("RecreateGroupAfterStart");
        }
        const RestartVerdict verdict = group.judge_alone();
        CHECK(verdict.action == RestartAction::recreate);
        CHECK(verdict.failed_pod == "vllm-0");
        CHECK(verdict.memory_after_deletion.record.recreations.count == 2);
        CHECK(verdict.memory_after_deletion.record.recreations.next == end);
        // The next leader gets its workers at once.
        group.memory = verdict.memory_after_deletion;
        group.leader.uid = "leader-after";
        group.leader.restarted = false;
        group.leader.created = end;
        CHECK_FALSE(group.judge_alone().held_until);
    }
    SECTION("but what fails once they exist counts") {
        group.now = end;
        group.workers = make_workers(group.leader, 2);
        group.first = make_worker(group.workers, 1);
        group.first.restarted = true;
        const RestartVerdict verdict = group.judge({&group.leader, &group.first});
        CHECK(verdict.action == RestartAction::recreate);
        CHECK(verdict.memory_after_deletion.record.recreations.count == 3);
    }
    SECTION("not under a new template") {
        group.leader.uid = "leader-of-b";
        group.leader.revision_key = "key-b";
        CHECK_FALSE(group.judge_alone().held_until);
        CHECK(group.judge_alone().memory.record.recreations == Recreations{});
    }
    SECTION("not when the backoff is off") {
        group.backoff.first = std::chrono::seconds(0);
        CHECK_FALSE(group.judge_alone().held_until);
    }
}

TEST_CASE("a group of one is held back only when it restarted", "[groups][restart][backoff]") {
    HeldGroup group;
    group.leader.size = "1";
    CHECK_FALSE(group.judge_alone().held_until);
    group.leader.restarted = true;
    CHECK(group.judge_alone().held_until);
    CHECK(group.judge_alone().action == RestartAction::none);
}

TEST_CASE("ten minutes of health make up for all failures", "[groups][restart][backoff]") {
    Group group;
    group.memory.record.recreations = {
        k8s::hash_text("key-a"), 4, group.now - std::chrono::seconds(99)
    };
    group.leader.ready_changed = group.now - std::chrono::seconds(900);
    group.first.ready_changed = group.now - std::chrono::seconds(800);
    group.second.ready_changed = group.now - std::chrono::seconds(599);
    CHECK(group.judge().memory.record.recreations.count == 4);
    CHECK(group.judge().look_again == group.now + std::chrono::seconds(1));
    group.second.ready_changed = group.now - std::chrono::seconds(600);
    CHECK(group.judge().memory.record.recreations == Recreations{});
    CHECK_FALSE(group.judge().look_again);
    SECTION("but not of a part of it") {
        group.first.ready = false;
        CHECK(group.judge().memory.record.recreations.count == 4);
        CHECK_FALSE(group.judge().look_again);
        CHECK(group.judge({&group.leader, &group.second}).memory.record.recreations.count == 4);
    }
}
