// SPDX-License-Identifier: Apache-2.0
// What an event costs from the bytes of the watch to the woken keys, and what each object costs in
// memory, with 5,000 pods in the stores:
//   cmake --preset release && cmake --build --preset release --target store_bench
//   build/release/controller/store_bench
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "controller/cluster_state.hpp"
#include "pkg/lws/client/watch_decoder.hpp"

namespace lws::controller {
namespace {

constexpr int kPods = 5000;
constexpr int kGroupSize = 5;
constexpr int kGroups = kPods / kGroupSize;
constexpr int kGroupsOfSet = 4;

std::string uid_of(int number, char kind) {
    char text[40];
    (void)std::snprintf(text, sizeof text, "%c4b1a1c2-0000-4e5f-8a9b-%012d", kind, number);
    return text;
}

std::string metadata(
    const std::string& name, int number, char kind, int version, const std::string& more
) {
    return R"("metadata":{"namespace":"inference","name":")" + name + R"(","uid":")" +
           uid_of(number, kind) + R"(","resourceVersion":")" + std::to_string(version) +
           R"(","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z",)"
           R"("managedFields":[{"manager":"kube-controller-manager","operation":"Update",)"
           R"("apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":)" +
           R"({"f:metadata":{"f:labels":{".":{},"f:a":{},"f:b":{},"f:c":{}}},"f:spec":{"f:x":)"
           R"({"f:containers":{"k:{\"name\":\"main\"}":{".":{},"f:image":{},"f:name":{},)"
           R"("f:resources":{".":{},"f:limits":{},"f:requests":{}},"f:env":{}}}}}}}],)" +
           more + "}";
}

std::string owner(const char* api, const char* kind, const std::string& name, int number, char c) {
    return R"("ownerReferences":[{"apiVersion":")" + std::string(api) + R"(","kind":")" + kind +
           R"(","name":")" + name + R"(","uid":")" + uid_of(number, c) +
           R"(","controller":true,"blockOwnerDeletion":true}])";
}

std::string containers() {
    std::string env;
    for (int i = 0; i < 12; ++i) {
        env +=
            R"({"name":"SETTING_)" + std::to_string(i) + R"(","value":"/some/path/of/a/model"},)";
    }
    return R"([{"name":"main","image":"registry.example/team/vllm-openai:v0.9.1",)"
           R"("command":["sh","-c","ray start --address=$(LWS_LEADER_ADDRESS):6379 --block"],)"
           R"("env":[)" +
           env +
           R"({"name":"LWS_GROUP_SIZE","value":"5"}],)"
           R"("resources":{"limits":{"nvidia.com/gpu":"8","memory":"1124Gi","cpu":"96"},)"
           R"("requests":{"nvidia.com/gpu":"8","memory":"1124Gi","cpu":"96"}},)"
           R"("volumeMounts":[{"name":"shm","mountPath":"/dev/shm"},{"name":"kube-api-access",)"
           R"("readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],)"
           R"("terminationMessagePath":"/dev/termination-log","imagePullPolicy":"IfNotPresent"}])";
}

std::string set_name(int group) {
    return "deepseek-r1-" + std::to_string(group / kGroupsOfSet);
}
std::string leader_name(int group) {
    return set_name(group) + "-" + std::to_string(group % kGroupsOfSet);
}

std::string labels(int group, const std::string& more) {
    return R"("labels":{"leaderworkerset.sigs.k8s.io/name":")" + set_name(group) +
           R"(","leaderworkerset.sigs.k8s.io/group-index":")" +
           std::to_string(group % kGroupsOfSet) +
           R"(","leaderworkerset.sigs.k8s.io/group-key":"3c6e0b8a9c15224a8228b9a98ca1531dcb0ef2a4",)"
           R"("leaderworkerset.sigs.k8s.io/template-revision-hash":"5b7c9d8f64")" +
           more + "}";
}

std::string pod(int number, int version, bool ready) {
    const int group = number / kGroupSize;
    const int worker = number % kGroupSize;
    const std::string leader = leader_name(group);
    const std::string name = worker == 0 ? leader : leader + "-" + std::to_string(worker);
    const std::string more =
        labels(
            group,
            R"(,"leaderworkerset.sigs.k8s.io/worker-index":")" + std::to_string(worker) + "\""
        ) +
        R"(,"annotations":{"leaderworkerset.sigs.k8s.io/size":"5"},)" +
        owner("apps/v1", "StatefulSet", worker == 0 ? set_name(group) : leader, group, 's');
    const std::string status = ready ? "True" : "False";
    return R"({"kind":"Pod","apiVersion":"v1",)" + metadata(name, number, 'p', version, more) +
           R"(,"spec":{"volumes":[{"name":"shm","emptyDir":{"medium":"Memory"}}],"containers":)" +
           containers() +
           R"(,"restartPolicy":"Always","nodeName":"gpu-node-0123","tolerations":[{"key":)"
           R"("nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"}]},"status":{"phase":)"
           R"("Running","conditions":[{"type":"Initialized","status":"True"},{"type":"Ready",)"
           R"("status":")" +
           status +
           R"("},{"type":"PodScheduled","status":"True"}],"hostIP":"10.0.0.1","podIP":)"
           R"("10.1.2.3","containerStatuses":[{"name":"main","restartCount":0,"ready":true,)"
           R"("image":"registry.example/team/vllm-openai:v0.9.1","state":{"running":{"startedAt":)"
           R"("2026-01-01T00:00:00Z"}}}]}})";
}

std::string stateful_set(int group, int version, bool ready) {
    const std::string name = leader_name(group);
    return R"({"kind":"StatefulSet","apiVersion":"apps/v1",)" +
           metadata(
               name,
               group,
               's',
               version,
               labels(group, "") + "," + owner("v1", "Pod", name, group * kGroupSize, 'p')
           ) +
           R"(,"spec":{"replicas":4,"selector":{"matchLabels":{"a":"b"}},"template":{"spec":{)"
           R"("containers":)" +
           containers() + R"(}},"serviceName":"x"},"status":{"replicas":4,"readyReplicas":)" +
           (ready ? "4" : "3") +
           R"(,"currentRevision":"deepseek-r1-1-0-7d9c5c8b4","updateRevision":)"
           R"("deepseek-r1-1-0-7d9c5c8b4","availableReplicas":4,"observedGeneration":1}})";
}

std::string set(int number, int version, bool ready) {
    const std::string name = set_name(number * kGroupsOfSet);
    const std::string more =
        R"("labels":{"team":"inference"},"annotations":{"owner":"somebody@example.com"})";
    return R"({"kind":"LeaderWorkerSet","apiVersion":"leaderworkerset.x-k8s.io/v1",)" +
           metadata(name, number, 'l', version, more) +
           R"(,"spec":{"replicas":4,"startupPolicy":"LeaderCreated","networkConfig":{)"
           R"("subdomainPolicy":"Shared"},"rolloutStrategy":{"type":"RollingUpdate",)"
           R"("rollingUpdateConfiguration":{"partition":0,"maxUnavailable":1,"maxSurge":0}},)"
           R"("leaderWorkerTemplate":{"size":5,"restartPolicy":"RecreateGroupOnPodRestart",)"
           R"("leaderTemplate":{"spec":{"containers":)" +
           containers() + R"(}},"workerTemplate":{"spec":{"containers":)" + containers() +
           R"(}}}},"status":{"replicas":4,"readyReplicas":)" + (ready ? "4" : "3") +
           R"(,"updatedReplicas":4,"hpaPodSelector":"leaderworkerset.sigs.k8s.io/name=x",)"
           R"("conditions":[{"type":"Available","status":"True","reason":"AllGroupsReady",)"
           R"("message":"All replicas are ready","lastTransitionTime":"2026-01-01T00:00:00Z"}]}})";
}

using Make = std::string (*)(int, int, bool);

struct Kind {
    Make make;
    int count;
    client::WatchSink& (*sink)(ClusterState&);
};

const Kind kPodKind{pod, kPods, [](ClusterState& s) -> client::WatchSink& { return s.pods; }};
const Kind kStatefulSetKind{stateful_set, kGroups, [](ClusterState& s) -> client::WatchSink& {
                                return s.stateful_sets;
                            }};
const Kind kSetKind{set, kGroups / kGroupsOfSet, [](ClusterState& s) -> client::WatchSink& {
                        return s.sets;
                    }};

std::string line_of(const std::string& object) {
    return R"({"type":"MODIFIED","object":)" + object + "}\n";
}

// Bytes of one watch into a store, as a reflector hands them over.
void deliver(client::WatchDecoder& decoder, client::WatchSink& sink, std::string_view line) {
    decoder.feed(line);
    const auto event = decoder.next();
    if (!event || !*event) std::abort();
    sink.apply((*event)->object());
}

struct Filled {
    std::uint64_t wakes = 0;
    ClusterState state{[this](const QueueKey&) { ++wakes; }, make_null_logger()};

    void fill(const Kind& kind) {
        client::WatchDecoder decoder;
        for (int i = 0; i < kind.count; ++i) {
            deliver(decoder, kind.sink(state), line_of(kind.make(i, 1 + i, true)));
        }
    }
};

std::size_t heap_in_use() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

// A line whose resourceVersion, of nine digits, can be set.
class Line {
public:
    Line(const Kind& kind, int number, bool ready)
        : text_(line_of(kind.make(number, kPlaceholder, ready))),
          at_(text_.find(std::to_string(kPlaceholder))) {}

    std::string_view at_version(int version) {
        text_.replace(at_, kDigits, std::to_string(version));
        return text_;
    }

private:
    static constexpr int kPlaceholder = 987654321;
    static constexpr std::size_t kDigits = 9;
    std::string text_;
    std::size_t at_;
};

void event(benchmark::State& bench, const Kind& kind) {
    Filled filled;
    for (const Kind* each : {&kSetKind, &kStatefulSetKind, &kPodKind}) filled.fill(*each);
    filled.wakes = 0;
    std::vector<Line> lines;
    for (int i = 0; i < std::min(kind.count, 1000); ++i) {
        lines.emplace_back(kind, i, false);
        lines.emplace_back(kind, i, true);
    }
    client::WatchDecoder decoder;
    int version = 100'000'000;
    std::size_t bytes = 0;
    for (auto _ : bench) {
        Line& line = lines[static_cast<std::size_t>(version) % lines.size()];
        const std::string_view text = line.at_version(++version);
        deliver(decoder, kind.sink(filled.state), text);
        bytes += text.size();
    }
    const auto events = static_cast<double>(bench.iterations());
    bench.counters["bytes_of_json"] = static_cast<double>(bytes) / events;
    bench.counters["wakes"] = static_cast<double>(filled.wakes) / events;
}

void memory(benchmark::State& bench, const Kind& kind) {
    std::size_t used = 0;
    for (auto _ : bench) {
        const std::size_t before = heap_in_use();
        Filled filled;
        filled.fill(kind);
        used = heap_in_use() - before;
    }
    bench.counters["bytes_each"] = static_cast<double>(used) / kind.count;
}

// What a pass of one group looks at, among so many pods: must not depend on how many.
void look_at_group(benchmark::State& bench) {
    Filled filled;
    Kind some = kPodKind;
    some.count = static_cast<int>(bench.range(0));
    filled.fill(some);
    for (auto _ : bench) {
        benchmark::DoNotOptimize(filled.state.pods_of_group({"inference", leader_name(0)}));
        benchmark::DoNotOptimize(filled.state.leaders_of_set({"inference", set_name(0)}));
    }
}

BENCHMARK_CAPTURE(event, pod, kPodKind);
BENCHMARK_CAPTURE(event, stateful_set, kStatefulSetKind);
BENCHMARK_CAPTURE(event, set, kSetKind);
BENCHMARK_CAPTURE(memory, pod, kPodKind)->Iterations(1);
BENCHMARK_CAPTURE(memory, stateful_set, kStatefulSetKind)->Iterations(1);
BENCHMARK_CAPTURE(memory, set, kSetKind)->Iterations(1);
BENCHMARK(look_at_group)->Arg(100)->Arg(kPods);

}  // namespace
}  // namespace lws::controller

BENCHMARK_MAIN();
