// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <unordered_set>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/k8s/controller_revision.hpp"
#include "pkg/lws/k8s/owned_object.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
#include "pkg/lws/k8s/status.hpp"

using namespace lws;
using namespace lws::k8s;

namespace {

json::Document parse(std::string text) {
    for (char& c : text) {
        c = c == '\'' ? '"' : c;
    }
    return json::parse(std::move(text)).value();
}

const std::string kPrefix = "leaderworkerset.sigs.k8s.io/";

Pod pod_with(const std::string& spec, const std::string& status) {
    const json::Document document =
        parse("{'metadata':{'name':'p'},'spec':" + spec + ",'status':" + status + "}");
    return read_pod(document.root()).value();
}

}  // namespace

TEST_CASE("object keys order and hash by both parts", "[k8s]") {
    CHECK(ObjectKey{"a", "z"} < ObjectKey{"b", "a"});
    CHECK(ObjectKey{"a", "a"} < ObjectKey{"a", "b"});
    const std::unordered_set<ObjectKey> keys{{"a", "b"}, {"b", "a"}, {"a", "b"}};
    CHECK(keys.size() == 2);
    CHECK(to_text(ObjectKey{"a", "b"}) == "a/b");
}

TEST_CASE("a pod is read with all that is decided on", "[k8s]") {
    const json::Document document = parse(
        "{'metadata':{'namespace':'ml','name':'vllm-0','uid':'u','resourceVersion':'7',"
        "'creationTimestamp':'2026-01-02T03:04:05Z','deletionTimestamp':'2026-01-02T03:04:35Z',"
        "'deletionGracePeriodSeconds':7,'labels':{'" +
        kPrefix + "name':'vllm','" + kPrefix + "group-index':'0','" + kPrefix +
        "worker-index':'0','" + kPrefix + "template-revision-hash':'key','" + kPrefix +
        "group-key':'gk'},'annotations':{'" + kPrefix + "size':'4','" + kPrefix +
        "leader-name':'l','" + kPrefix +
        "subdomainPolicy':'UniquePerReplica',"
        "'scheduling.k8s.io/group-name':'pg'},'ownerReferences':[{'kind':'X','name':'x','uid':'x'},"
        "{'kind':'StatefulSet','name':'vllm','uid':'s','controller':true}]},"
        "'spec':{'nodeName':'n','terminationGracePeriodSeconds':90},'status':{'phase':'Running',"
        "'conditions':[{'type':'Initialized','status':'False'},{'type':'Ready','status':'True',"
        "'lastTransitionTime':'2026-01-02T03:04:11Z'}]}}"
    );
    const Pod pod = read_pod(document.root()).value();
    CHECK(pod.key == ObjectKey{"ml", "vllm-0"});
    CHECK(pod.uid == "u");
    CHECK(pod.controller == Owner{"StatefulSet", "vllm", "s"});
    CHECK(pod.set_name == "vllm");
    CHECK(pod.group_index == "0");
    CHECK(pod.is_leader());
    CHECK(pod.revision_key == "key");
    CHECK(pod.group_key == "gk");
    CHECK(pod.size == "4");
    CHECK(pod.leader_name == "l");
    CHECK(pod.unique_subdomain);
    CHECK(pod.pod_group_name == "pg");
    CHECK(pod.node_name == "n");
    CHECK(format_time(*pod.created) == "2026-01-02T03:04:05Z");
    CHECK(format_time(*pod.deletion_time) == "2026-01-02T03:04:35Z");
    CHECK(pod.is_deleting());
    CHECK(pod.is_running_and_ready());
    CHECK(format_time(*pod.ready_changed) == "2026-01-02T03:04:11Z");
    CHECK(pod.grace_seconds == 90);
    CHECK(pod.deletion_grace == 7);
    CHECK_FALSE(pod.restarted);
    CHECK(reference_to(pod) == ObjectReference{"v1", "Pod", "ml", "vllm-0", "u", "7"});
}

TEST_CASE("only worker index 0 is a leader", "[k8s]") {
    for (const std::string index : {"00", "1", "", "x"}) {
        const json::Document document = parse(
            "{'metadata':{'name':'p','labels':{'" + kPrefix + "worker-index':'" + index + "','" +
            kPrefix + "group-key':'gk'}}}"
        );
        const Pod pod = read_pod(document.root()).value();
        CHECK_FALSE(pod.is_leader());
        CHECK(pod.worker_index == index);
        CHECK(pod.group_key.empty());
    }
    CHECK_FALSE(pod_with("{}", "{}").worker_index);
}

TEST_CASE("restarts are read from containers and init containers", "[k8s]") {
    const std::string sidecar =
        "{'initContainers':[{'name':'s','restartPolicy':'Always'},{'name':'i'}]}";
    CHECK_FALSE(pod_with("{}", "{'containerStatuses':[{'restartCount':0}]}").restarted);
    const Pod container =
        pod_with("{}", "{'containerStatuses':[{'restartCount':0},{'restartCount':2}]}");
    CHECK(container.restarted);
    CHECK(container.restarted_beyond_sidecars);
    const Pod native =
        pod_with(sidecar, "{'initContainerStatuses':[{'name':'s','restartCount':1}]}");
    CHECK(native.restarted);
    CHECK_FALSE(native.restarted_beyond_sidecars);
    const Pod init = pod_with(sidecar, "{'initContainerStatuses':[{'name':'i','restartCount':1}]}");
    CHECK(init.restarted);
    CHECK(init.restarted_beyond_sidecars);
    CHECK_FALSE(pod_with("{}", "{'ephemeralContainerStatuses':[{'restartCount':1}]}").restarted);
}

TEST_CASE("a pod asks for TPUs by a limit or request that is not zero", "[k8s]") {
    struct Case {
        const char* resources;
        bool want;
    };
    const auto c = GENERATE(values<Case>({
        {"{'limits':{'google.com/tpu':'4'}}", true},
        {"{'limits':{'google.com/tpu':4}}", true},
        {"{'requests':{'google.com/tpu':'1k'}}", true},
        {"{'limits':{'google.com/tpu':'0'},'requests':{'google.com/tpu':'2'}}", true},
        {"{'limits':{'google.com/tpu':'0e5'}}", false},
        {"{'limits':{'google.com/tpu':'0'}}", false},
        {"{'limits':{'google.com/tpu':0}}", false},
        {"{'limits':{'nvidia.com/gpu':'8'}}", false},
        {"{}", false},
    }));
    DYNAMIC_SECTION(c.resources) {
        const std::string list =
            std::string("[{'resources':{}},{'resources':") + c.resources + "}]";
        CHECK(pod_with("{'containers':" + list + "}", "{}").requests_tpus == c.want);
        CHECK(pod_with("{'initContainers':" + list + "}", "{}").requests_tpus == c.want);
    }
}

TEST_CASE("a StatefulSet is read with all that is decided on", "[k8s]") {
    const json::Document document = parse(
        "{'metadata':{'namespace':'ml','name':'vllm','uid':'u','resourceVersion':'9',"
        "'generation':4,'labels':{'" +
        kPrefix + "name':'vllm','" + kPrefix + "template-revision-hash':'key'},'annotations':{'" +
        kPrefix + "replicas':'3','" + kPrefix + "group-memory':'1;x','" + kPrefix +
        "pod-termination-policy':'Parallel'},'ownerReferences':[{'kind':'LeaderWorkerSet','name':"
        "'vllm','uid':'s',"
        "'controller':true}]},'spec':{'replicas':5,'selector':{'matchLabels':{'b':'2','a':'1'}},"
        "'updateStrategy':{'rollingUpdate':{'partition':2,'maxUnavailable':'10%'}}},"
        "'status':{'replicas':4,'readyReplicas':3,'availableReplicas':2,'observedGeneration':3,"
        "'currentRevision':'c','updateRevision':'d'}}"
    );
    const StatefulSet got = read_stateful_set(document.root()).value();
    CHECK(got.key == ObjectKey{"ml", "vllm"});
    CHECK(got.resource_version == "9");
    CHECK(got.generation == 4);
    CHECK(got.controller == Owner{"LeaderWorkerSet", "vllm", "s"});
    CHECK_FALSE(got.deleting);
    CHECK(got.set_name == "vllm");
    CHECK(got.revision_key == "key");
    CHECK(got.replicas_annotation == "3");
    CHECK(got.group_memory == "1;x");
    CHECK(got.parallel_termination);
    CHECK(got.replicas == 5);
    CHECK(got.partition == 2);
    CHECK(got.max_unavailable == "10%");
    CHECK(got.selector == "a=1,b=2");
    CHECK(got.status_replicas == 4);
    CHECK(got.ready_replicas == 3);
    CHECK(got.available_replicas == 2);
    CHECK(got.observed_generation == 3);
    CHECK_FALSE(got.is_ready());
}

TEST_CASE("a StatefulSet is ready when all are available at one revision", "[k8s]") {
    StatefulSet workers;
    workers.replicas = 2;
    workers.available_replicas = 2;
    workers.current_revision = workers.update_revision = "r";
    CHECK(workers.is_ready());
    workers.update_revision = "s";
    CHECK_FALSE(workers.is_ready());
    workers.update_revision = "r";
    workers.available_replicas = 1;
    CHECK_FALSE(workers.is_ready());
}

TEST_CASE("a fingerprint follows metadata and generation, not status", "[k8s]") {
    const auto read = [](const std::string& metadata, const std::string& rest) {
        const json::Document document =
            parse("{'metadata':{'name':'s'" + metadata + "}" + rest + "}");
        return read_stateful_set(document.root()).value().fingerprint;
    };
    const auto base = read(",'generation':1,'labels':{'a':'b'}", "");
    CHECK(
        read(
            ",'generation':1,'labels':{'a':'b'},'resourceVersion':'9'", ",'status':{'replicas':3}"
        ) == base
    );
    CHECK(read(",'generation':2,'labels':{'a':'b'}", "") != base);
    CHECK(read(",'generation':1,'labels':{'a':'c'}", "") != base);
    CHECK(read(",'generation':1,'labels':{'a':'b'},'annotations':{'x':'y'}", "") != base);
    CHECK(read(",'generation':1,'labels':{'a':'b'},'ownerReferences':[{'uid':'u'}]", "") != base);
}

TEST_CASE("selectors are told apart by labels and expressions", "[k8s]") {
    const json::Document plain = parse("{'matchLabels':{'b':'2','a':'1'}}");
    const json::Document more =
        parse("{'matchLabels':{'a':'1','b':'2'},'matchExpressions':[{'key':'c'}]}");
    CHECK(selector_text(plain.root()) == "a=1,b=2");
    CHECK(selector_text(more.root()) != selector_text(plain.root()));
    CHECK(selector_text(json::View()).empty());
}

TEST_CASE("Services and revisions are read", "[k8s]") {
    const json::Document service = parse(
        "{'metadata':{'namespace':'ml','name':'s','uid':'u','deletionTimestamp':'x','labels':{'" +
        kPrefix +
        "name':'vllm'},'ownerReferences':[{'kind':'Pod','name':'p','uid':'o',"
        "'controller':true}]}}"
    );
    const Service got = read_owned_object(service.root()).value();
    CHECK(got.set_name == "vllm");
    CHECK(got.controller == Owner{"Pod", "p", "o"});
    CHECK(got.deleting);

    const json::Document document = parse(
        "{'metadata':{'namespace':'ml','name':'r','uid':'u','labels':{'" + kPrefix +
        "name':'vllm','" + kPrefix +
        "template-revision-hash':'key'}},'revision':12,"
        "'data':{'spec':{'z':1,'a':[null]}}}"
    );
    const ControllerRevision revision = read_controller_revision(document.root()).value();
    CHECK(revision.revision == 12);
    CHECK(revision.revision_key == "key");
    CHECK(revision.set_name == "vllm");
    CHECK(revision.data == R"({"spec":{"z":1,"a":[null]}})");
    CHECK_FALSE(revision.controller);
    CHECK(reference_to(revision).kind == "ControllerRevision");
}

TEST_CASE("only the controller among the owners of an object owns it", "[k8s]") {
    const json::Document document = parse(
        "{'metadata':{'namespace':'ml','name':'r','ownerReferences':["
        "{'kind':'A','name':'a','uid':'x'},{'kind':'B','name':'b','uid':'y','controller':true}]}}"
    );
    CHECK(read_controller_revision(document.root())->controller == Owner{"B", "b", "y"});
}

TEST_CASE("readers are total on any object", "[k8s]") {
    const auto text = GENERATE(values<std::string>({
        "null",
        "[]",
        "'x'",
        "{}",
        "{'metadata':7}",
        "{'metadata':{'name':7}}",
        "{'metadata':{'name':''}}",
    }));
    DYNAMIC_SECTION(text) {
        const json::Document document = parse(text);
        CHECK_FALSE(read_pod(document.root()).has_value());
        CHECK_FALSE(read_stateful_set(document.root()).has_value());
        CHECK_FALSE(read_owned_object(document.root()).has_value());
        CHECK(read_controller_revision(document.root()).error().code == ErrorCode::invalid_input);
    }
}

TEST_CASE("odd members of an object are read as absent", "[k8s]") {
    const json::Document document = parse(
        "{'metadata':{'name':'x','labels':[1],'annotations':'a','ownerReferences':{'a':1},"
        "'deletionTimestamp':'yesterday','generation':'4'},'spec':{'replicas':99999999999,"
        "'containers':{'a':1},'updateStrategy':[]},'status':{'conditions':[7],'phase':3,"
        "'containerStatuses':['x'],'replicas':-99999999999}}"
    );
    const Pod pod = read_pod(document.root()).value();
    CHECK(pod.phase == PodPhase::unknown);
    CHECK(pod.is_deleting());
    CHECK_FALSE(pod.worker_index);
    const StatefulSet stateful_set = read_stateful_set(document.root()).value();
    CHECK(stateful_set.replicas == 1);
    CHECK(stateful_set.status_replicas == 0);
    CHECK(stateful_set.partition == 0);
    CHECK(stateful_set.deleting);
}

TEST_CASE("times are read and written as RFC 3339", "[k8s]") {
    CHECK(format_time(*parse_time("2026-01-02T03:04:05Z")) == "2026-01-02T03:04:05Z");
    CHECK(format_time(*parse_time("2026-01-02T03:04:05.999Z")) == "2026-01-02T03:04:05Z");
    CHECK(format_time(*parse_time("2026-01-02T03:04:05+02:00")) == "2026-01-02T01:04:05Z");
    CHECK(format_time(*parse_time("2024-02-29T00:00:00-00:30")) == "2024-02-29T00:30:00Z");
    for (const char* bad :
         {"",
          "2026",
          "2026-13-01T00:00:00Z",
          "2026-02-30T00:00:00Z",
          "2026-01-02T24:00:00Z",
          "2026-01-02T00:00:00",
          "2026-01-02 00:00:00Z",
          "2026-01-02T00:00:00Zx",
          "2026-01-02T00:00:00+1:00"}) {
        CHECK_FALSE(parse_time(bad));
    }
}

TEST_CASE("answers of the API server become errors that say what can be done", "[k8s]") {
    struct Case {
        int http;
        const char* reason;
        ErrorCode want;
    };
    const auto c = GENERATE(values<Case>({
        {400, "BadRequest", ErrorCode::invalid_input},
        {401, "Unauthorized", ErrorCode::unauthorized},
        {403, "Forbidden", ErrorCode::forbidden},
        {404, "NotFound", ErrorCode::not_found},
        {405, "MethodNotAllowed", ErrorCode::invalid_input},
        {409, "AlreadyExists", ErrorCode::already_exists},
        {409, "Conflict", ErrorCode::conflict},
        {409, "", ErrorCode::conflict},
        {410, "Gone", ErrorCode::gone},
        {410, "Expired", ErrorCode::gone},
        {413, "RequestEntityTooLarge", ErrorCode::too_large},
        {422, "Invalid", ErrorCode::unprocessable},
        {429, "TooManyRequests", ErrorCode::too_many_requests},
        {408, "", ErrorCode::timeout},
        {500, "InternalError", ErrorCode::unavailable},
        {503, "ServiceUnavailable", ErrorCode::unavailable},
        {302, "", ErrorCode::internal},
    }));
    DYNAMIC_SECTION(c.http << " " << c.reason) {
        const json::Document body =
            parse(std::string("{'kind':'Status','reason':'") + c.reason + "','message':'why'}");
        CHECK(error_from_response(c.http, body.root()) == Error{c.want, "why"});
    }
    CHECK(error_from_response(502, json::View()).message == "HTTP status 502");
}

TEST_CASE("a Status tells when to come back", "[k8s]") {
    const json::Document body =
        parse("{'code':429,'reason':'TooManyRequests','details':{'retryAfterSeconds':3}}");
    const Status status = read_status(body.root());
    CHECK(status.code == 429);
    CHECK(status.reason == "TooManyRequests");
    CHECK(status.retry_after == std::chrono::seconds(3));
    const json::Document odd = parse("{'code':-1,'details':{'retryAfterSeconds':999999999999}}");
    CHECK(read_status(odd.root()).code == 0);
    CHECK_FALSE(read_status(odd.root()).retry_after);
    CHECK(read_status(json::View()).message.empty());
}
