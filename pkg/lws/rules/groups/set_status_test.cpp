// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/set_status.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::make_set;
using lws::rules::testing::TestSet;

namespace {

const k8s::Seconds kNow = *k8s::parse_time("2026-01-02T03:04:05Z");

// Letters as in the rollout's tests, from group 0; a blank is a group that does not exist.
std::vector<ObservedGroup> groups(const std::string& letters) {
    std::vector<ObservedGroup> out;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const char c = letters[i];
        if (c != ' ') {
            out.push_back(
                {GroupId(static_cast<std::int32_t>(i)), {c == 'N' || c == 'O', c == 'N' || c == 'n'}
                }
            );
        }
    }
    return out;
}

StatusPlan plan(const TestSet& set, const std::string& letters, int stateful_set_replicas = 2) {
    StatusInput input;
    input.set = &set.set;
    input.set_object = set.object();
    input.stateful_set_replicas = stateful_set_replicas;
    input.groups = groups(letters);
    input.now = kNow;
    return plan_status(input);
}

std::string condition(const char* type, const char* status, int generation = 3) {
    return std::string("{'type':'") + type + "','status':'" + status +
           "','observedGeneration':" + std::to_string(generation) +
           ",'lastTransitionTime':'2025-01-01T00:00:00Z','reason':'Old','message':'old'}";
}

std::string status_with(const std::string& conditions, const std::string& more = "") {
    return "{'replicas':2,'readyReplicas':2,'updatedReplicas':2,'observedGeneration':3,"
           "'hpaPodSelector':'leaderworkerset.sigs.k8s.io/name=vllm,"
           "leaderworkerset.sigs.k8s.io/worker-index=0'" +
           more + ",'conditions':[" + conditions + "]}";
}

// `Type=Status` of each condition, in order.
std::string conditions_of(const StatusPlan& status) {
    const json::Document body = json::parse(status.body).value();
    std::string out;
    for (const json::View entry : body.root()["status"]["conditions"].items()) {
        out.append(entry["type"].string_or("?")).append("=");
        out.append(entry["status"].string_or("?")).append(" ");
    }
    return out;
}

}  // namespace

TEST_CASE("the first status of a set is known byte for byte", "[groups][status]") {
    const StatusPlan status = plan(make_set(), "", 0);
    CHECK(status.change == StatusChange::conditions);
    CHECK(
        status.body ==
        R"({"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet",)"
        R"("metadata":{"name":"vllm","namespace":"ml","uid":"set-uid","resourceVersion":"100",)"
        R"("generation":3},"spec":{"replicas":2,"leaderWorkerTemplate":{"size":2,)"
        R"("workerTemplate":{"spec":{"containers":[{"name":"w","image":"worker"}]}}}},)"
        R"("status":{"conditions":[{"type":"Progressing","status":"True","observedGeneration":3,)"
        R"("lastTransitionTime":"2026-01-02T03:04:05Z","reason":"GroupsProgressing",)"
        R"("message":"Replicas are progressing"}],"readyReplicas":0,"updatedReplicas":0,)"
        R"("replicas":0,"hpaPodSelector":"leaderworkerset.sigs.k8s.io/name=vllm,)"
        R"(leaderworkerset.sigs.k8s.io/worker-index=0","observedGeneration":3}})"
    );
    REQUIRE(status.event);
    CHECK(status.event->reason == "GroupsProgressing");
    CHECK(status.event->action == "Update");
    CHECK(status.event->note == "Replicas are progressing, with 0 groups ready of total 2 groups");
    CHECK_FALSE(status.rollout_done);
}

TEST_CASE("conditions follow the groups", "[groups][status]") {
    struct Case {
        const char* name;
        const char* spec;
        const char* groups;
        const char* before;
        const char* after;
        bool done;
    };
    const std::string available = condition("Available", "True");
    const std::string progressing = condition("Progressing", "True");
    const std::string updating = condition("UpdateInProgress", "True");
    const auto c = GENERATE(values<Case>({
        {"all ready and new", "'replicas':2", "NN", "P", "Progressing=False Available=True ", true},
        {"all ready, one old",
         "'replicas':2",
         "ON",
         "A",
         "Available=False UpdateInProgress=True Progressing=True ",
         false},
        {"all new, one not ready",
         "'replicas':2",
         "nN",
         "A",
         "Available=False Progressing=True ",
         false},
        {"a group is missing", "'replicas':2", "N", "A", "Available=False Progressing=True ", false
        },
        {"the update is over but for readiness",
         "'replicas':2",
         "nN",
         "U",
         "UpdateInProgress=True Progressing=True ",
         false},
        {"available ends the update",
         "'replicas':2",
         "NN",
         "UP",
         "UpdateInProgress=False Progressing=False Available=True ",
         true},
        {"no replicas are available",
         "'replicas':0",
         "",
         "P",
         "Progressing=False Available=True ",
         true},
        {"a partition holds old groups back",
         "'replicas':2,'rolloutStrategy':{'type':"
         "'RollingUpdate','rollingUpdateConfiguration':{'partition':1}}",
         "ON",
         "P",
         "Progressing=False Available=True ",
         false},
        {"but those must be ready",
         "'replicas':2,'rolloutStrategy':{'type':"
         "'RollingUpdate','rollingUpdateConfiguration':{'partition':1}}",
         "oN",
         "A",
         "Available=False Progressing=True ",
         false},
        {"surge groups do not stand in",
         "'replicas':2",
         "N NN",
         "A",
         "Available=False Progressing=True ",
         false},
        {"old surge groups do not matter",
         "'replicas':2",
         "NNO",
         "P",
         "Progressing=False Available=True ",
         true},
    }));
    DYNAMIC_SECTION(c.name) {
        std::string before;
        for (const char letter : std::string(c.before)) {
            before += before.empty() ? "" : ",";
            before += letter == 'A' ? available : letter == 'P' ? progressing : updating;
        }
        const TestSet set = make_set(c.spec, "'size':2", "", status_with(before));
        const StatusPlan status = plan(set, c.groups);
        CHECK(conditions_of(status) == c.after);
        CHECK(status.rollout_done == c.done);
        CHECK(status.change != StatusChange::none);
        CHECK(status.change != StatusChange::counts);
    }
}

TEST_CASE(
    "a loss of availability is told from changes that somebody waits for", "[groups][status]"
) {
    const std::string available = condition("Available", "True");
    const std::string updating = condition("UpdateInProgress", "False");
    const std::string conflict = condition("NameConflict", "True");
    const auto change = [](const std::string& before, const char* letters, const char* trouble) {
        const TestSet set = make_set("'replicas':2", "'size':2", "", status_with(before));
        StatusInput input;
        input.set = &set.set;
        input.set_object = set.object();
        input.groups = groups(letters);
        input.trouble = trouble;
        input.now = kNow;
        return plan_status(input).change;
    };
    CHECK(change(available, "nN", "") == StatusChange::availability_lost);
    CHECK(change(available, "N", "") == StatusChange::availability_lost);
    CHECK(change(updating + "," + available, "nN", "") == StatusChange::availability_lost);
    CHECK(change(available, "nN", "a pod is stuck") == StatusChange::conditions);
    CHECK(change(available, "ON", "") == StatusChange::conditions);
    CHECK(change(condition("Progressing", "True"), "NN", "") == StatusChange::conditions);
    CHECK(change(available + "," + conflict, "nN", "") == StatusChange::conditions);
    CHECK(change("", "nN", "") == StatusChange::conditions);
    std::string stale = status_with(available);
    stale.replace(stale.find("n':3,'hpa"), 4, "n':2");
    const TestSet changed = make_set("'replicas':2", "'size':2", "", stale);
    CHECK(plan(changed, "nN").change == StatusChange::conditions);
}

TEST_CASE("a condition that turns False keeps its reason and message", "[groups][status]") {
    const TestSet set =
        make_set("'replicas':2", "'size':2", "", status_with(condition("Progressing", "True")));
    const StatusPlan status = plan(set, "NN");
    const json::Document body = json::parse(status.body).value();
    const json::View old = body.root()["status"]["conditions"].at(0);
    CHECK(old["reason"].string() == "Old");
    CHECK(old["message"].string() == "old");
    CHECK(old["lastTransitionTime"].string() == "2026-01-02T03:04:05Z");
    const json::View made = body.root()["status"]["conditions"].at(1);
    CHECK(made["reason"].string() == "AllGroupsReady");
    CHECK(made["message"].string() == "All replicas are ready");
    CHECK(status.event->note == "All replicas are ready, with 2 groups ready of total 2 groups");
}

TEST_CASE("an update names itself first", "[groups][status]") {
    const StatusPlan status = plan(make_set(), "ON");
    REQUIRE(status.event);
    CHECK(status.event->reason == "GroupsUpdating");
    CHECK(
        status.event->note ==
        "Rolling Upgrade is in progress, with 2 groups ready of total 2 groups"
    );
}

TEST_CASE("an unchanged status is not written", "[groups][status]") {
    const TestSet set =
        make_set("'replicas':2", "'size':2", "", status_with(condition("Available", "True")));
    const StatusPlan status = plan(set, "NN");
    CHECK(status.change == StatusChange::none);
    CHECK(status.body.empty());
    CHECK_FALSE(status.event);
    CHECK(status.rollout_done);
}

TEST_CASE("counts alone are a smaller change without an event", "[groups][status]") {
    const TestSet set =
        make_set("'replicas':2", "'size':2", "", status_with(condition("Progressing", "True")));
    const StatusPlan status = plan(set, "nNN", 3);
    CHECK(status.change == StatusChange::counts);
    CHECK_FALSE(status.event);
    const json::Document body = json::parse(status.body).value();
    CHECK(body.root()["status"]["readyReplicas"].int64() == 2);
    CHECK(body.root()["status"]["updatedReplicas"].int64() == 3);
    CHECK(body.root()["status"]["replicas"].int64() == 3);
}

TEST_CASE(
    "a new generation rewrites the condition being set and touches the others", "[groups][status]"
) {
    const TestSet set = make_set(
        "'replicas':2",
        "'size':2",
        "",
        status_with(
            condition("Progressing", "False", 2) + "," + condition("Available", "True", 2) + "," +
            condition("Foreign", "True", 2)
        )
    );
    const StatusPlan status = plan(set, "NN");
    const json::Document body = json::parse(status.body).value();
    const json::View list = body.root()["status"]["conditions"];
    CHECK(list.at(0)["observedGeneration"].int64() == 3);
    CHECK(list.at(0)["lastTransitionTime"].string() == "2025-01-01T00:00:00Z");
    CHECK(list.at(1)["lastTransitionTime"].string() == "2026-01-02T03:04:05Z");
    CHECK(list.at(1)["reason"].string() == "AllGroupsReady");
    CHECK(list.at(2)["observedGeneration"].int64() == 3);
    CHECK(list.at(2)["message"].string() == "old");
    CHECK(status.event);
}

TEST_CASE("unknown members of a status survive", "[groups][status]") {
    const TestSet set = make_set(
        "'replicas':2", "'size':2", "", status_with(condition("Progressing", "True"), ",'x':[1]")
    );
    const json::Document body = json::parse(plan(set, "NN").body).value();
    CHECK(json::to_text(body.root()["status"]["x"]) == "[1]");
}

TEST_CASE("a foreign StatefulSet of the name is a condition until it is gone", "[groups][status]") {
    const TestSet set =
        make_set("'replicas':2", "'size':2", "", status_with(condition("Progressing", "True")));
    StatusInput input;
    input.set = &set.set;
    input.set_object = set.object();
    input.conflict = NameConflict{"it is taken"};
    input.now = kNow;
    const StatusPlan status = plan_status(input);
    CHECK(conditions_of(status) == "Progressing=True NameConflict=True ");
    CHECK_FALSE(status.event);

    const TestSet later = make_set(
        "'replicas':2",
        "'size':2",
        "",
        status_with(condition("Available", "True") + "," + condition("NameConflict", "True"))
    );
    CHECK(conditions_of(plan(later, "NN")) == "Available=True NameConflict=False ");
}

TEST_CASE("trouble of groups is said by the condition Progressing", "[groups][status]") {
    const auto plan_with = [](const TestSet& set, const std::string& letters, const char* trouble) {
        StatusInput input;
        input.set = &set.set;
        input.set_object = set.object();
        input.stateful_set_replicas = 2;
        input.groups = groups(letters);
        input.trouble = trouble;
        input.now = kNow;
        return plan_status(input);
    };
    const auto message_in = [](const StatusPlan& status) {
        const json::Document body = json::parse(status.body).value();
        for (const json::View entry : body.root()["status"]["conditions"].items()) {
            if (entry["type"].string() == "Progressing") {
                return std::string(entry["message"].string_or("")) + "@" +
                       std::string(entry["lastTransitionTime"].string_or(""));
            }
        }
        return std::string("none");
    };
    const auto progressing = [](const std::string& message) {
        return make_set(
            "'replicas':2",
            "'size':1",
            "",
            status_with(
                "{'type':'Progressing','status':'True','observedGeneration':3,'lastTransitionTime':"
                "'2025-01-01T00:00:00Z','reason':'GroupsProgressing','message':'" +
                    message + "'}",
                ""
            )
        );
    };
    const std::string kBase = "Replicas are progressing";
    SECTION("when it turns True") {
        const StatusPlan status =
            plan_with(make_set("'replicas':2", "'size':1"), "Nn", "x is stuck");
        CHECK_THAT(message_in(status), Catch::StartsWith(kBase + "; x is stuck@2026"));
        REQUIRE(status.event);
        CHECK(status.event->note == kBase + ", with 1 groups ready of total 2 groups");
    }
    SECTION("when it is True already, without transition or event") {
        const StatusPlan status = plan_with(progressing(kBase), "Nn", "x is stuck");
        CHECK(message_in(status) == kBase + "; x is stuck@2025-01-01T00:00:00Z");
        CHECK(status.change == StatusChange::conditions);
        CHECK_FALSE(status.event);
    }
    SECTION("until it is over") {
        const StatusPlan status = plan_with(progressing(kBase + "; x is stuck"), "Nn", "");
        CHECK(message_in(status) == kBase + "@2025-01-01T00:00:00Z");
        const StatusPlan other = plan_with(progressing("of another version"), "Nn", "");
        CHECK(message_in(other) == "of another version@2025-01-01T00:00:00Z");
    }
    SECTION("and not when it turns False") {
        const StatusPlan status = plan_with(progressing(kBase + "; x is stuck"), "NN", "");
        CHECK_THAT(message_in(status), Catch::StartsWith(kBase + "@2026"));
    }
}
