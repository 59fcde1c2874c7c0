// SPDX-License-Identifier: Apache-2.0
// The elector against a scripted API server over loopback TLS.
#include "controller/leader_election_lease.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "pkg/lws/client/api_client_fixture.hpp"

using namespace lws;
using namespace lws::controller;
using namespace lws::testing;
using namespace std::chrono_literals;

namespace {

Step lease_answer(int status, const std::string& holder, int version) {
    return answer(
        status,
        R"({"metadata":{"resourceVersion":")" + std::to_string(version) +
            R"("},"spec":{"holderIdentity":")" + holder + R"(","leaseDurationSeconds":1}})"
    );
}

Step no_lease() {
    return answer(404, R"({"message":"not found"})");
}

class ElectionWorld : public ClientWorld {
public:
    ElectionWorld() {
        config.ns = "ns";
        config.name = "lease";
        config.identity = "me";
        config.lease_duration = 1500ms;
        config.renew_deadline = 400ms;
        config.retry_period = 20ms;
    }
    ~ElectionWorld() {
        if (client) client->stop();
        if (elector && !end) run_until([this] { return end.has_value(); });
    }
    ElectionWorld(const ElectionWorld&) = delete;
    ElectionWorld& operator=(const ElectionWorld&) = delete;

    void start() {
        elector.emplace(connect(), config, make_null_logger());
        boost::asio::co_spawn(
            io,
            elector->run([this] { ++elected; }),
            [this](std::exception_ptr error, ElectionEnd value) {
                CHECK_FALSE(error);
                end = value;
            }
        );
    }
    void run_until_elected() {
        run_until([this] { return elected > 0; });
    }

    ElectionConfig config;
    std::optional<LeaderElector> elector;
    std::optional<ElectionEnd> end;
    int elected = 0;
};

}  // namespace

TEST_CASE("an elector creates, renews and releases its lease", "[controller][leader_election]") {
    ElectionWorld w;
    w.server->expect(no_lease());
    w.server->expect(lease_answer(201, "me", 1));
    for (int i = 2; i < 100; ++i) w.server->expect(lease_answer(200, "me", i));
    w.start();
    CHECK_FALSE(w.elector->may_start_request());
    w.run_until_elected();
    CHECK(w.elector->is_leader());
    CHECK(w.elector->may_start_request());
    w.run_until([&w] { return w.server->requests().size() >= 4; });
    w.elector->stop();
    w.run_until([&w] { return w.end.has_value(); });
    CHECK(*w.end == ElectionEnd::released);
    CHECK_FALSE(w.elector->may_start_request());
    CHECK(w.elected == 1);
    const auto& requests = w.server->requests();
    CHECK(requests[0].target == "/apis/coordination.k8s.io/v1/namespaces/ns/leases/lease");
    CHECK(requests[1].method == "POST");
    CHECK(requests[2].method == "PATCH");
    CHECK(requests[2].content_type == "application/merge-patch+json");
    CHECK_THAT(requests[2].body, Catch::Contains(R"("resourceVersion":"1")"));
    CHECK_THAT(requests.back().body, Catch::Contains(R"("holderIdentity":null)"));
}

TEST_CASE("a lease that cannot be renewed is lost in time", "[controller][leader_election]") {
    ElectionWorld w;
    w.server->expect(no_lease());
    w.server->expect(lease_answer(201, "me", 1));
    w.server->expect(Step("", Then::hold));
    w.start();
    w.run_until_elected();
    const auto elected_at = std::chrono::steady_clock::now();
    w.run_until([&w] { return w.end.has_value(); });
    CHECK(*w.end == ElectionEnd::lost);
    CHECK(std::chrono::steady_clock::now() - elected_at < w.config.lease_duration);
    CHECK_FALSE(w.elector->may_start_request());
}

TEST_CASE("a lease that another took is lost at once", "[controller][leader_election]") {
    ElectionWorld w;
    w.server->expect(no_lease());
    w.server->expect(lease_answer(201, "me", 1));
    w.server->expect(answer(409, R"({"reason":"Conflict","message":"modified"})"));
    w.server->expect(lease_answer(200, "other", 9));
    w.start();
    w.run_until([&w] { return w.end.has_value(); });
    CHECK(*w.end == ElectionEnd::lost);
    CHECK(w.server->requests().size() == 4);
}

TEST_CASE("a candidate stops at once", "[controller][leader_election]") {
    ElectionWorld w;
    w.config.lease_duration = 3h;
    w.config.renew_deadline = 2h;
    w.config.retry_period = 1h;
    w.server->expect(lease_answer(200, "other", 9));
    w.start();
    w.run_until([&w] { return w.server->requests().size() == 1; });
    w.elector->stop();
    w.run_until([&w] { return w.end.has_value(); });
    CHECK(*w.end == ElectionEnd::released);
    CHECK(w.server->requests().size() == 1);
}

namespace {

constexpr int kWritten = 10;
constexpr int kFenced = 11;
constexpr int kNeither = 12;

enum class Leader { stops, goes_on };

// A process of its own: is elected, perhaps is stopped, and then tries to write.
int lead_and_write(
    const client::ConnectionSettings& settings, const ElectionConfig& config, Leader leader
) {
    boost::asio::io_context io{1};
    client::ApiClient client(io.get_executor(), settings, {}, make_null_logger());
    LeaderElector elector(client, config, make_null_logger());
    client.set_allowance([&elector](const client::Request& r) { return elector.allowance(r); });
    int result = kNeither;
    const auto write = [&] {
        if (leader == Leader::stops) (void)raise(SIGSTOP);
        boost::asio::co_spawn(
            io,
            client.call(client::make_create(client::kPods, "ns", "{}")),
            [&](std::exception_ptr, Result<json::Document> answer) {
                const bool fenced =
                    answer.has_error() && answer.error().code == ErrorCode::cancelled;
                result = fenced ? kFenced : kWritten;
                io.stop();
            }
        );
    };
    boost::asio::co_spawn(io, elector.run(write), [](std::exception_ptr, ElectionEnd) {});
    io.run_for(std::chrono::seconds(15));
    return result;
}

// Ends with the test, however that ends.
class Child {
public:
    explicit Child(pid_t pid) : pid_(pid) {}
    ~Child() {
        if (ended_) return;
        (void)kill(pid_, SIGKILL);
        (void)waitpid(pid_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] bool is_stopped() const {
        int status = 0;
        return waitpid(pid_, &status, WNOHANG | WUNTRACED) == pid_ && WIFSTOPPED(status);
    }
    void go_on() const { (void)kill(pid_, SIGCONT); }
    // -1 while it runs.
    [[nodiscard]] int exit_status() {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) != pid_) return -1;
        ended_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : kNeither;
    }

private:
    pid_t pid_;
    bool ended_ = false;
};

}  // namespace

TEST_CASE(
    "a leader that was stopped writes nothing when it wakes up", "[controller][leader_election]"
) {
    const Leader leader = GENERATE(Leader::stops, Leader::goes_on);
    ElectionWorld w;
    w.config.lease_duration = 30s;
    w.config.renew_deadline = 2s;
    w.config.retry_period = 500ms;
    for (int i = 1; i < 100; ++i) w.server->expect(lease_answer(200, "", i));
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) _exit(lead_and_write(w.settings, w.config, leader));
    Child child(pid);
    if (leader == Leader::stops) {
        w.run_until([&child] { return child.is_stopped(); });
        const BootTime fallen = boot_time_now() + w.config.renew_deadline;
        w.run_until([fallen] { return boot_time_now() > fallen; });
        child.go_on();
    }
    int status = -1;
    w.run_until([&] {
        status = child.exit_status();
        return status >= 0;
    });
    CHECK(status == (leader == Leader::stops ? kFenced : kWritten));
    const auto& requests = w.server->requests();
    const auto written = std::count_if(requests.begin(), requests.end(), [](const auto& request) {
        return request.target.starts_with("/api/v1/namespaces/ns/pods");
    });
    CHECK(written == (leader == Leader::stops ? 0 : 1));
}

TEST_CASE("the fence lets reads and the lease through", "[controller][leader_election]") {
    ElectionWorld w;
    LeaderElector elector(w.connect(), w.config, make_null_logger());
    using namespace lws::client;
    CHECK(elector.allowance(make_get(kPods, "ns", "p")) > 1h);
    CHECK(elector.allowance(make_create(kLeases, "ns", "{}")) > 1h);
    CHECK(elector.allowance(make_merge_patch(kLeases, "ns", "lease", "{}")) > 1h);
    CHECK(elector.allowance(make_create(kPods, "ns", "{}")) == 0ms);
    CHECK(elector.allowance(make_merge_patch(kLeases, "other", "lease", "{}")) == 0ms);
}
