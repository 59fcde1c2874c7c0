// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/request.hpp"

#include <catch2/catch.hpp>

using namespace lws::client;

TEST_CASE("every builder makes the documented URL", "[client][request]") {
    struct Case {
        std::string name;
        Request made;
        Verb verb;
        std::string target;
        std::string content_type;
    };
    const auto c = GENERATE(values<Case>({
        {"get of a core object",
         make_get(kPods, "ns", "a-0"),
         Verb::get,
         "/api/v1/namespaces/ns/pods/a-0",
         ""},
        {"get of a grouped object",
         make_get(kStatefulSets, "ns", "a"),
         Verb::get,
         "/apis/apps/v1/namespaces/ns/statefulsets/a",
         ""},
        {"get of a cluster-scoped object ignores a namespace",
         make_get(kNodes, "ns", "n1"),
         Verb::get,
         "/api/v1/nodes/n1",
         ""},
        {"create",
         make_create(kServices, "ns", "{}"),
         Verb::post,
         "/api/v1/namespaces/ns/services?fieldManager=lws",
         "application/json"},
        {"replace",
         make_replace(kSecrets, "ns", "s", "{}"),
         Verb::put,
         "/api/v1/namespaces/ns/secrets/s?fieldManager=lws",
         "application/json"},
        {"replace of the status",
         make_replace_status(kLeaderWorkerSets, "ns", "a", "{}"),
         Verb::put,
         "/apis/leaderworkerset.x-k8s.io/v1/namespaces/ns/leaderworkersets/a/status"
         "?fieldManager=lws",
         "application/json"},
        {"apply",
         make_apply(kStatefulSets, "ns", "a", "{}"),
         Verb::patch,
         "/apis/apps/v1/namespaces/ns/statefulsets/a?fieldManager=lws&force=true",
         "application/apply-patch+yaml"},
        {"apply of a subresource",
         make_apply(kLeaderWorkerSets, "ns", "a", "{}", "status"),
         Verb::patch,
         "/apis/leaderworkerset.x-k8s.io/v1/namespaces/ns/leaderworkersets/a/status"
         "?fieldManager=lws&force=true",
         "application/apply-patch+yaml"},
        {"merge patch",
         make_merge_patch(kPods, "ns", "p", "{}"),
         Verb::patch,
         "/api/v1/namespaces/ns/pods/p?fieldManager=lws",
         "application/merge-patch+json"},
        {"JSON patch",
         make_json_patch(kMutatingWebhookConfigurations, "", "w", "[]"),
         Verb::patch,
         "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/w?fieldManager=lws",
         "application/json-patch+json"},
        {"a name with reserved characters is encoded",
         make_get(kPods, "n s", "a/b?c"),
         Verb::get,
         "/api/v1/namespaces/n%20s/pods/a%2Fb%3Fc",
         ""},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(c.made.verb == c.verb);
        CHECK(c.made.target == c.target);
        CHECK(c.made.content_type == c.content_type);
    }
}

TEST_CASE("a list asks for pages with encoded selectors", "[client][request]") {
    ListParams params;
    params.label_selector = "a.b/c=d,e in (f,g)";
    params.field_selector = "metadata.name=x";
    CHECK(
        make_list(kPods, "", params).target ==
        "/api/v1/pods?labelSelector=a.b%2Fc%3Dd%2Ce%20in%20%28f%2Cg%29"
        "&fieldSelector=metadata.name%3Dx&limit=500"
    );
}

TEST_CASE(
    "a continued list repeats the selectors and leaves resourceVersion out", "[client][request]"
) {
    ListParams params;
    params.label_selector = "a";
    params.continue_token = "t+/=";
    params.resource_version = "5";
    CHECK(
        make_list(kPods, "ns", params).target ==
        "/api/v1/namespaces/ns/pods?labelSelector=a&limit=500&continue=t%2B%2F%3D"
    );
}

TEST_CASE("a list without a limit is not paged", "[client][request]") {
    ListParams params;
    params.limit = 0;
    params.resource_version = "0";
    CHECK(make_list(kNodes, "", params).target == "/api/v1/nodes?resourceVersion=0");
}

TEST_CASE("a watch asks for bookmarks and a time limit", "[client][request]") {
    WatchParams params;
    params.label_selector = "a=b";
    params.resource_version = "42";
    CHECK(
        make_watch(kPods, "", params).target ==
        "/api/v1/pods?watch=true&labelSelector=a%3Db&resourceVersion=42&allowWatchBookmarks=true"
        "&timeoutSeconds=290"
    );
    params.initial_events = InitialEvents::stream;
    CHECK_THAT(
        make_watch(kPods, "", params).target,
        Catch::EndsWith("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")
    );
}

TEST_CASE("a delete carries its options in the body", "[client][request]") {
    DeleteParams params;
    CHECK(
        make_delete(kPods, "ns", "p").body ==
        R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background"})"
    );
    params.propagation = Propagation::foreground;
    params.uid = "u-1";
    params.resource_version = "7";
    params.grace_period_seconds = 0;
    const Request request = make_delete(kPods, "ns", "p", params);
    CHECK(request.verb == Verb::remove);
    CHECK(request.content_type == "application/json");
    CHECK(
        request.body ==
        R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Foreground",)"
        R"("gracePeriodSeconds":0,"preconditions":{"uid":"u-1","resourceVersion":"7"}})"
    );
    params.propagation = Propagation::orphan;
    CHECK_THAT(make_delete(kPods, "ns", "p", params).body, Catch::Contains("\"Orphan\""));
}

TEST_CASE("only requests that can be repeated count as idempotent", "[client][request]") {
    CHECK(is_idempotent(make_get(kPods, "ns", "p")));
    CHECK(is_idempotent(make_replace(kPods, "ns", "p", "{}")));
    CHECK(is_idempotent(make_delete(kPods, "ns", "p")));
    CHECK(is_idempotent(make_apply(kPods, "ns", "p", "{}")));
    CHECK(is_idempotent(make_merge_patch(kPods, "ns", "p", "{}")));
    CHECK_FALSE(is_idempotent(make_create(kPods, "ns", "{}")));
    CHECK_FALSE(is_idempotent(make_json_patch(kPods, "ns", "p", "[]")));
}

TEST_CASE("percent encoding leaves the unreserved characters alone", "[client][request]") {
    CHECK(percent_encode("azAZ09-._~") == "azAZ09-._~");
    CHECK(percent_encode("\xC3\xA4%&=+\n") == "%C3%A4%25%26%3D%2B%0A");
    CHECK(percent_encode(std::string_view("\0", 1)) == "%00");
}

TEST_CASE("methods are named as HTTP does", "[client][request]") {
    CHECK(method_name(Verb::get) == "GET");
    CHECK(method_name(Verb::post) == "POST");
    CHECK(method_name(Verb::put) == "PUT");
    CHECK(method_name(Verb::patch) == "PATCH");
    CHECK(method_name(Verb::remove) == "DELETE");
}
