// SPDX-License-Identifier: Apache-2.0
// List and watch against a scripted server over loopback TLS, through each way to break.
#include "pkg/lws/client/reflector.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "pkg/lws/client/api_client_fixture.hpp"

using namespace lws;
using namespace lws::client;
using namespace lws::testing;
using namespace std::chrono_literals;

namespace {

// What the sink was told, as one line.
struct Sink final : WatchSink {
    void init() override { seen += "init "; }
    void init_apply(json::View object) override { seen += "+" + name(object) + " "; }
    void init_done(std::string_view) override { seen += "done "; }
    void apply(json::View object) override { seen += "apply:" + name(object) + " "; }
    void deleted(json::View object) override { seen += "deleted:" + name(object) + " "; }

    static std::string name(json::View object) {
        return std::string(object["metadata"]["name"].string_or("?"));
    }
    std::string seen;
};

std::string object(const std::string& name, int version) {
    return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" +
           std::to_string(version) + R"("}})";
}

std::string event(const std::string& type, const std::string& body) {
    return R"({"type":")" + type + R"(","object":)" + body + "}";
}

Step list_answer(const std::string& items, const std::string& next = {}) {
    return answer(
        200,
        R"({"metadata":{"resourceVersion":"10","continue":")" + next + R"("},"items":[)" + items +
            "]}"
    );
}

// A reflector of pods on its way; `expect` steps before start().
class WatchWorld : public ClientWorld {
public:
    WatchWorld() {
        reflector_options.backoff = BackoffLimits{1ms, 10ms};
        reflector_options.label_selector = "a=b";
        reflector_options.streaming_lists = false;
    }
    ~WatchWorld() { stop(); }
    WatchWorld(const WatchWorld&) = delete;
    WatchWorld& operator=(const WatchWorld&) = delete;

    void start() {
        reflector.emplace(connect(), kPods, reflector_options, sink, make_null_logger());
        boost::asio::co_spawn(io, reflector->run(), [this](std::exception_ptr error) {
            CHECK_FALSE(error);
            ended = true;
        });
    }
    void stop() {
        if (!reflector || ended) return;
        reflector->stop();
        if (client) client->stop();
        run_until([this] { return ended; });
    }
    void run_until_seen(const std::string& wanted) {
        run_until([&] { return sink.seen.size() >= wanted.size(); });
        CHECK(sink.seen == wanted);
    }
    [[nodiscard]] std::string target(std::size_t index) const {
        return server->requests().at(index).target;
    }

    ReflectorOptions reflector_options;
    Sink sink;
    std::optional<Reflector> reflector;
    bool ended = false;
};

}  // namespace

TEST_CASE("pages become one list and then events", "[client][reflector]") {
    WatchWorld w;
    w.server->expect(list_answer(object("a", 1), "next"));
    w.server->expect(list_answer(object("b", 2)));
    w.server->expect(watch_answer(
        {event("ADDED", object("c", 11)),
         event("MODIFIED", object("a", 12)),
         event("DELETED", object("b", 13))},
        Then::hold
    ));
    w.start();
    w.run_until_seen("init +a +b done apply:c apply:a deleted:b ");
    CHECK(w.reflector->synced());
    CHECK(w.target(0) == "/api/v1/pods?labelSelector=a%3Db&limit=500");
    CHECK(w.target(1) == "/api/v1/pods?labelSelector=a%3Db&limit=500&continue=next");
    CHECK_THAT(
        w.target(2), Catch::Contains("watch=true") && Catch::Contains("resourceVersion=10&")
    );
}

TEST_CASE(
    "a watch that broke amid an event resumes after the last whole one", "[client][reflector]"
) {
    WatchWorld w;
    w.server->expect(list_answer(""));
    Step broken = watch_answer({event("ADDED", object("a", 11))}, Then::close);
    broken.bytes += "40\r\n{\"type\":\"ADDED\",\"obj";
    w.server->expect(broken);
    w.server->expect(watch_answer({event("ADDED", object("b", 12))}, Then::hold));
    w.start();
    w.run_until_seen("init done apply:a apply:b ");
    CHECK_THAT(w.target(2), Catch::Contains("resourceVersion=11&"));
}

TEST_CASE("a watch resumes from a bookmark", "[client][reflector]") {
    WatchWorld w;
    w.server->expect(list_answer(""));
    w.server->expect(watch_answer({event("BOOKMARK", object("", 77))}, Then::close));
    w.server->expect(watch_answer({event("ADDED", object("b", 78))}, Then::hold));
    w.start();
    w.run_until_seen("init done apply:b ");
    CHECK_THAT(w.target(2), Catch::Contains("resourceVersion=77&"));
}

TEST_CASE("410 makes a new list", "[client][reflector]") {
    const std::string way = GENERATE("status", "event");
    DYNAMIC_SECTION(way) {
        WatchWorld w;
        const std::string gone = R"({"kind":"Status","code":410,"reason":"Expired"})";
        w.server->expect(list_answer(object("a", 1)));
        if (way == "status") {
            w.server->expect(answer(410, gone));
        } else {
            w.server->expect(watch_answer({event("ERROR", gone)}, Then::close));
        }
        w.server->expect(list_answer(object("b", 2)));
        w.server->expect(watch_answer({}, Then::hold));
        w.start();
        w.run_until_seen("init +a done init +b done ");
        w.run_until([&w] { return w.server->requests().size() == 4; });
    }
}

TEST_CASE("a list comes as events where the server has that", "[client][reflector]") {
    WatchWorld w;
    w.reflector_options.streaming_lists = true;
    const std::string end =
        R"({"metadata":{"resourceVersion":"30","annotations":{"k8s.io/initial-events-end":"true"}}})";
    w.server->expect(watch_answer(
        {event("ADDED", object("a", 1)),
         event("ADDED", object("b", 2)),
         event("BOOKMARK", end),
         event("MODIFIED", object("a", 31))},
        Then::close
    ));
    w.server->expect(watch_answer({event("ADDED", object("c", 32))}, Then::hold));
    w.start();
    w.run_until_seen("init +a +b done apply:a apply:c ");
    CHECK(w.reflector->synced());
    CHECK(
        w.target(0) ==
        "/api/v1/pods?watch=true&labelSelector=a%3Db&allowWatchBookmarks=true&timeoutSeconds=290"
        "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    );
    CHECK_THAT(
        w.target(1), Catch::Contains("resourceVersion=31&") && !Catch::Contains("sendInitialEvents")
    );
}

TEST_CASE("a server without streaming lists is asked once", "[client][reflector]") {
    const int status = GENERATE(400, 422);
    DYNAMIC_SECTION(status) {
        WatchWorld w;
        w.reflector_options.streaming_lists = true;
        w.server->expect(answer(
            status,
            R"({"reason":"Invalid","message":"sendInitialEvents: Forbidden: unless the WatchList )"
            R"(feature gate is enabled"})"
        ));
        w.server->expect(list_answer(object("a", 1), "next"));
        w.server->expect(answer(410, R"({"reason":"Expired","message":"too old"})"));
        w.server->expect(list_answer(object("b", 2)));
        w.server->expect(watch_answer({}, Then::hold));
        w.start();
        w.run_until_seen("init +a init +b done ");
        w.run_until([&w] { return w.server->requests().size() == 5; });
        CHECK_THAT(w.target(0), Catch::Contains("sendInitialEvents=true"));
        CHECK(w.target(1) == "/api/v1/pods?labelSelector=a%3Db&limit=500");
        CHECK(w.target(2) == "/api/v1/pods?labelSelector=a%3Db&limit=500&continue=next");
        CHECK(w.target(3) == "/api/v1/pods?labelSelector=a%3Db&limit=500");
    }
}

TEST_CASE("a list as events that falls silent is given up", "[client][reflector]") {
    WatchWorld w;
    w.reflector_options.streaming_lists = true;
    w.reflector_options.list_timeout = 100ms;
    w.server->expect(watch_answer({event("ADDED", object("a", 1))}, Then::hold));
    w.server->expect(list_answer(object("b", 2)));
    w.server->expect(watch_answer({}, Then::hold));
    w.start();
    w.run_until_seen("init +a init +b done ");
}

TEST_CASE("lists are tried again until one succeeds", "[client][reflector]") {
    WatchWorld w;
    w.server->expect(answer(500, "{}"));
    w.server->expect(answer(403, R"({"message":"forbidden"})"));
    w.server->expect(Step("garbage\r\n\r\n", Then::close));
    w.server->expect(answer(200, "[]"));
    w.server->expect(list_answer(object("a", 1)));
    w.server->expect(watch_answer({}, Then::hold));
    w.start();
    w.run_until_seen("init +a done ");
}

TEST_CASE("garbage in a watch makes a new list", "[client][reflector]") {
    WatchWorld w;
    w.server->expect(list_answer(object("a", 1)));
    w.server->expect(watch_answer({"garbage"}, Then::hold));
    w.server->expect(list_answer(object("b", 1)));
    w.server->expect(watch_answer({}, Then::hold));
    w.start();
    w.run_until_seen("init +a done init +b done ");
}

TEST_CASE("a silent watch is opened again after its time", "[client][reflector]") {
    WatchWorld w;
    w.reflector_options.watch_timeout = 0s;
    w.reflector_options.idle_margin = 100ms;
    w.server->expect(list_answer(""));
    w.server->expect(watch_answer({event("ADDED", object("a", 11))}, Then::hold));
    w.server->expect(watch_answer({event("ADDED", object("b", 12))}, Then::hold));
    w.start();
    w.run_until_seen("init done apply:a apply:b ");
    CHECK_THAT(w.target(2), Catch::Contains("resourceVersion=11&"));
}

TEST_CASE("a watch that the server ends is opened again", "[client][reflector]") {
    WatchWorld w;
    w.server->expect(list_answer(""));
    w.server->expect(watch_answer({event("ADDED", object("a", 11))}, Then::keep));
    w.server->expect(watch_answer({event("ADDED", object("b", 12))}, Then::hold));
    w.start();
    w.run_until_seen("init done apply:a apply:b ");
}

TEST_CASE("a watch carries more than a body limit allows", "[client][reflector]") {
    WatchWorld w;
    w.options.max_body_bytes = 1000;
    w.server->expect(list_answer(""));
    std::vector<std::string> events;
    std::string expected = "init done ";
    for (int i = 0; i < 300; ++i) {
        events.push_back(event("ADDED", object("a", 11 + i)));
        expected += "apply:a ";
    }
    w.server->expect(watch_answer(events, Then::hold));
    w.start();
    w.run_until_seen(expected);
    CHECK(w.server->requests().size() == 2);
}

TEST_CASE("a server that comes back is found again", "[client][reflector]") {
    WatchWorld w;
    w.server->expect(list_answer(object("a", 1)));
    w.server->expect(watch_answer({}, Then::hold));
    w.start();
    w.run_until([&w] { return w.server->requests().size() == 2; });
    w.server->expect(watch_answer({event("ADDED", object("b", 11))}, Then::hold));
    w.server->drop_connections();
    w.run_until_seen("init +a done apply:b ");
}

TEST_CASE("stop ends a reflector whatever it is doing", "[client][reflector]") {
    const std::string when = GENERATE("at once", "listing", "opening", "watching", "waiting");
    DYNAMIC_SECTION(when) {
        WatchWorld w;
        if (when == "waiting") {
            w.reflector_options.backoff = BackoffLimits{1h, 1h};
            w.server->expect(answer(500, "{}"));
        }
        if (when == "listing") w.server->expect(Step("", Then::hold));
        if (when == "opening" || when == "watching") w.server->expect(list_answer(""));
        if (when == "opening") w.server->expect(Step("", Then::hold));
        if (when == "watching") w.server->expect(watch_answer({}, Then::hold));
        w.start();
        const std::size_t requests =
            when == "at once" ? 0 : (when == "opening" || when == "watching" ? 2 : 1);
        w.run_until([&] { return w.server->requests().size() == requests; });
        w.io.restart();
        w.io.poll();
        w.stop();
        CHECK(w.ended);
    }
}
