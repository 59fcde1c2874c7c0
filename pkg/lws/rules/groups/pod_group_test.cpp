// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/pod_group.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::make_set;
using lws::rules::testing::TestSet;

namespace {

const std::string kContainer =
    "{'containers':[{'resources':{'requests':{'cpu':'1','memory':'1Gi'}}}]}";

TestSet revision(const std::string& group) {
    return TestSet("{'spec':{'leaderWorkerTemplate':{" + group + "}}}");
}

TestSet revision_of_size(int size) {
    return revision(
        "'size':" + std::to_string(size) + ",'workerTemplate':{'spec':" + kContainer + "}"
    );
}

k8s::Pod ganged_leader() {
    k8s::Pod leader = lws::rules::testing::make_leader(1);
    leader.pod_group_name = "vllm-1-key-a";
    return leader;
}

json::Document body_of(const TestSet& live, const TestSet& old) {
    const k8s::Pod leader = ganged_leader();
    const auto action = plan_pod_group({&live.set, &old.set, old.object(), &leader, std::nullopt});
    return json::parse(action.value().body).value();
}

std::string min_resources(const TestSet& old) {
    return json::to_text(body_of(make_set(), old).root()["spec"]["minResources"]);
}

}  // namespace

TEST_CASE("the PodGroup of a plain group is known byte for byte", "[groups][gang]") {
    const TestSet live = make_set();
    const TestSet old = revision_of_size(3);
    const k8s::Pod leader = ganged_leader();
    const auto action = plan_pod_group({&live.set, &old.set, old.object(), &leader, std::nullopt});
    REQUIRE(action.has_value());
    CHECK(action->kind == ActionKind::create_pod_group);
    CHECK(action->key == k8s::ObjectKey{"ml", "vllm-1-key-a"});
    CHECK(
        action->body ==
        R"({"apiVersion":"scheduling.volcano.sh/v1beta1","kind":"PodGroup","metadata":{)"
        R"("name":"vllm-1-key-a","namespace":"ml","labels":{)"
        R"("leaderworkerset.sigs.k8s.io/name":"vllm","leaderworkerset.sigs.k8s.io/group-index":"1",)"
        R"("leaderworkerset.sigs.k8s.io/template-revision-hash":"key-a"},)"
        R"("ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"vllm-1","uid":"leader-1",)"
        R"("controller":true,"blockOwnerDeletion":true}]},"spec":{"minMember":3,)"
        R"("minResources":{"cpu":"3","memory":"3Gi"}}})"
    );
    REQUIRE(action->on_failure);
    CHECK(action->on_failure->type == EventType::warning);
    CHECK(action->on_failure->reason == "FailedCreate");
    CHECK(action->on_failure->related->name == "vllm-1");
    CHECK(
        with_error(*action->on_failure, "no").note ==
        "Failed to create PodGroup for leader pod vllm-1: no"
    );
}

TEST_CASE("size and requests of a PodGroup are those of the leader's revision", "[groups][gang]") {
    const TestSet live = make_set("'replicas':2", "'size':9");
    CHECK(body_of(live, revision_of_size(2)).root()["spec"]["minMember"].int64() == 2);
    CHECK(min_resources(revision_of_size(1)) == R"({"cpu":"1","memory":"1Gi"})");
    const TestSet of_both = revision(
        "'size':3,'leaderTemplate':{'spec':{'containers':[{'resources':{'requests':"
        "{'nvidia.com/gpu':'1'}}}]}},'workerTemplate':{'spec':" +
        kContainer + "}"
    );
    CHECK(min_resources(of_both) == R"({"cpu":"2","memory":"2Gi","nvidia.com/gpu":"1"})");
}

TEST_CASE("with LeaderReady a PodGroup waits for the leader alone", "[groups][gang]") {
    const json::Document body =
        body_of(make_set("'startupPolicy':'LeaderReady'"), revision_of_size(4));
    CHECK(body.root()["spec"]["minMember"].int64() == 1);
    CHECK(body.root()["spec"]["minResources"]["cpu"].string() == "4");
}

TEST_CASE("a PodGroup takes queue and annotations of Volcano from the set", "[groups][gang]") {
    const TestSet live = make_set(
        "'replicas':2",
        "'size':2",
        ",'annotations':{'scheduling.volcano.sh/queue-name':'gpus','volcano.sh/preemptable':'true',"
        "'team':'a'}"
    );
    const json::Document body = body_of(live, revision_of_size(2));
    CHECK(body.root()["spec"]["queue"].string() == "gpus");
    CHECK(
        json::to_text(body.root()["metadata"]["annotations"]) ==
        R"({"volcano.sh/preemptable":"true"})"
    );
    const json::Document plain = body_of(make_set(), revision_of_size(2));
    CHECK_FALSE(plain.root()["spec"]["queue"].exists());
    CHECK_FALSE(plain.root()["metadata"]["annotations"].exists());
}

TEST_CASE("a PodGroup of requests that are no quantities is not made", "[groups][gang]") {
    const TestSet live = make_set();
    const std::string bad = "{'containers':[{'resources':{'requests':{'cpu':'x'}}}]}";
    const std::string templates = GENERATE_COPY(
        "'workerTemplate':{'spec':" + bad + "}",
        "'leaderTemplate':{'spec':" + bad + "},'workerTemplate':{'spec':" + kContainer + "}"
    );
    const TestSet old = revision("'size':2," + templates);
    const k8s::Pod leader = ganged_leader();
    const auto action = plan_pod_group({&live.set, &old.set, old.object(), &leader, std::nullopt});
    REQUIRE(action.has_error());
    CHECK_THAT(action.error().message, Catch::StartsWith("PodGroup vllm-1-key-a: resource cpu: "));
}
