// SPDX-License-Identifier: Apache-2.0
#include "controller/cluster_state.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "pkg/lws/json/document.hpp"

namespace lws::controller {
namespace {

struct World {
    std::vector<std::string> woken;
    ClusterState state{
        [this](const QueueKey& key) {
            woken.push_back((key.kind == PassKind::set ? "set " : "group ") + to_text(key.key));
        },
        make_null_logger()
    };

    template <class Call>
    void with(const std::string& text, Call call) {
        auto document = json::parse(text);
        REQUIRE(document.has_value());
        woken.clear();
        call(document->root());
    }
    void apply_pod(const std::string& text) {
        with(text, [this](json::View v) { state.pods.apply(v); });
    }
};

std::string pod(
    const std::string& name,
    const std::string& worker_index,
    const std::string& version,
    const std::string& ready = "False",
    const std::string& uid = "u1"
) {
    return R"({"metadata":{"namespace":"ns","name":")" + name + R"(","uid":")" + uid +
           R"(","resourceVersion":")" + version +
           R"(","labels":{"leaderworkerset.sigs.k8s.io/name":"a",)"
           R"("leaderworkerset.sigs.k8s.io/group-index":"0",)"
           R"("leaderworkerset.sigs.k8s.io/worker-index":")" +
           worker_index +
           R"("}},"status":{"phase":"Running","conditions":[{"type":"Ready","status":")" + ready +
           R"("}]}})";
}

TEST_CASE("a pod wakes its group, and a leader whose readiness changed its set too", "[state]") {
    World world;
    world.apply_pod(pod("a-0", "0", "1"));
    CHECK(world.woken == std::vector<std::string>{"group ns/a-0", "set ns/a"});
    world.apply_pod(pod("a-0", "0", "2", "True"));
    CHECK(world.woken == std::vector<std::string>{"group ns/a-0", "group ns/a-0", "set ns/a"});
    world.apply_pod(pod("a-0-1", "1", "3"));
    CHECK(world.woken == std::vector<std::string>{"group ns/a-0"});
}

TEST_CASE("an event that changes nothing but the version wakes nobody", "[state]") {
    World world;
    world.apply_pod(pod("a-0", "0", "1"));
    world.apply_pod(pod("a-0", "0", "2"));
    CHECK(world.woken.empty());
    CHECK(world.state.pods.find({"ns", "a-0"})->resource_version == "2");
}

TEST_CASE("an event older than the answer to our own write is dropped", "[state]") {
    World world;
    world.with(pod("a-0", "0", "9"), [&](json::View v) { world.state.pods.observe(v); });
    world.apply_pod(pod("a-0", "0", "10", "True"));
    world.apply_pod(pod("a-0", "0", "9"));
    CHECK(world.state.pods.find({"ns", "a-0"})->ready);
}

TEST_CASE("an answer about an object seen deleted does not bring it back", "[state]") {
    World world;
    world.apply_pod(pod("a-0", "0", "1"));
    world.with(pod("a-0", "0", "2"), [&](json::View v) { world.state.pods.deleted(v); });
    CHECK(world.woken == std::vector<std::string>{"group ns/a-0", "set ns/a"});
    world.with(pod("a-0", "0", "1"), [&](json::View v) { world.state.pods.observe(v); });
    CHECK(world.state.pods.find({"ns", "a-0"}) == nullptr);
    // The watch itself may: the object left the selector and came back.
    world.apply_pod(pod("a-0", "0", "3"));
    CHECK(world.state.pods.find({"ns", "a-0"}) != nullptr);
}

TEST_CASE("a list does not take back what an answer told since", "[state]") {
    World world;
    auto& pods = world.state.pods;
    world.apply_pod(pod("gone-0", "0", "3", "False", "u3"));
    world.with("{}", [&](json::View) { pods.init(); });
    world.with(pod("a-0", "0", "5"), [&](json::View v) { pods.init_apply(v); });
    world.with(pod("a-0", "0", "11", "True"), [&](json::View v) { pods.observe(v); });
    world.with(pod("b-0", "0", "12", "False", "u2"), [&](json::View v) { pods.observe(v); });
    world.with("{}", [&](json::View) { pods.init_done("10"); });
    REQUIRE(pods.find({"ns", "a-0"}) != nullptr);
    CHECK(pods.find({"ns", "a-0"})->ready);
    CHECK(pods.find({"ns", "b-0"}) != nullptr);
    CHECK(pods.find({"ns", "gone-0"}) == nullptr);
}

TEST_CASE("a pod that goes while its list arrives is not brought back", "[state]") {
    World world;
    auto& pods = world.state.pods;
    world.with("{}", [&](json::View) { pods.init(); });
    world.with(pod("a-0", "0", "5"), [&](json::View v) { pods.init_apply(v); });
    world.with(pod("a-0", "0", "6"), [&](json::View v) { pods.deleted(v); });
    world.with("{}", [&](json::View) { pods.init_done("6"); });
    CHECK(pods.find({"ns", "a-0"}) == nullptr);
}

TEST_CASE("the deletion of a predecessor leaves the successor of that name", "[state]") {
    World world;
    world.apply_pod(pod("a-0", "0", "1", "False", "old"));
    world.with(pod("a-0", "0", "5", "False", "new"), [&](json::View v) {
        world.state.pods.observe(v);
    });
    world.with(pod("a-0", "0", "4", "False", "old"), [&](json::View v) {
        world.state.pods.deleted(v);
    });
    REQUIRE(world.state.pods.find({"ns", "a-0"}) != nullptr);
    CHECK(world.state.pods.find({"ns", "a-0"})->uid == "new");
}

TEST_CASE("groups and sets find their pods by index, and lose them again", "[state]") {
    World world;
    world.apply_pod(pod("a-0", "0", "1"));
    world.apply_pod(pod("a-0-1", "1", "1", "False", "u2"));
    CHECK(world.state.pods_of_group({"ns", "a-0"}).size() == 2);
    REQUIRE(world.state.leaders_of_set({"ns", "a"}).size() == 1);
    CHECK(world.state.leaders_of_set({"ns", "a"}).front()->key.name == "a-0");
    CHECK(world.state.pods_of_group({"other", "a-0"}).empty());
    world.with(pod("a-0", "0", "2"), [&](json::View v) { world.state.pods.deleted(v); });
    CHECK(world.state.pods_of_group({"ns", "a-0"}).size() == 1);
    CHECK(world.state.leaders_of_set({"ns", "a"}).empty());
}

TEST_CASE("a worker StatefulSet wakes its leader's group and its set", "[state]") {
    World world;
    world.with(
        R"({"metadata":{"namespace":"ns","name":"a-0","uid":"s","resourceVersion":"1",
            "labels":{"leaderworkerset.sigs.k8s.io/name":"a"},
            "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"a-0","uid":"x",
            "controller":true}]},"spec":{"replicas":1}})",
        [&](json::View v) { world.state.stateful_sets.apply(v); }
    );
    CHECK(world.woken == std::vector<std::string>{"group ns/a-0", "set ns/a"});
    CHECK(world.state.stateful_sets_of_set({"ns", "a"}).size() == 1);
}

TEST_CASE("objects that are owned wake their owner, revisions nobody", "[state]") {
    World world;
    const auto object = [](const std::string& name, const std::string& owner) {
        return R"({"metadata":{"namespace":"ns","name":")" + name +
               R"(","uid":"s","resourceVersion":"1","ownerReferences":[{"kind":")" + owner +
               R"(","uid":"x","controller":true}]},"spec":{},"data":{},"revision":1})";
    };
    const std::string of_set = R"(LeaderWorkerSet","name":"a)";
    const std::string of_leader = R"(Pod","name":"a-0)";
    const auto stateful_set = [&](json::View v) { world.state.stateful_sets.apply(v); };
    const auto service = [&](json::View v) { world.state.services.apply(v); };
    using Texts = std::vector<std::string>;
    world.with(object("a", of_set), stateful_set);
    CHECK(world.woken == Texts{"set ns/a"});
    world.with(object("a", of_set), service);
    CHECK(world.woken == Texts{"set ns/a"});
    world.with(object("a-0", of_leader), service);
    CHECK(world.woken == Texts{"group ns/a-0"});
    world.with(object("a-0", of_leader), [&](json::View v) { world.state.services.deleted(v); });
    CHECK(world.woken == Texts{"group ns/a-0"});
    world.with(object("a-1", of_set), [&](json::View v) { world.state.revisions.apply(v); });
    CHECK(world.woken.empty());
}

TEST_CASE("a stored set drops what is large and not ours, and keeps unknown members", "[state]") {
    auto document = json::parse(
        R"({"metadata":{"namespace":"ns","name":"a","uid":"u","resourceVersion":"7","annotations":{
            "kubectl.kubernetes.io/last-applied-configuration":"{}","k":"v"},
            "managedFields":[{"manager":"x"}]},"spec":{"new":{"field":1}}})"
    );
    const auto set = read_stored_set(document->root());
    REQUIRE(set.has_value());
    CHECK(set->key == k8s::ObjectKey("ns", "a"));
    CHECK(
        set->text == R"({"metadata":{"namespace":"ns","name":"a","uid":"u","resourceVersion":"7",)"
                     R"("annotations":{"k":"v"}},"spec":{"new":{"field":1}}})"
    );
    CHECK(set->last_applied == "{}");
    const auto loaded = load_set(*set);
    REQUIRE(loaded.has_value());
    REQUIRE(loaded->set.has_value());
    CHECK(loaded->set->metadata.name == "a");
    CHECK(loaded->set->spec.replicas == 1);
    // The leader StatefulSet carries all annotations of the set.
    CHECK(
        loaded->set->metadata.annotations ==
        api::StringMap{{"k", "v"}, {"kubectl.kubernetes.io/last-applied-configuration", "{}"}}
    );
    CHECK(loaded->document.root()["spec"]["new"]["field"].int64() == 1);
}

TEST_CASE("a set that breaks the API's types takes the place of what it was", "[state]") {
    World world;
    const auto set = [](const char* version, const char* replicas) {
        return R"({"metadata":{"namespace":"ns","name":"a","uid":"u","resourceVersion":")" +
               std::string(version) + R"("},"spec":{"replicas":)" + replicas + "}}";
    };
    world.with(set("1", "2"), [&](json::View v) { world.state.sets.apply(v); });
    world.with(set("2", R"("many")"), [&](json::View v) { world.state.sets.apply(v); });
    CHECK(world.woken == std::vector<std::string>{"set ns/a"});
    const auto loaded = world.state.load({"ns", "a"});
    REQUIRE(loaded.has_value());
    REQUIRE(loaded->has_value());
    REQUIRE((*loaded)->set.has_error());
    CHECK_THAT((*loaded)->set.error().message, Catch::Contains("spec.replicas"));
}

TEST_CASE("a status write of a set wakes the set alone, an annotation its groups too", "[state]") {
    World world;
    const auto set = [](const std::string& version, const std::string& extra, const char* status) {
        return R"({"metadata":{"namespace":"ns","name":"a","uid":"u","generation":1,)"
               R"("resourceVersion":")" +
               version + "\"" + extra + R"(},"spec":{},"status":)" + status + "}";
    };
    world.apply_pod(pod("a-0", "0", "1"));
    world.with(set("1", "", "{}"), [&](json::View v) { world.state.sets.apply(v); });
    world.with(set("2", "", R"({"replicas":1})"), [&](json::View v) { world.state.sets.apply(v); });
    CHECK(world.woken == std::vector<std::string>{"set ns/a"});
    world.with(set("3", R"(,"annotations":{"k":"v"})", R"({"replicas":1})"), [&](json::View v) {
        world.state.sets.apply(v);
    });
    CHECK(world.woken == std::vector<std::string>{"set ns/a", "group ns/a-0"});
}

TEST_CASE(
    "a pod that changes its place is found where it is, and nowhere once it is gone", "[state]"
) {
    World world;
    const auto labelled = [](const std::string& index, const std::string& version) {
        std::string text = pod("a-0-1", "1", version);
        const std::string from = R"(group-index":"0")";
        return text.replace(text.find(from), from.size(), R"(group-index":")" + index + "\"");
    };
    world.apply_pod(labelled("0", "1"));
    world.apply_pod(labelled("5", "2"));
    CHECK(world.state.pods_of_group({"ns", "a-0"}).empty());
    CHECK(world.state.pods_of_group({"ns", "a-5"}).size() == 1);
    // What the deletion tells is newer than what was seen.
    world.with(labelled("7", "3"), [&](json::View v) { world.state.pods.deleted(v); });
    CHECK(world.state.pods_of_group({"ns", "a-5"}).empty());
    CHECK(world.state.pods_of_group({"ns", "a-7"}).empty());
}

TEST_CASE("pods are found after a list that replaced what was here", "[state]") {
    World world;
    for (const char* name : {"a-0", "a-0-1", "a-0-2"}) {
        world.apply_pod(pod(name, name == std::string("a-0") ? "0" : "1", "1"));
    }
    world.state.pods.init();
    for (const char* name : {"a-0-3", "a-0", "a-0-2"}) {
        world.with(pod(name, name == std::string("a-0") ? "0" : "1", "9"), [&](json::View v) {
            world.state.pods.init_apply(v);
        });
    }
    world.state.pods.init_done("9");
    std::vector<std::string> names;
    for (const auto& each : world.state.pods_of_group({"ns", "a-0"})) {
        CHECK(each->resource_version == "9");
        names.push_back(each->key.name);
    }
    CHECK(names == std::vector<std::string>{"a-0", "a-0-2", "a-0-3"});
    CHECK(world.state.leaders_of_set({"ns", "a"}).size() == 1);
}

TEST_CASE("a leader's name tells its set and group", "[state]") {
    const auto group = parse_group_name({"ns", "my-set-12"});
    REQUIRE(group.has_value());
    CHECK(group->set == k8s::ObjectKey("ns", "my-set"));
    CHECK(group->group.index() == 12);
    for (const char* name : {"", "a", "-1", "a-", "a-01", "a-99999999999"}) {
        CHECK_FALSE(parse_group_name({"ns", name}).has_value());
    }
}

}  // namespace
}  // namespace lws::controller
