// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/pod_requests.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::parse;

namespace {

// `cpu=3 memory=1Gi`, in order of names.
std::string requests_of(const std::string& spec) {
    const json::Document document = parse(spec);
    const auto requests = pod_requests(document.root());
    if (!requests) {
        return requests.error().message;
    }
    std::string out;
    for (const auto& [name, amount] : *requests) {
        out += (out.empty() ? "" : " ") + name + "=" + amount.text();
    }
    return out;
}

std::string asking(const std::string& requests, const std::string& more = "") {
    return "{'resources':{'requests':{" + requests + "}}" + more + "}";
}

const std::string kSidecar = ",'restartPolicy':'Always'";

}  // namespace

TEST_CASE("a pod asks for the sum of its containers' requests", "[groups][gang]") {
    CHECK(
        requests_of(
            "{'containers':[" + asking("'cpu':'500m','memory':'1Gi'") + "," +
            asking("'cpu':'1','nvidia.com/gpu':'8'") + "]}"
        ) == "cpu=1500m memory=1Gi nvidia.com/gpu=8"
    );
    CHECK(requests_of("{'containers':[{'name':'c'}]}").empty());
}

TEST_CASE("limits without requests count nothing", "[groups][gang]") {
    CHECK(requests_of("{'containers':[{'resources':{'limits':{'cpu':'1'}}}]}").empty());
}

TEST_CASE(
    "the largest init container counts when it needs more than all that runs later",
    "[groups][gang]"
) {
    const std::string containers = "'containers':[" + asking("'cpu':'2','memory':'2Gi'") + "]";
    CHECK(
        requests_of(
            "{" + containers + ",'initContainers':[" + asking("'cpu':'3'") + "," +
            asking("'cpu':'1','memory':'1Gi'") + "]}"
        ) == "cpu=3 memory=2Gi"
    );
}

TEST_CASE("sidecars run beside the containers and beside later init containers", "[groups][gang]") {
    const std::string containers = "'containers':[" + asking("'cpu':'1'") + "]";
    const std::string sidecar = asking("'cpu':'2'", kSidecar);
    CHECK(requests_of("{" + containers + ",'initContainers':[" + sidecar + "]}") == "cpu=3");
    // 2 beside 4, not beside the one that came before it.
    CHECK(
        requests_of(
            "{" + containers + ",'initContainers':[" + asking("'cpu':'5'") + "," + sidecar + "," +
            asking("'cpu':'4'") + "]}"
        ) == "cpu=6"
    );
    // The second sidecar starts beside the first.
    CHECK(
        requests_of(
            "{'containers':[],'initContainers':[" + sidecar + "," + asking("'cpu':'1'", kSidecar) +
            "]}"
        ) == "cpu=3"
    );
}

TEST_CASE(
    "requests of the whole pod replace those of its containers, of three kinds", "[groups][gang]"
) {
    CHECK(
        requests_of(
            "{'containers':[" + asking("'cpu':'1','memory':'1Gi','nvidia.com/gpu':'1'") +
            "],'resources':{'requests':{'cpu':'4','hugepages-2Mi':'4Mi','nvidia.com/gpu':'9'}}}"
        ) == "cpu=4 hugepages-2Mi=4Mi memory=1Gi nvidia.com/gpu=1"
    );
}

TEST_CASE("overhead comes on top", "[groups][gang]") {
    CHECK(
        requests_of(
            "{'containers':[" + asking("'cpu':'1'") +
            "],'resources':{'requests':{'cpu':'4'}},'overhead':{'cpu':'250m','memory':'64Mi'}}"
        ) == "cpu=4250m memory=64Mi"
    );
}

TEST_CASE("a request that is no quantity is named", "[groups][gang]") {
    const auto where = GENERATE(values<std::string>({
        "{'containers':[{'resources':{'requests':{'cpu':'x'}}}]}",
        "{'initContainers':[{'resources':{'requests':{'cpu':'x'}}}]}",
        "{'resources':{'requests':{'cpu':'x'}}}",
        "{'overhead':{'cpu':'x'}}",
    }));
    CHECK_THAT(requests_of(where), Catch::StartsWith("resource cpu: "));
}
