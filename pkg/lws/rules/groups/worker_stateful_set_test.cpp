// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/worker_stateful_set.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/admission/group_key.hpp"
#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::make_leader;
using lws::rules::testing::make_set;
using lws::rules::testing::TestSet;

namespace {

// What a ControllerRevision stores.
TestSet revision(const std::string& group, const std::string& network = "'Shared'") {
    return TestSet(
        "{'spec':{'leaderWorkerTemplate':{'$patch':'replace'," + group +
        "},'networkConfig':{'$patch':'replace','subdomainPolicy':" + network + "}}}"
    );
}

std::string plain_group(int size) {
    return "'size':" + std::to_string(size) +
           ",'workerTemplate':{'metadata':{'labels':{'role':'worker'}},'spec':{'containers':"
           "[{'name':'old'}],'nodeSelector':{'gpu':'h100','rack':'r9'},'new':1}}";
}

json::Document body_of(
    const TestSet& live,
    const TestSet& old,
    const k8s::Pod& leader,
    std::optional<TopologyPin> pin = std::nullopt
) {
    return json::parse(make_worker_stateful_set({&live.set, &old.set, old.object(), &leader, pin}))
        .value();
}

std::string text(json::View view) {
    return json::to_text(view);
}

}  // namespace

TEST_CASE("the worker StatefulSet of a plain group is known byte for byte", "[groups][worker]") {
    const TestSet live = make_set("'replicas':2", "'size':9", ",'labels':{'team':'a'}");
    const TestSet old =
        revision("'size':3,'workerTemplate':{'spec':{'containers':[{'name':'w'}]}}");
    const k8s::Pod leader = make_leader(1);
    CHECK(
        make_worker_stateful_set({&live.set, &old.set, old.object(), &leader, std::nullopt}) ==
        R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"vllm-1",)"
        R"("namespace":"ml","labels":{"leaderworkerset.sigs.k8s.io/group-index":"1",)"
        R"("leaderworkerset.sigs.k8s.io/group-key":"group-key-1",)"
        R"("leaderworkerset.sigs.k8s.io/name":"vllm",)"
        R"("leaderworkerset.sigs.k8s.io/template-revision-hash":"key-a","team":"a"},)"
        R"("ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"vllm-1","uid":"leader-1",)"
        R"("controller":true,"blockOwnerDeletion":true}]},)"
        R"("spec":{"replicas":2,"serviceName":"vllm","podManagementPolicy":"Parallel",)"
        R"("ordinals":{"start":1},"selector":{"matchLabels":{)"
        R"("leaderworkerset.sigs.k8s.io/group-index":"1",)"
        R"("leaderworkerset.sigs.k8s.io/group-key":"group-key-1",)"
        R"("leaderworkerset.sigs.k8s.io/name":"vllm"}},)"
        R"("template":{"metadata":{"labels":{"leaderworkerset.sigs.k8s.io/group-index":"1",)"
        R"("leaderworkerset.sigs.k8s.io/group-key":"group-key-1",)"
        R"("leaderworkerset.sigs.k8s.io/name":"vllm",)"
        R"("leaderworkerset.sigs.k8s.io/template-revision-hash":"key-a"},)"
        R"("annotations":{"leaderworkerset.sigs.k8s.io/leader-name":"vllm-1",)"
        R"("leaderworkerset.sigs.k8s.io/size":"3"}},"spec":{"containers":[{"name":"w"}]}}}})"
    );
}

TEST_CASE("an old group made again keeps the form of its revision", "[groups][worker]") {
    const TestSet live = make_set(
        "'networkConfig':{'subdomainPolicy':'Shared'}",
        "'size':9,'subGroupPolicy':{'subGroupSize':9}"
    );
    const TestSet old = revision(
        plain_group(5) +
            ",'subGroupPolicy':{'subGroupPolicyType':'LeaderExcluded',"
            "'subGroupSize':2},'persistentVolumeClaimRetentionPolicy':"
            "{'whenDeleted':'Delete'},'volumeClaimTemplates':[{'metadata':"
            "{'name':'d'},'spec':{'accessModes':['ReadWriteMany']}}]",
        "'UniquePerReplica'"
    );
    const json::Document body = body_of(live, old, make_leader(0));
    const json::View spec = body.root()["spec"];
    CHECK(spec["replicas"].int64() == 4);
    CHECK(spec["serviceName"].string() == "vllm-0");
    CHECK(spec["template"]["spec"]["containers"].at(0)["name"].string() == "old");
    CHECK(spec["template"]["spec"]["new"].int64() == 1);
    CHECK(
        text(spec["template"]["metadata"]["annotations"]) ==
        R"({"leaderworkerset.sigs.k8s.io/leader-name":"vllm-0",)"
        R"("leaderworkerset.sigs.k8s.io/size":"5",)"
        R"("leaderworkerset.sigs.k8s.io/subgroup-policy-type":"LeaderExcluded",)"
        R"("leaderworkerset.sigs.k8s.io/subgroup-size":"2"})"
    );
    CHECK(
        text(spec["volumeClaimTemplates"]) ==
        R"([{"apiVersion":"v1","kind":"PersistentVolumeClaim",)"
        R"("metadata":{"name":"d","namespace":"ml"},"spec":{"accessModes":["ReadWriteMany"]}}])"
    );
    CHECK(text(spec["persistentVolumeClaimRetentionPolicy"]) == R"({"whenDeleted":"Delete"})");
    CHECK_FALSE(spec["updateStrategy"].exists());
}

TEST_CASE("a subgroup policy without a type leaves the type out", "[groups][worker]") {
    const TestSet old = revision(plain_group(4) + ",'subGroupPolicy':{'subGroupSize':2}");
    const json::Document body = body_of(make_set(), old, make_leader(0));
    const json::View annotations = body.root()["spec"]["template"]["metadata"]["annotations"];
    CHECK(annotations[api::kSubgroupSizeAnnotation].string() == "2");
    CHECK_FALSE(annotations[api::kSubgroupPolicyTypeAnnotation].exists());
}

TEST_CASE("exclusive annotations of workers are the live ones", "[groups][worker]") {
    const TestSet live = make_set(
        "'replicas':1",
        "'size':2",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/exclusive-topology':'rack',"
        "'leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology':'slice'}"
    );
    SECTION("with subgroups") {
        const TestSet old = revision(plain_group(4) + ",'subGroupPolicy':{'subGroupSize':2}");
        const json::Document body = body_of(live, old, make_leader(0));
        const json::View annotations = body.root()["spec"]["template"]["metadata"]["annotations"];
        CHECK(annotations[api::kExclusiveTopologyAnnotation].string() == "rack");
        CHECK(annotations[api::kSubgroupExclusiveTopologyAnnotation].string() == "slice");
        CHECK(
            body.root()["metadata"]["annotations"][api::kExclusiveTopologyAnnotation].string() ==
            "rack"
        );
    }
    SECTION("without subgroups") {
        const json::Document body = body_of(live, revision(plain_group(4)), make_leader(0));
        const json::View annotations = body.root()["spec"]["template"]["metadata"]["annotations"];
        CHECK_FALSE(annotations[api::kSubgroupExclusiveTopologyAnnotation].exists());
    }
}

TEST_CASE("workers learn that their leader asks for TPUs", "[groups][worker]") {
    k8s::Pod leader = make_leader(0);
    leader.requests_tpus = true;
    const json::Document body = body_of(make_set(), revision(plain_group(2)), leader);
    CHECK(
        body.root(
        )["spec"]["template"]["metadata"]["annotations"][api::kLeaderRequestsTpusAnnotation]
            .string() == "true"
    );
}

TEST_CASE("a pinned topology lies over the template's node selector", "[groups][worker]") {
    const json::Document body =
        body_of(make_set(), revision(plain_group(2)), make_leader(0), TopologyPin{"rack", "r1"});
    const json::View spec = body.root()["spec"]["template"]["spec"];
    CHECK(text(spec["nodeSelector"]) == R"({"gpu":"h100","rack":"r1"})");
    CHECK(spec["containers"].size() == 1);
}

TEST_CASE("a leader that no webhook labelled still gets workers of its own", "[groups][worker]") {
    k8s::Pod leader = make_leader(3);
    leader.group_index.clear();
    leader.group_key.clear();
    const json::Document body = body_of(make_set(), revision(plain_group(2)), leader);
    const json::View labels = body.root()["spec"]["selector"]["matchLabels"];
    CHECK(labels[api::kGroupIndexLabel].string() == "3");
    CHECK(labels[api::kGroupKeyLabel].string() == make_group_key("ml", "vllm-3"));
}
