// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/revision/revision_data.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "pkg/lws/json/document.hpp"

namespace lws::rules {
namespace {

json::Document parsed(std::string text) {
    auto document = json::parse(std::move(text));
    REQUIRE(document.has_value());
    return std::move(*document);
}

json::Document goldens() {
    std::ifstream file(
        LWS_SOURCE_DIR "/pkg/lws/rules/revision/testdata/revision_goldens.json", std::ios::binary
    );
    return parsed(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::string data_of(std::string spec) {
    const auto document = parsed(std::move(spec));
    auto data = make_revision_data(document.root());
    return data ? *data : data.error().message;
}

// The worker template of a spec that holds nothing else.
std::string data_of_pod(const std::string& pod) {
    return data_of(R"({"leaderWorkerTemplate":{"workerTemplate":{"spec":)" + pod + "}}}");
}

std::string around_pod(const std::string& pod) {
    return R"({"spec":{"leaderWorkerTemplate":{"$patch":"replace","workerTemplate":{"metadata":{},)"
           R"("spec":)" +
           pod + R"(}},"networkConfig":{"$patch":"replace","subdomainPolicy":"Shared"}}})";
}

bool is_same(std::string spec, std::string stored) {
    const auto live = parsed(std::move(spec));
    const auto data = parsed(std::move(stored));
    return same_template(live.root(), data.root());
}

TEST_CASE("revision data and key are those of the Go types, byte for byte", "[rules][revision]") {
    const auto document = goldens();
    std::size_t count = 0;
    for (const json::View golden : document.root().items()) {
        INFO("golden " << count);
        const auto data = make_revision_data(golden["spec"]);
        REQUIRE(data.has_value());
        CHECK(*data == golden["data"].string_or(""));
        CHECK(revision_key(*data) == golden["key"].string_or(""));
        ++count;
    }
    CHECK(count >= 300);
}

TEST_CASE("normalising stored data of this release changes nothing", "[rules][revision]") {
    const auto document = goldens();
    for (const json::View golden : document.root().items()) {
        const std::string text(golden["data"].string_or(""));
        const auto stored = parsed(text);
        const auto normal = normalise_revision_data(stored.root());
        REQUIRE(normal.has_value());
        CHECK(*normal == text);
        CHECK(same_template(golden["spec"], stored.root()));
    }
}

TEST_CASE("data with null timestamps of older releases is recognised", "[rules][revision]") {
    const auto document = goldens();
    std::size_t count = 0;
    for (const json::View golden : document.root().items()) {
        if (!golden["stored"].exists()) {
            continue;
        }
        ++count;
        const auto normal = normalise_revision_data(golden["stored"]);
        REQUIRE(normal.has_value());
        CHECK(*normal == golden["data"].string_or(""));
        CHECK(same_template(golden["spec"], golden["stored"]));
    }
    CHECK(count >= 50);
}

TEST_CASE("only the network and the template of a spec are stored", "[rules][revision]") {
    const std::string plain = data_of("{}");
    CHECK(plain == around_pod(R"({"containers":null})"));
    CHECK(data_of(R"({"replicas":7,"startupPolicy":"LeaderReady","rolloutStrategy":{}})") == plain);
    CHECK(data_of(R"({"leaderWorkerTemplate":{"restartPolicy":"None"}})") != plain);
    CHECK(data_of(R"({"leaderWorkerTemplate":{"size":2}})") != plain);
    CHECK(data_of(R"({"leaderWorkerTemplate":{"subGroupPolicy":{"subGroupSize":2}}})") != plain);
    CHECK(
        data_of(R"({"leaderWorkerTemplate":{"volumeClaimTemplates":[{"metadata":{}}]}})") != plain
    );
    CHECK(
        data_of(R"({"leaderWorkerTemplate":{"persistentVolumeClaimRetentionPolicy":)"
                R"({"whenDeleted":"Delete"}}})") != plain
    );
    CHECK(data_of(R"({"networkConfig":{"subdomainPolicy":"UniquePerReplica"}})") != plain);
}

TEST_CASE("an absent network is stored as Shared and an empty one as it is", "[rules][revision]") {
    const std::string shared = data_of(R"({"networkConfig":{"subdomainPolicy":"Shared"}})");
    CHECK(data_of("{}") == shared);
    CHECK(data_of(R"({"networkConfig":null})") == shared);
    CHECK(
        data_of(R"({"networkConfig":{}})").find(R"("subdomainPolicy":null)") != std::string::npos
    );
}

TEST_CASE("an empty value goes and an empty pointer member stays", "[rules][revision]") {
    CHECK(
        data_of_pod(
            R"({"hostNetwork":false,"automountServiceAccountToken":false,"nodeSelector":{},)"
            R"("volumes":[],"hostname":"","priority":0,"containers":[{"name":"c"}]})"
        ) ==
        around_pod(
            R"({"automountServiceAccountToken":false,"containers":[{"name":"c","resources":{}}],)"
            R"("priority":0})"
        )
    );
}

TEST_CASE("a member that the API types do not know is carried over", "[rules][revision]") {
    CHECK(
        data_of_pod(R"({"zzz":{"b":[1e21,null,"<"],"a":1e20},"containers":[],"aaa":true})") ==
        around_pod(R"({"aaa":true,"containers":[],"zzz":{"a":100000000000000000000,)"
                   R"("b":[1e+21,null,"\u003c"]}})")
    );
}

TEST_CASE("a value of the wrong type is refused with its path", "[rules][revision]") {
    CHECK(data_of("[]") == "spec: expected object, got array");
    CHECK(
        data_of(R"({"leaderWorkerTemplate":5})") ==
        "spec.leaderWorkerTemplate: expected object, got number"
    );
    const std::string pod = "spec.leaderWorkerTemplate.workerTemplate.spec";
    CHECK(
        data_of_pod(R"({"containers":[{},{"image":5}]})") ==
        pod + ".containers[1].image: expected string, got number"
    );
    CHECK(
        data_of_pod(R"({"containers":[{"resources":{"limits":{"cpu":"much"}}}]})") ==
        pod + ".containers[0].resources.limits[cpu]: expected quantity, got string"
    );
    CHECK(
        data_of_pod(R"({"priority":2147483648})") ==
        pod + ".priority: expected integer in range, got number"
    );
    CHECK(
        data_of_pod(R"({"priority":1.5})") ==
        pod + ".priority: expected integer in range, got number"
    );
    CHECK(data_of_pod(R"({"hostNetwork":0})") == pod + ".hostNetwork: expected bool, got number");
    CHECK(
        data_of_pod(R"({"nodeSelector":[]})") == pod + ".nodeSelector: expected object, got array"
    );
    CHECK(data_of_pod(R"({"volumes":{}})") == pod + ".volumes: expected array, got object");
    CHECK(
        data_of(R"({"leaderWorkerTemplate":{"volumeClaimTemplates":[{"status":{"conditions":)"
                R"([{"lastProbeTime":"yesterday"}]}}]}})") ==
        "spec.leaderWorkerTemplate.volumeClaimTemplates[0].status.conditions[0].lastProbeTime: "
        "expected RFC 3339 time, got string"
    );
}

TEST_CASE("data without a spec holds no template", "[rules][revision]") {
    CHECK_FALSE(normalise_revision_data(json::View()).has_value());
    CHECK_FALSE(normalise_revision_data(parsed(R"({"spec":3})").root()).has_value());
    CHECK_FALSE(is_same("{}", "{}"));
    CHECK_FALSE(is_same("{}", R"({"spec":{"leaderWorkerTemplate":4}})"));
    CHECK_FALSE(is_same(R"({"leaderWorkerTemplate":4})", R"({"spec":{}})"));
}

TEST_CASE("a template that was never defaulted is that of the defaults", "[rules][revision]") {
    const std::string bare = R"({"leaderWorkerTemplate":{"subGroupPolicy":{"subGroupSize":2}}})";
    const std::string full =
        R"({"spec":{"networkConfig":{"subdomainPolicy":"Shared"},"leaderWorkerTemplate":{"size":1,)"
        R"("restartPolicy":"RecreateGroupOnPodRestart","subGroupPolicy":)"
        R"({"subGroupSize":2,"subGroupPolicyType":"LeaderWorker"}}}})";
    CHECK(is_same(bare, full));
    CHECK(is_same(
        R"({"leaderWorkerTemplate":{"restartPolicy":"Default"}})",
        R"({"spec":{"leaderWorkerTemplate":{"restartPolicy":"None"}}})"
    ));
    CHECK_FALSE(is_same(R"({"leaderWorkerTemplate":{"size":2}})", R"({"spec":{}})"));
    CHECK_FALSE(is_same(R"({"leaderWorkerTemplate":{"restartPolicy":"None"}})", R"({"spec":{}})"));
    CHECK_FALSE(
        is_same(R"({"networkConfig":{"subdomainPolicy":"UniquePerReplica"}})", R"({"spec":{}})")
    );
}

TEST_CASE("stored data that Go could not read back is still recognised", "[rules][revision]") {
    const std::string pod = R"({"terminationGracePeriodSeconds":9223372036854775807})";
    const std::string data = data_of_pod(pod);
    CHECK(data.find(":9223372036854775807") == std::string::npos);
    CHECK(data.find(":9223372036854775808") == std::string::npos);
    CHECK(data.find(":9223372036854776000") != std::string::npos);
    CHECK(is_same(R"({"leaderWorkerTemplate":{"workerTemplate":{"spec":)" + pod + "}}}", data));
}

TEST_CASE("what a group follows is read from the data of its revision", "[rules][revision]") {
    const auto revision = parsed(
        R"({"kind":"ControllerRevision","data":{"spec":{"leaderWorkerTemplate":{"size":4}}}})"
    );
    CHECK(stored_spec(revision.root())["leaderWorkerTemplate"]["size"].int64() == 4);
    CHECK_FALSE(stored_spec(json::View()).exists());
}

TEST_CASE("a key is the FNV-1 hash of the data in letters", "[rules][revision]") {
    CHECK(revision_key("") == "65bb57b6b5");
}

}  // namespace
}  // namespace lws::rules
