// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/packed.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "pkg/lws/k8s/controller_revision.hpp"
#include "pkg/lws/k8s/owned_object.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"

namespace lws::k8s {
namespace {

constexpr const char* kUid = "0a4b1a1c2-no-uuid";
constexpr const char* kUuid = "c4b1a1c2-0000-4e5f-8a9b-0123456789ab";

struct Sample {
    ObjectKey key;
    std::string text;
    std::int64_t number = 0;
    std::uint64_t bits = 0;
    std::optional<std::string> maybe;
    bool flag = false;

    friend bool operator==(const Sample&, const Sample&) = default;
};

Sample come_back(const Sample& sample) {
    return Packed<Sample>(sample).unpack();
}

TEST_CASE("texts of every length come back", "[k8s][packed]") {
    for (const std::size_t length : {0U, 1U, 36U, 253U, 254U, 255U, 256U, 70000U}) {
        Sample sample{{"ns", std::string(length, 'n')}, std::string(length, 'x'), 1, 2, "", true};
        CHECK(come_back(sample) == sample);
        CHECK(Packed<Sample>(sample).key() == sample.key);
    }
}

TEST_CASE("a UUID takes half of its text and comes back as it was", "[k8s][packed]") {
    const Sample bare{{"ns", "a"}, "", 0, 0, {}, false};
    Sample sample = bare;
    sample.text = kUuid;
    CHECK(come_back(sample) == sample);
    CHECK(Packed<Sample>(sample).size() == Packed<Sample>(bare).size() + 16);
    for (const char* text :
         {"C4b1a1c2-0000-4e5f-8a9b-0123456789ab",
          "c4b1a1c2-0000-4e5f-8a9b00123456789ab",
          "c4b1a1c2-0000-4e5f-8a9b-0123456789a",
          "c4b1a1c-20000-4e5f-8a9b-0123456789ab"}) {
        sample.text = text;
        CHECK(come_back(sample) == sample);
        CHECK(Packed<Sample>(sample).size() > Packed<Sample>(bare).size() + 16);
    }
}

TEST_CASE("numbers of every size and sign come back", "[k8s][packed]") {
    for (const std::int64_t number :
         {std::int64_t{0},
          std::int64_t{-1},
          std::int64_t{63},
          std::int64_t{64},
          std::int64_t{-64},
          std::int64_t{-65},
          std::int64_t{1} << 40,
          std::numeric_limits<std::int64_t>::max(),
          std::numeric_limits<std::int64_t>::min()}) {
        Sample sample;
        sample.number = number;
        sample.bits = static_cast<std::uint64_t>(number);
        CHECK(come_back(sample) == sample);
    }
}

TEST_CASE("absent and empty are told apart", "[k8s][packed]") {
    Sample absent;
    Sample empty;
    empty.maybe = "";
    CHECK(come_back(absent) == absent);
    CHECK(come_back(empty) == empty);
    CHECK_FALSE(Packed<Sample>(absent) == Packed<Sample>(empty));
    CHECK(Packed<Sample>(empty) == Packed<Sample>(empty));
}

TEST_CASE("every object that stores hold comes back with all its members", "[k8s][packed]") {
    const Owner owner{"StatefulSet", "vllm", kUuid};
    const Seconds time{std::chrono::seconds(1'800'000'000)};

    Pod pod;
    pod.key = {"ml", "vllm-0-1"};
    pod.uid = kUuid;
    pod.resource_version = "123";
    pod.controller = owner;
    pod.set_name = "vllm";
    pod.group_index = "0";
    pod.worker_index = "1";
    pod.revision_key = "key";
    pod.group_key = "gk";
    pod.size = "2";
    pod.leader_name = "vllm-0";
    pod.pod_group_name = "gang";
    pod.unique_subdomain = true;
    pod.node_name = "node";
    pod.created = time;
    pod.deletion_time = time + std::chrono::seconds(30);
    pod.grace_seconds = 7;
    pod.deletion_grace = 0;
    pod.phase = PodPhase::failed;
    pod.ready = true;
    pod.ready_changed = Seconds(std::chrono::seconds(-5));
    pod.restarted = true;
    pod.restarted_beyond_sidecars = true;
    pod.requests_tpus = true;
    CHECK(Packed<Pod>(pod).unpack() == pod);
    CHECK(Packed<Pod>(Pod{}).unpack() == Pod{});

    StatefulSet workers;
    workers.key = {"ml", "vllm-0"};
    workers.uid = kUid;
    workers.resource_version = "77";
    workers.generation = 3;
    workers.controller = owner;
    workers.deleting = true;
    workers.set_name = "vllm";
    workers.group_index = "0";
    workers.revision_key = "key";
    workers.replicas_annotation = "2";
    workers.group_memory = "gm";
    workers.parallel_termination = true;
    workers.replicas = 4;
    workers.partition = -1;
    workers.max_unavailable = "25%";
    workers.selector = "a=b";
    workers.status_replicas = 5;
    workers.ready_replicas = 6;
    workers.available_replicas = 7;
    workers.observed_generation = 8;
    workers.current_revision = "vllm-0-1";
    workers.update_revision = "vllm-0-2";
    workers.fingerprint = 0xfedcba9876543210ULL;
    CHECK(Packed<StatefulSet>(workers).unpack() == workers);

    const Service service{{"ml", "vllm"}, kUuid, "vllm", owner, true};
    CHECK(Packed<Service>(service).unpack() == service);
    const ControllerRevision revision{
        {"ml", "vllm-x-1"}, kUuid, "9", "vllm", "key", owner, true, 2, std::string(3000, 'd')
    };
    CHECK(Packed<ControllerRevision>(revision).unpack() == revision);
}

}  // namespace
}  // namespace lws::k8s
