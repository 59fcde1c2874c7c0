// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/revision/revision_plan.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <string>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"

namespace lws::rules {
namespace {

const RevisionOwner kOwner{"vllm", "prod", "uid-1"};

json::Document parsed(std::string text) {
    auto document = json::parse(std::move(text));
    REQUIRE(document.has_value());
    return std::move(*document);
}

k8s::ControllerRevision stored_revision(std::string key, std::int64_t number, std::string data) {
    k8s::ControllerRevision made;
    made.key = {"prod", "r" + std::to_string(number)};
    made.uid = "u";
    made.set_name = "vllm";
    made.revision_key = std::move(key);
    made.controller = k8s::Owner{"LeaderWorkerSet", "vllm", "uid-1"};
    made.revision = number;
    made.data = std::move(data);
    return made;
}

std::vector<const k8s::ControllerRevision*> pointers(
    const std::vector<k8s::ControllerRevision>& revisions
) {
    std::vector<const k8s::ControllerRevision*> out;
    for (const auto& revision : revisions) out.push_back(&revision);
    return out;
}

// A set whose template differs by its image.
class Template {
public:
    explicit Template(const std::string& image)
        : spec_(parsed(
              R"({"leaderWorkerTemplate":{"workerTemplate":{"spec":{"containers":[{"image":")" +
              image + R"("}]}}}})"
          )),
          data_text_(make_revision_data(spec_.root()).value()) {}

    [[nodiscard]] json::View spec() const { return spec_.root(); }
    [[nodiscard]] const std::string& text() const { return data_text_; }
    [[nodiscard]] std::string key() const { return revision_key(data_text_); }
    [[nodiscard]] k8s::ControllerRevision revision(std::int64_t number) const {
        return stored_revision(key(), number, data_text_);
    }

private:
    json::Document spec_;
    std::string data_text_;
};

RevisionPlan planned(
    const Template& live,
    std::optional<std::string_view> leader_key,
    const std::vector<k8s::ControllerRevision>& revisions
) {
    auto plan = plan_revision(kOwner, live.spec(), leader_key, pointers(revisions));
    REQUIRE(plan.has_value());
    return *plan;
}

TEST_CASE("a new set gets revision 1 with the hash of its data", "[rules][revision]") {
    const Template a("a");
    const auto plan = planned(a, std::nullopt, {});
    CHECK(plan.key == a.key());
    CHECK(plan.change == TemplateChange::none);
    REQUIRE(plan.create.has_value());
    CHECK(plan.create->name == "vllm-" + a.key() + "-1");
    CHECK(plan.create->key == a.key());
    CHECK(plan.create->data == a.text());
    CHECK(plan.create->number == 1);
    CHECK(
        plan.create->event_note ==
        "Creating revision with key " + a.key() + " for a newly created LeaderWorkerSet"
    );
}

TEST_CASE("an unchanged template needs no revision", "[rules][revision]") {
    const Template a("a");
    const auto plan = planned(a, a.key(), {a.revision(3)});
    CHECK(plan.key == a.key());
    CHECK_FALSE(plan.create.has_value());
    CHECK(plan.change == TemplateChange::none);
}

TEST_CASE("a missing revision is made under the key that the pods carry", "[rules][revision]") {
    const Template a("a");
    const auto plan = planned(a, "oldkey", {a.revision(4)});
    CHECK(plan.key == "oldkey");
    CHECK(plan.change == TemplateChange::none);
    REQUIRE(plan.create.has_value());
    CHECK(plan.create->key == "oldkey");
    CHECK(plan.create->name == "vllm-" + a.key() + "-5");
    CHECK(
        plan.create->event_note ==
        "Creating missing revision with key oldkey for existing LeaderWorkerSet"
    );
}

TEST_CASE("a changed template gets the next number and starts a rollout", "[rules][revision]") {
    const Template a("a");
    const Template b("b");
    const auto plan = planned(b, a.key(), {a.revision(1)});
    CHECK(plan.key == b.key());
    CHECK(plan.change == TemplateChange::changed);
    REQUIRE(plan.create.has_value());
    CHECK(plan.create->number == 2);
    CHECK(plan.create->event_note == "Creating revision with key " + b.key() + " for updated LWS");
}

TEST_CASE("only the template and the network roll the groups", "[rules][revision]") {
    struct Case {
        const char* members;
        bool rolls;
    };
    const auto c = GENERATE(values<Case>({
        {R"("replicas":9)", false},
        {R"("startupPolicy":"LeaderReady")", false},
        {R"("rolloutStrategy":{"rollingUpdateConfiguration":{"partition":3,"maxSurge":2}})", false},
        {R"("networkConfig":{"subdomainPolicy":"Shared"})", false},
        {R"("networkConfig":{"subdomainPolicy":"UniquePerReplica"})", true},
        {R"("leaderWorkerTemplate":{"size":2})", true},
        {R"("leaderWorkerTemplate":{"restartPolicy":"None"})", true},
        {R"("leaderWorkerTemplate":{"leaderTemplate":{"metadata":{"labels":{"a":"b"}}}})", true},
    }));
    DYNAMIC_SECTION(c.members) {
        const auto before = parsed("{}");
        const auto data = make_revision_data(before.root()).value();
        const auto key = revision_key(data);
        const auto stored = stored_revision(key, 1, data);
        const auto after = parsed("{" + std::string(c.members) + "}");
        const auto plan = plan_revision(kOwner, after.root(), key, std::vector{&stored});
        REQUIRE(plan.has_value());
        CHECK((plan->change == TemplateChange::changed) == c.rolls);
        CHECK((plan->key != key) == c.rolls);
        CHECK(plan->create.has_value() == c.rolls);
    }
}

TEST_CASE("going back to an earlier template makes a new revision of it", "[rules][revision]") {
    const Template a("a");
    const Template b("b");
    const auto plan = planned(a, b.key(), {a.revision(1), b.revision(2)});
    CHECK(plan.key == a.key());
    REQUIRE(plan.create.has_value());
    CHECK(plan.create->number == 3);
    CHECK(plan.create->name == "vllm-" + a.key() + "-3");
}

TEST_CASE("a retry takes the revision that the failed pass made", "[rules][revision]") {
    const Template a("a");
    const Template b("b");
    const auto first = planned(a, std::nullopt, {a.revision(1)});
    CHECK(first.key == a.key());
    CHECK_FALSE(first.create.has_value());
    const auto update = planned(b, a.key(), {b.revision(2), a.revision(1)});
    CHECK(update.key == b.key());
    CHECK_FALSE(update.create.has_value());
    CHECK(update.change == TemplateChange::changed);
}

TEST_CASE("a StatefulSet without a key is given one without a rollout", "[rules][revision]") {
    const Template a("a");
    const auto plan = planned(a, "", {});
    CHECK(plan.key == a.key());
    CHECK(plan.create.has_value());
    CHECK(plan.change == TemplateChange::none);
}

TEST_CASE("stored data of an older release starts no rollout", "[rules][revision]") {
    const Template a("a");
    const std::string old =
        R"({"spec":{"leaderWorkerTemplate":{"$patch":"replace","workerTemplate":{"metadata":)"
        R"({"creationTimestamp":null},"spec":{"containers":[{"image":"a","name":"","resources":{}})"
        R"(]}}},"networkConfig":{"$patch":"replace","subdomainPolicy":"Shared"}}})";
    const auto plan = planned(a, "oldhash", {stored_revision("oldhash", 1, old)});
    CHECK(plan.key == "oldhash");
    CHECK_FALSE(plan.create.has_value());
    CHECK(plan.change == TemplateChange::none);
}

TEST_CASE(
    "of several revisions with the current key the highest number wins", "[rules][revision]"
) {
    const Template a("a");
    const Template b("b");
    auto wrong = b.revision(7);
    wrong.revision_key = a.key();
    // The data of number 7 differs from the live template, that of number 2 does not.
    const auto plan = planned(a, a.key(), {wrong, a.revision(2)});
    CHECK(plan.change == TemplateChange::changed);
    REQUIRE(plan.create.has_value());
    CHECK(plan.create->number == 8);
}

TEST_CASE("revisions of other sets do not count, ownerless ones do", "[rules][revision]") {
    const Template a("a");
    auto foreign = a.revision(9);
    foreign.controller->uid = "uid-2";
    auto of_other_set = a.revision(8);
    of_other_set.set_name = "other";
    const auto alone = planned(a, a.key(), {foreign, of_other_set});
    REQUIRE(alone.create.has_value());
    CHECK(alone.create->number == 1);
    auto orphan = a.revision(5);
    orphan.controller.reset();
    CHECK(belongs_to(orphan, kOwner));
    CHECK_FALSE(belongs_to(foreign, kOwner));
    CHECK_FALSE(belongs_to(of_other_set, kOwner));
    CHECK_FALSE(planned(a, a.key(), {foreign, orphan}).create.has_value());
    const auto truncated = plan_truncation(
        kOwner, "another", std::vector<const k8s::ControllerRevision*>{&foreign, &of_other_set}
    );
    CHECK(truncated.empty());
}

TEST_CASE("truncation deletes every revision with another key", "[rules][revision]") {
    const Template a("a");
    const Template b("b");
    std::vector revisions{
        a.revision(1), b.revision(2), a.revision(3), b.revision(4), b.revision(5)
    };
    revisions.back().deleting = true;
    const auto superseded = plan_truncation(kOwner, a.key(), pointers(revisions));
    REQUIRE(superseded.size() == 2);
    CHECK(superseded[0]->key.name == "r2");
    CHECK(superseded[1]->key.name == "r4");
}

TEST_CASE("a spec that cannot be read has no plan", "[rules][revision]") {
    const auto spec = parsed(R"({"leaderWorkerTemplate":[]})");
    const auto plan = plan_revision(kOwner, spec.root(), std::nullopt, {});
    REQUIRE_FALSE(plan.has_value());
    CHECK(plan.error().message == "spec.leaderWorkerTemplate: expected object, got array");
}

TEST_CASE("numbers go up from the highest and never wrap", "[rules][revision]") {
    const Template a("a");
    const auto next = [](const std::vector<k8s::ControllerRevision>& revisions) {
        return next_revision_number(kOwner, pointers(revisions));
    };
    CHECK(next({}) == 1);
    CHECK(next({a.revision(-5)}) == 1);
    CHECK(next({a.revision(7), a.revision(3)}) == 8);
    constexpr auto kHighest = std::numeric_limits<std::int64_t>::max();
    CHECK(next({a.revision(kHighest)}) == kHighest);
}

TEST_CASE("a revision's name holds at most 220 bytes of the set's", "[rules][revision]") {
    CHECK(revision_name("vllm", "abc", 12) == "vllm-abc-12");
    const std::string long_name(221, 'x');
    CHECK(revision_name(long_name, "abc", 1) == std::string(220, 'x') + "-abc-1");
    CHECK(revision_name(long_name.substr(1), "abc", 1) == std::string(220, 'x') + "-abc-1");
}

TEST_CASE("a revision is written with labels, owner, data and number", "[rules][revision]") {
    std::string text;
    json::Writer out(text);
    write_controller_revision(out, kOwner, {"vllm-h-2", "k", R"({"spec":{"a":"\u003c"}})", 2, ""});
    CHECK(
        text ==
        R"({"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"vllm-h-2",)"
        R"("namespace":"prod","labels":{"leaderworkerset.sigs.k8s.io/name":"vllm",)"
        R"("leaderworkerset.sigs.k8s.io/template-revision-hash":"k"},"ownerReferences":[)"
        R"({"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","name":"vllm",)"
        R"("uid":"uid-1","controller":true,"blockOwnerDeletion":true}]},)"
        R"("data":{"spec":{"a":"\u003c"}},"revision":2})"
    );
    const auto written = parsed(text);
    const auto read = k8s::read_controller_revision(written.root());
    REQUIRE(read.has_value());
    CHECK(read->key.name == "vllm-h-2");
    CHECK(read->revision_key == "k");
    CHECK(read->revision == 2);
    CHECK(belongs_to(*read, kOwner));
    CHECK(parsed(read->data).root()["spec"]["a"].string() == "<");
}

TEST_CASE("an unreadable revision equals no template, and no key finds none", "[rules][revision]") {
    const Template a("a");
    auto broken = a.revision(1);
    broken.data = "{";
    const auto plan = planned(a, a.key(), {broken});
    CHECK(plan.change == TemplateChange::changed);
    const auto keyless = stored_revision("", 1, a.text());
    CHECK(find_revision(kOwner, "", std::vector{&keyless}) == nullptr);
}

}  // namespace
}  // namespace lws::rules
