// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/tpu.hpp"

#include <algorithm>

#include "pkg/lws/rules/admission/pod_fixture.hpp"

namespace lws::rules {
namespace {

using testing::admit;
using testing::denial;
using testing::env_value;
using testing::kLeaderLabel;
using testing::kWorkerLabel;
using testing::PodText;

constexpr const char* kAsks = R"("resources":{"limits":{"google.com/tpu":"4"}})";
constexpr const char* kLeaderAsks = R"("leaderworkerset.sigs.k8s.io/leader-requests-tpus":"true")";

std::string subgroup_size(const std::string& size) {
    return R"("leaderworkerset.sigs.k8s.io/subgroup-size":")" + size + '"';
}

std::string container(const std::string& members) {
    return R"({"name":"c",)" + members + '}';
}

PodText leader(const std::string& size) {
    PodText pod;
    pod.labels = kLeaderLabel;
    pod.size = size;
    pod.spec = R"("subdomain":"d","containers":[)" + container(kAsks) + "]";
    return pod;
}

PodText worker(const std::string& size, int index, const std::string& annotations) {
    auto pod = leader(size);
    pod.name = "vllm-0-" + std::to_string(index);
    pod.labels = kWorkerLabel;
    pod.annotations = annotations;
    return pod;
}

std::string join(const std::string& first, const std::string& second) {
    return first.empty() ? second : first + "," + second;
}

// Hosts of the addresses, which must be those of the host names, each with `port`.
void check_variables(
    json::View container_view,
    const std::string& hosts,
    const std::string& id,
    const std::string& port = "8476"
) {
    CHECK(env_value(container_view, "TPU_WORKER_HOSTNAMES") == hosts);
    CHECK(env_value(container_view, "TPU_WORKER_ID") == id);
    CHECK(env_value(container_view, "TPU_NAME") == "vllm-0");
    CHECK(env_value(container_view, "TPU_PROCESS_PORT") == port);
    std::string addresses;
    for (const char c : hosts) {
        addresses += c == ',' ? ":" + port + "," : std::string(1, c);
    }
    CHECK(env_value(container_view, "TPU_PROCESS_ADDRESSES") == addresses + ":" + port);
}

json::View first_container(const json::Document& pod) {
    return pod.root()["spec"]["containers"].at(0);
}

}  // namespace

TEST_CASE("a container asks for TPUs by limit, else by request", "[rules][admission][tpu]") {
    struct Case {
        std::string resources;
        bool asks;
    };
    const auto c = GENERATE(values<Case>({
        {R"({"limits":{"google.com/tpu":"4"}})", true},
        {R"({"limits":{"google.com/tpu":4}})", true},
        {R"({"limits":{"google.com/tpu":"500m"}})", true},
        {R"({"limits":{"google.com/tpu":"0"},"requests":{"google.com/tpu":"1"}})", true},
        {R"({"requests":{"google.com/tpu":"1"}})", true},
        {R"({"limits":{"google.com/tpu":"0"}})", false},
        {R"({"limits":{"google.com/tpu":"0.000"}})", false},
        {R"({"limits":{"google.com/tpu":"0Ki"}})", false},
        {R"({"limits":{"google.com/tpu":0}})", false},
        {R"({"limits":{"google.com/tpu":null}})", false},
        {R"({"limits":{"nvidia.com/gpu":"8"}})", false},
        {R"({"limits":null})", false},
        {R"({})", false},
    }));
    DYNAMIC_SECTION(c.resources) {
        for (const std::string list : {"containers", "initContainers"}) {
            const auto text = "{\"" + list + "\":[{},{\"resources\":" + c.resources + "}]}";
            const auto spec = json::parse(text);
            REQUIRE(spec.has_value());
            CHECK(requests_tpus(spec->root()) == c.asks);
        }
    }
}

TEST_CASE("an amount that is none makes the pod undecodable", "[rules][admission][tpu]") {
    auto pod = leader("2");
    pod.spec = R"("containers":[{"resources":{"limits":{"google.com/tpu":"four"}}}])";
    CHECK(denial(pod.json(), ErrorCode::invalid_input).find("spec.containers: ") == 0);
}

TEST_CASE("a pod without TPUs gets no TPU variable", "[rules][admission][tpu]") {
    auto pod = leader("2");
    pod.spec = R"("containers":[{"name":"c"}])";
    CHECK(env_value(first_container(admit(pod.json())), "TPU_NAME") == "(none)");
}

TEST_CASE("a group shares one list of hosts", "[rules][admission][tpu]") {
    SECTION("a leader comes first in it") {
        const auto pod = admit(leader("3").json());
        check_variables(first_container(pod), "vllm-0.d,vllm-0-1.d,vllm-0-2.d", "0");
    }
    SECTION("a worker of a leader that asks") {
        const auto pod = admit(worker("3", 2, kLeaderAsks).json());
        check_variables(first_container(pod), "vllm-0.d,vllm-0-1.d,vllm-0-2.d", "2");
    }
    SECTION("a worker of a leader that does not") {
        const auto annotations = GENERATE(
            as<std::string>(), "", R"("leaderworkerset.sigs.k8s.io/leader-requests-tpus":"True")"
        );
        const auto pod = admit(worker("3", 2, annotations).json());
        check_variables(first_container(pod), "vllm-0-1.d,vllm-0-2.d", "1");
    }
    SECTION("a group of one") {
        check_variables(first_container(admit(leader("1").json())), "vllm-0.d", "0");
    }
    SECTION("an absent subdomain leaves its dot") {
        auto text = leader("1");
        text.spec = R"("containers":[)" + container(kAsks) + "]";
        check_variables(first_container(admit(text.json())), "vllm-0.", "0");
    }
    SECTION("a subdomain of the replica's own") {
        auto text = leader("1");
        text.annotations = R"("leaderworkerset.sigs.k8s.io/subdomainPolicy":"UniquePerReplica")";
        check_variables(first_container(admit(text.json())), "vllm-0.vllm-0", "0");
    }
    SECTION("the variables stand behind the container's own") {
        auto text = leader("1");
        text.spec = R"("subdomain":"d","containers":[)" +
                    container(std::string(kAsks) + R"(,"env":[{"name":"A","value":"1"}])") + "]";
        CHECK(
            testing::env_text(first_container(admit(text.json()))) ==
            "LWS_LEADER_ADDRESS=vllm-0.d.default LWS_GROUP_SIZE=1 LWS_WORKER_INDEX=0 A=1 "
            "TPU_WORKER_HOSTNAMES=vllm-0.d TPU_WORKER_ID=0 TPU_NAME=vllm-0 "
            "TPU_PROCESS_ADDRESSES=vllm-0.d:8476 TPU_PROCESS_PORT=8476"
        );
    }
}

TEST_CASE("each container that asks is a worker of its own", "[rules][admission][tpu]") {
    auto text = worker("3", 2, kLeaderAsks);
    text.spec =
        R"("subdomain":"d","initContainers":[)" + container(kAsks) +
        R"(],"containers":[{"name":"idle"},)" +
        container(std::string(kAsks) + R"(,"env":[{"name":"TPU_PROCESS_PORT","value":"9000"}])") +
        "]";
    const auto pod = admit(text.json());
    const auto spec = pod.root()["spec"];
    const auto first = spec["containers"].at(1);
    const auto second = spec["initContainers"].at(0);
    CHECK(env_value(spec["containers"].at(0), "TPU_NAME") == "(none)");
    CHECK(env_value(first, "TPU_WORKER_ID") == "4");
    CHECK(env_value(second, "TPU_WORKER_ID") == "5");
    CHECK(env_value(first, "TPU_PROCESS_PORT") == "9000");
    CHECK(env_value(second, "TPU_PROCESS_PORT") == "8477");
    const auto* hosts = "vllm-0.d,vllm-0.d,vllm-0-1.d,vllm-0-1.d,vllm-0-2.d,vllm-0-2.d";
    const auto* addresses =
        "vllm-0.d:9000,vllm-0.d:8477,vllm-0-1.d:9000,vllm-0-1.d:8477,vllm-0-2.d:9000,"
        "vllm-0-2.d:8477";
    for (const auto view : {first, second}) {
        CHECK(env_value(view, "TPU_WORKER_HOSTNAMES") == hosts);
        CHECK(env_value(view, "TPU_PROCESS_ADDRESSES") == addresses);
    }
}

TEST_CASE("TPU variables of the user are respected", "[rules][admission][tpu]") {
    const auto with_env = [](const std::string& env) {
        auto text = leader("1");
        text.spec = R"("subdomain":"d","containers":[)" +
                    container(std::string(kAsks) + R"(,"env":[)" + env + "]") + "]";
        return admit(text.json());
    };
    SECTION("host names or id of the first container end it") {
        const auto* name = GENERATE("TPU_WORKER_HOSTNAMES", "TPU_WORKER_ID");
        const auto pod = with_env(R"({"name":")" + std::string(name) + R"(","value":"mine"})");
        CHECK(env_value(first_container(pod), name) == "mine");
        CHECK(env_value(first_container(pod), "TPU_NAME") == "(none)");
    }
    SECTION("and for every container, but those of a later container do not") {
        const bool first = GENERATE(true, false);
        const auto mine =
            container(std::string(kAsks) + R"(,"env":[{"name":"TPU_WORKER_ID","value":"mine"}])");
        auto text = leader("1");
        text.spec = R"("subdomain":"d","containers":[)" +
                    (first ? mine + "," + container(kAsks) : container(kAsks) + "," + mine) + "]";
        const auto pod = admit(text.json());
        const auto containers = pod.root()["spec"]["containers"];
        const std::string name = first ? "(none)" : "vllm-0";
        CHECK(env_value(containers.at(0), "TPU_NAME") == name);
        CHECK(env_value(containers.at(1), "TPU_NAME") == name);
        CHECK(env_value(containers.at(first ? 0 : 1), "TPU_WORKER_ID") == "mine");
    }
    SECTION("others stay") {
        const auto pod = with_env(R"({"name":"TPU_NAME","value":"mine"})");
        CHECK(env_value(first_container(pod), "TPU_NAME") == "mine");
        CHECK(env_value(first_container(pod), "TPU_WORKER_ID") == "0");
    }
    SECTION("a port without a value is an empty text") {
        const auto pod =
            with_env(R"({"name":"TPU_PROCESS_PORT","valueFrom":{"fieldRef":{"fieldPath":"x"}}})");
        CHECK(env_value(first_container(pod), "TPU_PROCESS_ADDRESSES") == "vllm-0.d:");
        CHECK(env_value(first_container(pod), "TPU_PROCESS_PORT") == "(null)");
    }
    SECTION("so is an empty port, and the first of two counts") {
        const auto pod = with_env(
            R"({"name":"TPU_PROCESS_PORT","value":""},{"name":"TPU_PROCESS_PORT","value":"9000"})"
        );
        CHECK(env_value(first_container(pod), "TPU_PROCESS_ADDRESSES") == "vllm-0.d:");
        CHECK(env_value(first_container(pod), "TPU_PROCESS_PORT").empty());
    }
}

TEST_CASE("a subgroup has its own list of hosts", "[rules][admission][tpu][subgroups]") {
    struct Case {
        std::string name;
        std::string size;
        std::string subgroup;
        int worker;  // 0: the leader
        bool leader_asks;
        std::string hosts;
        std::string id;
    };
    const auto c = GENERATE(values<Case>({
        {"leader", "8", "4", 0, true, "vllm-0.d,vllm-0-1.d,vllm-0-2.d,vllm-0-3.d", "0"},
        {"beside the leader", "8", "4", 3, true, "vllm-0.d,vllm-0-1.d,vllm-0-2.d,vllm-0-3.d", "3"},
        {"second", "8", "4", 5, true, "vllm-0-4.d,vllm-0-5.d,vllm-0-6.d,vllm-0-7.d", "1"},
        {"leader idle, first",
         "9",
         "4",
         4,
         false,
         "vllm-0-1.d,vllm-0-2.d,vllm-0-3.d,vllm-0-4.d",
         "3"},
        {"leader idle, second",
         "9",
         "4",
         5,
         false,
         "vllm-0-5.d,vllm-0-6.d,vllm-0-7.d,vllm-0-8.d",
         "0"},
        {"leader idle in an even group", "4", "2", 2, false, "vllm-0-1.d,vllm-0-2.d", "1"},
        {"uneven with a leader that asks", "5", "2", 2, true, "vllm-0.d,vllm-0-1.d", "0"},
        {"subgroups of one", "4", "1", 0, true, "vllm-0.d", "0"},
        {"negative size", "4", "-2", 3, true, "", "1"},
    }));
    DYNAMIC_SECTION(c.name) {
        auto text = c.worker == 0 ? leader(c.size)
                                  : worker(c.size, c.worker, c.leader_asks ? kLeaderAsks : "");
        text.annotations = join(text.annotations, subgroup_size(c.subgroup));
        const auto pod = admit(text.json());
        if (c.hosts.empty()) {
            CHECK(env_value(first_container(pod), "TPU_WORKER_HOSTNAMES").empty());
            CHECK(env_value(first_container(pod), "TPU_WORKER_ID") == c.id);
        } else {
            check_variables(first_container(pod), c.hosts, c.id);
        }
    }
}

TEST_CASE("in a subgroup only the first asking container counts", "[rules][admission][tpu]") {
    auto text = leader("2");
    text.annotations = subgroup_size("2");
    text.spec =
        R"("subdomain":"d","containers":[)" +
        container(std::string(kAsks) + R"(,"env":[{"name":"TPU_PROCESS_PORT","value":"1"}])") +
        "," + container(kAsks) + "]";
    const auto pod = admit(text.json());
    check_variables(first_container(pod), "vllm-0.d,vllm-0-1.d", "0", "1");
    CHECK(env_value(pod.root()["spec"]["containers"].at(1), "TPU_NAME") == "(none)");
}

TEST_CASE("numbers of subgroups are read only when needed", "[rules][admission][tpu]") {
    auto text = leader("2");
    SECTION("not when the user set the host names") {
        text.annotations = subgroup_size("two");
        text.spec =
            R"("containers":[)" +
            container(std::string(kAsks) + R"(,"env":[{"name":"TPU_WORKER_ID","value":"0"}])") +
            "]";
        CHECK(env_value(first_container(admit(text.json())), "TPU_WORKER_ID") == "0");
    }
    SECTION("a size that is no number") {
        text.annotations = subgroup_size("two");
        CHECK(denial(text.json()) == R"(strconv.Atoi: parsing "two": invalid syntax)");
    }
    SECTION("a size of 0 is denied, never divided by") {
        text.annotations = subgroup_size("0");
        CHECK(denial(text.json()) == "subgroup-size annotation must not be 0 for pod vllm-0");
    }
    SECTION("an index that is no number") {
        text.annotations = subgroup_size("2");
        text.labels += R"(,"leaderworkerset.sigs.k8s.io/subgroup-index":"x")";
        CHECK(denial(text.json()) == R"(strconv.Atoi: parsing "x": invalid syntax)");
    }
    SECTION("a leader that is excluded has none") {
        text.annotations =
            subgroup_size("2") +
            R"(,"leaderworkerset.sigs.k8s.io/subgroup-policy-type":"LeaderExcluded")";
        CHECK(denial(text.json()) == R"(strconv.Atoi: parsing "": invalid syntax)");
    }
    SECTION("beyond int32") {
        text.annotations = subgroup_size("2147483648");
        CHECK(denial(text.json()) == "subgroup size or index is beyond int32 for pod vllm-0");
    }
}

TEST_CASE("a worker whose name has no parent is denied", "[rules][admission][tpu]") {
    auto text = worker("2", 1, "");
    text.name = "-1";
    SECTION("in a group") {}
    SECTION("in a subgroup") {
        text.annotations = subgroup_size("2");
    }
    CHECK(denial(text.json()) == "parsing parent name from pod -1");
}

TEST_CASE("lists are bounded before they are built", "[rules][admission][tpu]") {
    const auto check_denied = [](const PodText& text) {
        const auto message = denial(text.json());
        CHECK(message.find("the TPU environment of pod ") == 0);
        CHECK(message.find(" would exceed 3145728 bytes") != std::string::npos);
    };
    SECTION("by the size of the group") {
        check_denied(leader(GENERATE(as<std::string>(), "2147483647", "9223372036854775807")));
    }
    SECTION("by the size of the subgroup") {
        auto text = leader("2");
        text.annotations = subgroup_size("2147483647");
        check_denied(text);
    }
    SECTION("by the number of containers") {
        auto text = leader("1");
        text.spec = R"("containers":[)" + container(kAsks);
        for (int i = 0; i < 2'000; ++i) {
            text.spec += "," + container(kAsks);
        }
        text.spec += "]";
        check_denied(text);
    }
    SECTION("by the length of a port") {
        auto text = leader("1000");
        text.spec = R"("containers":[)" +
                    container(
                        std::string(kAsks) + R"(,"env":[{"name":"TPU_PROCESS_PORT","value":")" +
                        std::string(4'000, '9') + "\"}]"
                    ) +
                    "]";
        check_denied(text);
    }
    SECTION("but a group of four thousand is served") {
        const auto pod = admit(leader("4096").json());
        const auto hosts = env_value(first_container(pod), "TPU_WORKER_HOSTNAMES");
        CHECK(std::count(hosts.begin(), hosts.end(), ',') == 4095);
    }
    SECTION("and a size that is negative means no host but the leader") {
        CHECK(
            env_value(first_container(admit(leader("-7").json())), "TPU_WORKER_HOSTNAMES") ==
            "vllm-0.d"
        );
    }
}

}  // namespace lws::rules
