// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/services.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws::rules;

TEST_CASE("the Service of a set selects all of its pods", "[groups][service]") {
    CHECK(
        make_shared_service("ml", "vllm", "set-uid") ==
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"vllm","namespace":"ml",)"
        R"("labels":{"leaderworkerset.sigs.k8s.io/name":"vllm"},)"
        R"("ownerReferences":[{"apiVersion":"leaderworkerset.x-k8s.io/v1",)"
        R"("kind":"LeaderWorkerSet","name":"vllm","uid":"set-uid","controller":true,)"
        R"("blockOwnerDeletion":true}]},"spec":{"clusterIP":"None",)"
        R"("selector":{"leaderworkerset.sigs.k8s.io/name":"vllm"},)"
        R"("publishNotReadyAddresses":true}})"
    );
}

TEST_CASE(
    "the Service of a group selects that group and belongs to its leader", "[groups][service]"
) {
    CHECK(
        make_group_service("vllm", "1", lws::rules::testing::make_leader(1)) ==
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"vllm-1","namespace":"ml",)"
        R"("labels":{"leaderworkerset.sigs.k8s.io/name":"vllm"},)"
        R"("ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"vllm-1","uid":"leader-1",)"
        R"("controller":true,"blockOwnerDeletion":true}]},"spec":{"clusterIP":"None",)"
        R"("selector":{"leaderworkerset.sigs.k8s.io/group-index":"1",)"
        R"("leaderworkerset.sigs.k8s.io/name":"vllm"},"publishNotReadyAddresses":true}})"
    );
}
