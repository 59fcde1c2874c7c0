// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/leader_stateful_set.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::make_set;
using lws::rules::testing::TestSet;

namespace {

LeaderStatefulSetInput input_of(const TestSet& set) {
    LeaderStatefulSetInput input;
    input.set = &set.set;
    input.set_object = set.object();
    input.revision_key = "key-a";
    input.partition = 1;
    input.replicas = 3;
    return input;
}

json::Document body_of(const TestSet& set) {
    return json::parse(make_leader_stateful_set(input_of(set)).body).value();
}

TestSet with_template(const std::string& pod_template) {
    return make_set("'replicas':2", "'size':4,'leaderTemplate':" + pod_template);
}

std::string text(json::View view) {
    return json::to_text(view);
}

}  // namespace

TEST_CASE("the apply of a plain set is known byte for byte", "[groups][leader]") {
    const TestSet set = make_set();
    CHECK(
        make_leader_stateful_set(input_of(set)).body ==
        R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"vllm","namespace":"ml",)"
        R"("labels":{"leaderworkerset.sigs.k8s.io/name":"vllm",)"
        R"("leaderworkerset.sigs.k8s.io/template-revision-hash":"key-a"},)"
        R"("annotations":{"leaderworkerset.sigs.k8s.io/replicas":"2"},)"
        R"("ownerReferences":[{"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet",)"
        R"("name":"vllm","uid":"set-uid","controller":true,"blockOwnerDeletion":true}]},)"
        R"("spec":{"replicas":3,"serviceName":"vllm","podManagementPolicy":"Parallel",)"
        R"("selector":{"matchLabels":{"leaderworkerset.sigs.k8s.io/name":"vllm",)"
        R"("leaderworkerset.sigs.k8s.io/worker-index":"0"}},)"
        R"("updateStrategy":{"type":"RollingUpdate",)"
        R"("rollingUpdate":{"partition":1,"maxUnavailable":1}},)"
        R"("template":{"metadata":{"labels":{"leaderworkerset.sigs.k8s.io/name":"vllm",)"
        R"("leaderworkerset.sigs.k8s.io/template-revision-hash":"key-a",)"
        R"("leaderworkerset.sigs.k8s.io/worker-index":"0"},)"
        R"("annotations":{"leaderworkerset.sigs.k8s.io/size":"2"}},)"
        R"("spec":{"containers":[{"name":"w","image":"worker"}]}}}})"
    );
}

TEST_CASE("an apply names the object it was planned on", "[groups][leader]") {
    const TestSet set = make_set();
    LeaderStatefulSetInput input = input_of(set);
    const DesiredObject creation = make_leader_stateful_set(input);
    input.uid = "sts-uid";
    input.resource_version = "200";
    const DesiredObject update = make_leader_stateful_set(input);
    const json::Document body = json::parse(update.body).value();
    CHECK(body.root()["metadata"]["uid"].string() == "sts-uid");
    CHECK(body.root()["metadata"]["resourceVersion"].string() == "200");
    CHECK(update.hash == creation.hash);
    input.partition = 0;
    CHECK(make_leader_stateful_set(input).hash != update.hash);
}

TEST_CASE("the leader's template wins over the worker's", "[groups][leader]") {
    const auto container = [](const TestSet& set) {
        const json::Document body = body_of(set);
        return text(body.root()["spec"]["template"]["spec"]["containers"].at(0)["name"]);
    };
    CHECK(
        container(with_template("{'spec':{'containers':[{'name':'l','image':'leader'}]}}")) ==
        R"("l")"
    );
    CHECK(container(make_set()) == R"("w")");
}

TEST_CASE("our labels and annotations lie over the user's in the template", "[groups][leader]") {
    const json::Document body = body_of(with_template(
        "{'metadata':{'creationTimestamp':null,'name':'x','labels':{'role':'leader',"
        "'leaderworkerset.sigs.k8s.io/worker-index':'7','leaderworkerset.sigs.k8s.io/name':'no'},"
        "'annotations':{'a':'b','leaderworkerset.sigs.k8s.io/size':'9'}},'spec':{}}"
    ));
    const json::View metadata = body.root()["spec"]["template"]["metadata"];
    CHECK(metadata["labels"]["role"].string() == "leader");
    CHECK(metadata["labels"][api::kWorkerIndexLabel].string() == "0");
    CHECK(metadata["labels"][api::kSetNameLabel].string() == "vllm");
    CHECK(metadata["annotations"]["a"].string() == "b");
    CHECK(metadata["annotations"][api::kSizeAnnotation].string() == "4");
    CHECK(metadata["name"].string() == "x");
    CHECK_FALSE(metadata["creationTimestamp"].exists());
}

TEST_CASE("fields of a template that nobody knows here are carried", "[groups][leader]") {
    const json::Document body =
        body_of(with_template("{'future':[1,{'a':null}],'metadata':{'finalizers':['f']},"
                              "'spec':{'hostUsers':false,'new':{'deep':[1.5,'x']}}}"));
    const json::View pod_template = body.root()["spec"]["template"];
    CHECK(text(pod_template["future"]) == R"([1,{"a":null}])");
    CHECK(text(pod_template["metadata"]["finalizers"]) == R"(["f"])");
    CHECK(text(pod_template["spec"]) == R"({"hostUsers":false,"new":{"deep":[1.5,"x"]}})");
}

TEST_CASE("leader pods carry the annotations that the set asks for", "[groups][leader]") {
    const TestSet set = make_set(
        "'networkConfig':{'subdomainPolicy':'UniquePerReplica'}",
        "'size':4,'subGroupPolicy':{'subGroupPolicyType':'LeaderExcluded','subGroupSize':2}",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/exclusive-topology':'rack',"
        "'leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology':'slice'}"
    );
    const json::Document body = body_of(set);
    CHECK(
        text(body.root()["spec"]["template"]["metadata"]["annotations"]) ==
        R"({"leaderworkerset.sigs.k8s.io/exclusive-topology":"rack",)"
        R"("leaderworkerset.sigs.k8s.io/size":"4",)"
        R"("leaderworkerset.sigs.k8s.io/subdomainPolicy":"UniquePerReplica",)"
        R"("leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology":"slice",)"
        R"("leaderworkerset.sigs.k8s.io/subgroup-policy-type":"LeaderExcluded",)"
        R"("leaderworkerset.sigs.k8s.io/subgroup-size":"2"})"
    );
    CHECK(body.root()["spec"]["serviceName"].string() == "vllm");
}

TEST_CASE(
    "empty topology annotations and those without subgroups are left out", "[groups][leader]"
) {
    const TestSet set = make_set(
        "'replicas':2",
        "'size':2",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/exclusive-topology':'',"
        "'leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology':'slice'}"
    );
    const json::Document body = body_of(set);
    CHECK(
        text(body.root()["spec"]["template"]["metadata"]["annotations"]) ==
        R"({"leaderworkerset.sigs.k8s.io/size":"2"})"
    );

    const TestSet empty = make_set(
        "'replicas':2",
        "'size':4,'subGroupPolicy':{'subGroupSize':2}",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology':''}"
    );
    CHECK(
        text(body_of(empty).root()["spec"]["template"]["metadata"]["annotations"]) ==
        R"({"leaderworkerset.sigs.k8s.io/size":"4","leaderworkerset.sigs.k8s.io/subgroup-size":"2"})"
    );
}

TEST_CASE(
    "the set's labels and annotations go to the StatefulSet, ours on top", "[groups][leader]"
) {
    const TestSet set = make_set(
        "'replicas':2",
        "'size':2",
        ",'labels':{'team':'a','leaderworkerset.sigs.k8s.io/name':'other'},'annotations':{"
        "'kubectl.kubernetes.io/last-applied-configuration':'{}',"
        "'leaderworkerset.sigs.k8s.io/replicas':'77'}"
    );
    const json::Document body = body_of(set);
    const json::View metadata = body.root()["metadata"];
    CHECK(metadata["labels"]["team"].string() == "a");
    CHECK(metadata["labels"][api::kSetNameLabel].string() == "vllm");
    CHECK(metadata["labels"][api::kRevisionKeyLabel].string() == "key-a");
    CHECK(metadata["annotations"][api::kReplicasAnnotation].string() == "2");
    CHECK(
        metadata["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].string() == "{}"
    );
    CHECK_FALSE(body.root()["spec"]["template"]["metadata"]["labels"]["team"].exists());
}

TEST_CASE(
    "the StatefulSet's own budget is unavailable plus surge, at least one", "[groups][leader]"
) {
    struct Case {
        const char* name;
        const char* spec;
        int want;
    };
    const auto c = GENERATE(values<Case>({
        {"defaults", "'replicas':4", 1},
        {"numbers",
         "'replicas':4,'rolloutStrategy':{'type':'RollingUpdate',"
         "'rollingUpdateConfiguration':{'maxUnavailable':2,'maxSurge':1}}",
         3},
        {"surge is capped at replicas",
         "'replicas':2,'rolloutStrategy':{'type':'RollingUpdate',"
         "'rollingUpdateConfiguration':{'maxUnavailable':0,"
         "'maxSurge':9}}",
         2},
        {"percent: down for unavailable, up for surge",
         "'replicas':10,'rolloutStrategy':{'type':'RollingUpdate','rollingUpdateConfiguration':"
         "{'maxUnavailable':'25%','maxSurge':'25%'}}",
         5},
        {"never below one",
         "'replicas':0,'rolloutStrategy':{'type':'RollingUpdate',"
         "'rollingUpdateConfiguration':{'maxUnavailable':'10%','maxSurge':3}}",
         1},
    }));
    DYNAMIC_SECTION(c.name) {
        const json::Document body = body_of(make_set(c.spec));
        const json::View rolling = body.root()["spec"]["updateStrategy"]["rollingUpdate"];
        CHECK(rolling["maxUnavailable"].int64() == c.want);
        CHECK(rolling["partition"].int64() == 1);
    }
}

TEST_CASE("claim templates hold exactly what the API server compares", "[groups][leader]") {
    const TestSet set = make_set(
        "'replicas':2",
        "'size':2,'persistentVolumeClaimRetentionPolicy':{'whenDeleted':'Delete',"
        "'whenScaled':'Retain'},'volumeClaimTemplates':[{'metadata':{'name':'data','labels':"
        "{'a':'b'}},'spec':{'accessModes':['ReadWriteOnce'],'storageClassName':'fast',"
        "'volumeMode':'Block','volumeName':'no','selector':{},'dataSource':{'kind':'x','name':'y'},"
        "'resources':{'requests':{'storage':'1Gi'},'limits':{'storage':'2Gi'}}}},"
        "{'metadata':{'name':'bare'},'spec':{'resources':{}}}]"
    );
    const json::Document body = body_of(set);
    CHECK(
        text(body.root()["spec"]["volumeClaimTemplates"]) ==
        R"([{"apiVersion":"v1","kind":"PersistentVolumeClaim",)"
        R"("metadata":{"name":"data","namespace":"ml"},)"
        R"("spec":{"accessModes":["ReadWriteOnce"],"resources":{"limits":{"storage":"2Gi"},)"
        R"("requests":{"storage":"1Gi"}},"storageClassName":"fast","volumeMode":"Block"}},)"
        R"({"apiVersion":"v1","kind":"PersistentVolumeClaim",)"
        R"("metadata":{"name":"bare","namespace":"ml"},"spec":{}}])"
    );
    CHECK(
        text(body.root()["spec"]["persistentVolumeClaimRetentionPolicy"]) ==
        R"({"whenDeleted":"Delete","whenScaled":"Retain"})"
    );
}

TEST_CASE("a set that was never defaulted gets a StatefulSet all the same", "[groups][leader]") {
    const TestSet set("{'metadata':{'name':'bare','namespace':'ml','uid':'u'}}");
    const json::Document body = body_of(set);
    CHECK(body.root()["spec"]["updateStrategy"]["type"].string() == "RollingUpdate");
    CHECK(body.root()["metadata"]["annotations"][api::kReplicasAnnotation].string() == "1");
}
