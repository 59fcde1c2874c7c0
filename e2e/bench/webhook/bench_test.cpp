// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "e2e/bench/webhook/modes.hpp"
#include "pkg/lws/http/testing/test_server.hpp"

namespace lws::bench {
namespace {

using Catch::Matchers::Contains;
using http::Method;
using http::testing::TestServer;
using http::testing::Transport;

const std::filesystem::path kReviews =
    std::filesystem::path(LWS_SOURCE_DIR) / "e2e/bench/webhook/reviews";

TEST_CASE("percentiles are by nearest rank", "[bench]") {
    std::vector<std::uint32_t> times;
    for (std::uint32_t i = 1000; i >= 1; --i) {
        times.push_back(i * 1000);
    }
    const Percentiles found = percentiles(times);
    CHECK(found.p50 == 500);
    CHECK(found.p99 == 990);
    CHECK(found.p999 == 999);
    std::vector<std::uint32_t> two{3000, 1500};
    CHECK(percentiles(two).p50 == 1.5);
    CHECK(percentiles(two).p999 == 3);
    std::vector<std::uint32_t> none;
    CHECK(percentiles(none).p99 == 0);
}

TEST_CASE("a spread is the middle with both ends", "[bench]") {
    const Spread odd = spread_of({9, 1, 4});
    CHECK(odd.median == 4);
    CHECK(odd.low == 1);
    CHECK(odd.high == 9);
    CHECK(spread_of({4, 1, 2, 9}).median == 3);
    CHECK(spread_of({}).high == 0);
    // Round by round: both rounds were twice as slow, though one was slower for both.
    const Spread ratio = ratio_of({20, 2}, {10, 1});
    CHECK(ratio.low == 2);
    CHECK(ratio.high == 2);
}

TEST_CASE("what the kernel says of a process is read", "[bench]") {
    const Memory memory = parse_status("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n");
    CHECK(memory.resident == 1024 * 1024);
    CHECK(memory.peak == 2048 * 1024);
    CHECK(parse_schedstat("123456789 55 66\n") == nanoseconds(123456789));
    CHECK_THROWS_WITH(parse_status("Name:\tx\n"), Contains("VmRSS"));
    CHECK_THROWS(parse_schedstat(""));
    CHECK_THROWS(ServerProcess(0x7fffffff, ""));

    const ServerProcess self(::getpid(), "");
    const nanoseconds before = self.cpu();
    const auto end = SteadyClock::now() + std::chrono::milliseconds(20);
    while (SteadyClock::now() < end) {
    }
    CHECK(self.cpu() > before);
    CHECK(self.memory().peak >= self.memory().resident);
    CHECK_FALSE(self.heap_calls());
}

TEST_CASE("only this machine is put under load", "[bench]") {
    CHECK(parse_url("https://127.0.0.1:9443").port == 9443);
    CHECK(parse_url("https://localhost:1/").ip == "127.0.0.1");
    CHECK(parse_url("https://[::1]:2").ip == "::1");
    for (const char* const url :
         {"http://127.0.0.1:1",
          "https://10.0.0.1:443",
          "https://example.org:443",
          "https://127.0.0.1",
          "https://127.0.0.1:0",
          "https://127.0.0.1:70000",
          "https://127.0.0.1:1/path",
          ""}) {
        CAPTURE(url);
        CHECK_THROWS_WITH(parse_url(url), Contains("expected https://"));
    }
}

TEST_CASE("every recorded review has its path, its decision and its uid", "[bench]") {
    const std::vector<Review> reviews = read_reviews(kReviews);
    std::vector<std::string> names;
    for (const Review& review : reviews) {
        CAPTURE(review.name);
        names.push_back(review.name);
        CHECK(review.path.find("v1") != std::string::npos);
        CHECK((review.expected == Decision::denied) == (review.name == "denied"));
        CHECK(review.uid.size() == 36);
        const std::string request = request_text(review, "localhost:1");
        CHECK(request.find("POST " + review.path + "?timeout=10s HTTP/1.1\r\n") == 0);
        CHECK(request.find("\r\n\r\n" + review.body) == request.size() - review.body.size() - 4);
    }
    CHECK(
        names ==
        std::vector<std::string>{
            "leader",
            "worker",
            "subgroup",
            "tpu",
            "pod-30k",
            "set-create",
            "set-update",
            "denied",
            "set-small"
        }
    );
    CHECK_THROWS_WITH(read_reviews("/nowhere"), Contains("/nowhere"));
}

std::string answer(std::string_view uid, bool allowed) {
    return R"({"kind":"AdmissionReview","response":{"uid":")" + std::string(uid) +
           R"(","allowed":)" + (allowed ? "true" : R"(false,"status":{"message":"no"})") + "}}";
}

Review make_review(Decision expected) {
    return {"worker", "/mutate--v1-pod", expected, R"({"request":{"uid":"u"}})", "u"};
}

TEST_CASE("a wrong answer is told from a right one", "[bench]") {
    const Review wants_allowed = make_review(Decision::allowed);
    const Review wants_denied = make_review(Decision::denied);
    AnswerJudge allowed(wants_allowed, Judging::decision);
    AnswerJudge denied(wants_denied, Judging::decision);
    allowed.check(answer("u", true));
    denied.check(answer("u", false));
    CHECK_THROWS_WITH(allowed.check(answer("u", false)), Contains("wrong decision: denied: no"));
    CHECK_THROWS_WITH(denied.check(answer("u", true)), Contains("wrong decision: allowed"));
    CHECK_THROWS_WITH(allowed.check(answer("v", true)), Contains("uid"));
    CHECK_THROWS_WITH(allowed.check("{}"), Contains("no AdmissionReview"));
    CHECK_THROWS_WITH(allowed.check("{"), Contains("no JSON"));
    CHECK_THROWS(allowed.check(""));
    // After all that the right one is still right.
    allowed.check(answer("u", true));

    AnswerJudge constant(wants_denied, Judging::constant);
    constant.check(answer("v", true));
    CHECK_THROWS_WITH(constant.check(answer("v", false)), Contains("wrong decision"));
}

// A webhook of this process that answers with what `handler` makes.
class Server {
public:
    explicit Server(http::Handler handler) : server_(Transport::tls) {
        server_.router.add({"/mutate--v1-pod", Method::post, 1 << 20, std::move(handler)});
        server_.start();
    }
    [[nodiscard]] std::unique_ptr<Target> target(std::string name) const {
        return std::make_unique<Target>(
            std::move(name),
            "https://127.0.0.1:" + std::to_string(server_.port()),
            ::getpid(),
            "",
            Judging::decision
        );
    }

private:
    TestServer server_;
};

Server answering(std::string text, unsigned status = 200) {
    return Server([text, status](http::Request&, http::Response& response) {
        response.status = status;
        response.body = text;
    });
}

TEST_CASE("connections send as many requests as they are told", "[bench]") {
    std::atomic<int> seen = 0;
    const Server server([&](http::Request& request, http::Response& response) {
        seen += request.body == R"({"request":{"uid":"u"}})" ? 1 : 1000;
        response.body = answer("u", true);
    });
    const auto target = server.target("a");
    Connections connections(*target, 3);
    const Round counted = connections.run({make_review(Decision::allowed)}, 20);
    CHECK(counted.latencies.size() == 20);
    CHECK(seen == 20);
    CHECK(counted.cpu > nanoseconds(0));
    CHECK(counted.rate() > 0);
    // Each connection sends at least one, however short the time.
    const Round timed = connections.run(make_review(Decision::allowed), nanoseconds(0));
    CHECK(timed.latencies.size() >= 3);
}

TEST_CASE("a server that answers wrong fails the measurement", "[bench]") {
    const auto load = [](const Server& server) {
        const auto target = server.target("a");
        Connections connections(*target, 2);
        static_cast<void>(connections.run({make_review(Decision::allowed)}, 10));
    };
    CHECK_NOTHROW(load(answering(answer("u", true))));
    CHECK_THROWS_WITH(load(answering(answer("u", false))), Contains("wrong decision"));
    CHECK_THROWS_WITH(load(answering("sorry")), Contains("no JSON"));
    CHECK_THROWS_WITH(load(answering(answer("u", true), 500)), Contains("HTTP status 500"));
    const std::unique_ptr<Target> nobody = answering("").target("a");
    CHECK_THROWS(Connections(*nobody, 1));
}

TEST_CASE("limits that do not hold are told", "[bench]") {
    const Server server = answering(answer("u", true));
    Targets targets;
    targets.push_back(server.target("a"));
    targets.push_back(server.target("b"));
    const Review review = make_review(Decision::allowed);

    LoadOptions load{{8}, 1, 0.01, 1000, 1000};
    CHECK(run_load(targets, {review}, load) == Verdict::within);
    load.most_cpu_ratio = 1e-6;
    CHECK(run_load(targets, {review}, load) == Verdict::exceeded);

    IdleOptions idle{5, 20, 1e6, 0};
    CHECK(run_idle(targets, review, idle) == Verdict::within);
    idle.most_resident_mb = 1e-3;
    CHECK(run_idle(targets, review, idle) == Verdict::exceeded);

    SoakOptions soak{40, 2, 1e6, 1e6};
    CHECK(run_soak(targets, {review}, soak) == Verdict::within);
    soak.most_resident_mib = 1e-3;
    CHECK(run_soak(targets, {review}, soak) == Verdict::exceeded);
    soak = {40, 2, 1e6, -1e6};
    CHECK(run_soak(targets, {review}, soak) == Verdict::exceeded);

    CHECK(run_burst(targets, review, {10, 1}) == Verdict::within);
    CHECK_THROWS_WITH(run_heap(targets, {review}, {}), Contains("not counted"));
}

TEST_CASE("heap calls of another process are counted", "[bench]") {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("heap-count-" + std::to_string(::getpid()));
    const std::string command = "LWS_HEAP_COUNT=" + file.string() +
                                " LD_PRELOAD=" LWS_HEAP_COUNT_LIBRARY " /bin/ls / >/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
    const ServerProcess self(::getpid(), file);
    CHECK(self.heap_calls().value_or(0) > 10);
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace lws::bench
