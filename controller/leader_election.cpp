// SPDX-License-Identifier: Apache-2.0
#include "controller/leader_election.hpp"

#include <ctime>

#include <algorithm>
#include <utility>

#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/k8s/meta.hpp"

namespace lws::controller {
namespace {

using std::chrono::milliseconds;

// Longer leases mean nothing; the bound keeps the arithmetic from overflowing.
constexpr std::int64_t kLongestLeaseSeconds = 365LL * 24 * 3600;

std::string micro_time(std::chrono::system_clock::time_point time) {
    return k8s::format_micro_time(std::chrono::floor<std::chrono::microseconds>(time));
}

bool same_claim(const LeaseRecord& a, const LeaseRecord& b) {
    LeaseRecord copy = a;
    copy.resource_version = b.resource_version;
    return copy == b;
}

void write_spec(json::Writer& writer, const LeaseRecord& record) {
    writer.key("spec").begin_object().key("holderIdentity");
    // A lease without a holder has no such member; in a merge patch null removes it.
    record.holder.empty() ? writer.null() : writer.value(record.holder);
    writer.member("leaseDurationSeconds", record.duration_seconds);
    writer.member("acquireTime", record.acquire_time).member("renewTime", record.renew_time);
    writer.member("leaseTransitions", record.transitions).end_object();
}

Result<std::string> text_member(json::View spec, std::string_view key) {
    const json::View member = spec[key];
    if (member.absent_or_null()) return std::string();
    if (const auto text = member.string()) return std::string(*text);
    std::string message = "lease: spec.";
    message.append(key).append(": expected string, got ").append(member.type_name());
    return Error(ErrorCode::invalid_input, std::move(message));
}

Result<std::int64_t> number_member(json::View spec, std::string_view key) {
    const json::View member = spec[key];
    if (member.absent_or_null()) return std::int64_t{0};
    if (const auto number = member.int64()) return *number;
    std::string message = "lease: spec.";
    message.append(key).append(": expected integer, got ").append(member.type_name());
    return Error(ErrorCode::invalid_input, std::move(message));
}

// One transition, with what all its parts look at.
class Transition {
public:
    Transition(ElectionState state, const ElectionConfig& config, const ElectionTime& now)
        : config_(config), now_(now) {
        out_.state = std::move(state);
    }

    void on(const election_input::Start&) {
        if (s().phase == ElectionPhase::idle) read();
    }
    void on(const election_input::Read& input) {
        if (s().phase != ElectionPhase::reading) return;
        observe(input.lease);
        if (s().stopping && !leads(s())) return end();
        if (s().stopping) return release();
        if (can_take()) return update();
        if (leads(s())) return lose();
        out_.event = ElectionEvent::other_leader;
        wait(config_.retry_period);
    }
    void on(const election_input::Missing&) {
        if (s().phase != ElectionPhase::reading) return;
        s().observed.reset();
        if (s().stopping) return end();
        write(ElectionPhase::creating, ElectionActionKind::create, claim());
    }
    void on(const election_input::Written& input) {
        if (s().phase == ElectionPhase::releasing) return end();
        if (s().phase != ElectionPhase::creating && s().phase != ElectionPhase::updating) return;
        if (!leads(s())) out_.event = ElectionEvent::elected;
        observe(input.lease);
        s().renewed_at = s().attempt_at;
        if (s().stopping) return release();
        wait(config_.retry_period);
    }
    void on(const election_input::Failed& input) {
        const ElectionPhase phase = s().phase;
        if (phase == ElectionPhase::releasing) return end();
        const bool running = phase == ElectionPhase::reading || phase == ElectionPhase::creating ||
                             phase == ElectionPhase::updating;
        if (!running) return;
        if (s().stopping) return leads(s()) && phase != ElectionPhase::reading ? release() : end();
        if (leads(s()) && remaining().count() <= 0) return lose();
        const bool outdated = input.code == ErrorCode::conflict ||
                              input.code == ErrorCode::already_exists ||
                              input.code == ErrorCode::not_found;
        if (leads(s()) && outdated) return read();
        wait(leads(s()) ? std::min(config_.retry_period, remaining()) : config_.retry_period);
    }
    void on(const election_input::TimerFired&) {
        if (s().phase != ElectionPhase::waiting) return;
        if (!leads(s())) return read();
        if (remaining().count() <= 0) return lose();
        update();
    }
    void on(const election_input::Stop&) {
        s().stopping = true;
        if (s().phase == ElectionPhase::idle) return end();
        if (s().phase == ElectionPhase::waiting) return leads(s()) ? release() : end();
    }

    [[nodiscard]] ElectionStep take() { return std::move(out_); }

private:
    [[nodiscard]] ElectionState& s() { return out_.state; }

    void read() {
        s().phase = ElectionPhase::reading;
        out_.action = ElectionActionKind::read;
        out_.timeout = request_timeout();
    }
    void wait(milliseconds delay) {
        s().phase = ElectionPhase::waiting;
        out_.action = ElectionActionKind::wait;
        out_.delay = delay;
    }
    void end() {
        s().phase = ElectionPhase::ended;
        s().renewed_at.reset();
        out_.action = ElectionActionKind::end;
    }
    void lose() {
        end();
        out_.event = ElectionEvent::lost;
    }
    void update() { write(ElectionPhase::updating, ElectionActionKind::update, claim()); }
    // As client-go does: no holder, one second, so that the next reader may take it at once.
    void release() {
        LeaseRecord record = s().observed.value_or(LeaseRecord());
        record.holder.clear();
        record.duration_seconds = 1;
        record.acquire_time = record.renew_time = micro_time(now_.wall);
        write(ElectionPhase::releasing, ElectionActionKind::update, std::move(record));
        s().renewed_at.reset();
    }
    void write(ElectionPhase phase, ElectionActionKind action, LeaseRecord record) {
        s().phase = phase;
        s().written = std::move(record);
        s().attempt_at = now_.boot;
        out_.action = action;
        out_.timeout = request_timeout();
    }

    [[nodiscard]] LeaseRecord claim() {
        LeaseRecord record;
        record.holder = config_.identity;
        record.duration_seconds =
            std::chrono::duration_cast<std::chrono::seconds>(config_.lease_duration).count();
        record.acquire_time = record.renew_time = micro_time(now_.wall);
        if (!s().observed) return record;
        record.resource_version = s().observed->resource_version;
        const bool ours = s().observed->holder == config_.identity;
        record.transitions = s().observed->transitions + (ours ? 0 : 1);
        if (ours) record.acquire_time = s().observed->acquire_time;
        return record;
    }

    void observe(const LeaseRecord& lease) {
        if (!s().observed || !same_claim(*s().observed, lease)) s().observed_at = now_.boot;
        s().observed = lease;
    }

    // Its time is counted from when we last saw it change: clocks of other machines are not
    // believed.
    [[nodiscard]] bool can_take() {
        const LeaseRecord& lease = *s().observed;
        if (lease.holder.empty() || lease.holder == config_.identity) return true;
        if (leads(s())) return false;
        const auto seconds =
            std::clamp<std::int64_t>(lease.duration_seconds, 1, kLongestLeaseSeconds);
        return now_.boot > s().observed_at + std::chrono::seconds(seconds);
    }

    [[nodiscard]] milliseconds remaining() {
        return std::chrono::floor<milliseconds>(
            *s().renewed_at + config_.renew_deadline - now_.boot
        );
    }
    [[nodiscard]] milliseconds request_timeout() {
        const milliseconds half = config_.renew_deadline / 2;
        return leads(s()) ? std::clamp(remaining(), milliseconds(1), half) : half;
    }

    const ElectionConfig& config_;
    const ElectionTime& now_;
    ElectionStep out_;
};

ElectionActionKind action_of(ElectionPhase phase) {
    switch (phase) {
        case ElectionPhase::reading:
            return ElectionActionKind::read;
        case ElectionPhase::creating:
            return ElectionActionKind::create;
        case ElectionPhase::updating:
        case ElectionPhase::releasing:
            return ElectionActionKind::update;
        case ElectionPhase::ended:
            return ElectionActionKind::end;
        case ElectionPhase::idle:
        case ElectionPhase::waiting:
            break;
    }
    return ElectionActionKind::wait;
}

}  // namespace

Result<void> check(const ElectionConfig& config) {
    const auto bad = [](const char* text) { return Error(ErrorCode::invalid_input, text); };
    if (config.name.empty()) return bad("leaderElection.resourceName: is empty");
    if (config.ns.empty()) return bad("leaderElection.resourceNamespace: is empty");
    if (config.identity.empty()) return bad("leaderElection: no identity");
    if (config.lease_duration < std::chrono::seconds(1)) {
        return bad("leaderElection.leaseDuration: must be at least one second");
    }
    if (config.lease_duration <= config.renew_deadline) {
        return bad("leaderElection.leaseDuration: must be greater than renewDeadline");
    }
    if (config.retry_period.count() <= 0) {
        return bad("leaderElection.retryPeriod: must be greater than zero");
    }
    // client-go's JitterFactor.
    if (config.renew_deadline * 10 <= config.retry_period * 12) {
        return bad("leaderElection.renewDeadline: must be greater than 1.2 times retryPeriod");
    }
    return {};
}

BootTime boot_time_now() {
    timespec time{};
    (void)clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Result<LeaseRecord> read_lease(json::View lease) {
    const json::View spec = lease["spec"];
    LeaseRecord record;
    record.resource_version = lease["metadata"]["resourceVersion"].string_or("");
    if (record.resource_version.empty()) {
        return Error(ErrorCode::invalid_input, "lease: metadata.resourceVersion: is missing");
    }
    auto holder = text_member(spec, "holderIdentity");
    if (!holder) return holder.error();
    auto acquired = text_member(spec, "acquireTime");
    if (!acquired) return acquired.error();
    auto renewed = text_member(spec, "renewTime");
    if (!renewed) return renewed.error();
    const auto duration = number_member(spec, "leaseDurationSeconds");
    if (!duration) return duration.error();
    const auto transitions = number_member(spec, "leaseTransitions");
    if (!transitions) return transitions.error();
    record.holder = std::move(*holder);
    record.acquire_time = std::move(*acquired);
    record.renew_time = std::move(*renewed);
    record.duration_seconds = *duration;
    // An int32 on the server; never near its end but for a hand-made lease.
    record.transitions = std::clamp<std::int64_t>(*transitions, 0, INT32_MAX - 1);
    return record;
}

std::string make_lease(const ElectionConfig& config, const LeaseRecord& record) {
    std::string text;
    json::Writer writer(text);
    writer.begin_object();
    writer.member("apiVersion", "coordination.k8s.io/v1").member("kind", "Lease");
    writer.key("metadata").begin_object();
    writer.member("name", config.name).member("namespace", config.ns).end_object();
    write_spec(writer, record);
    writer.end_object();
    return text;
}

std::string make_lease_patch(const LeaseRecord& record) {
    std::string text;
    json::Writer writer(text);
    writer.begin_object();
    writer.key("metadata").begin_object();
    writer.member("resourceVersion", record.resource_version).end_object();
    write_spec(writer, record);
    writer.end_object();
    return text;
}

ElectionStep step(
    ElectionState state,
    const ElectionInput& input,
    const ElectionConfig& config,
    const ElectionTime& now
) {
    const ElectionPhase before = state.phase;
    Transition transition(std::move(state), config, now);
    std::visit([&transition](const auto& value) { transition.on(value); }, input);
    ElectionStep out = transition.take();
    // Nothing happened: what is running goes on.
    if (out.state.phase == before && out.event == ElectionEvent::none) {
        out.action = action_of(before);
    }
    return out;
}

bool leads(const ElectionState& state) {
    return state.renewed_at.has_value();
}

std::chrono::milliseconds request_allowance(
    const ElectionState& state, const ElectionConfig& config, BootTime now
) {
    if (!state.renewed_at || now >= *state.renewed_at + config.renew_deadline) {
        return milliseconds(0);
    }
    return std::chrono::floor<milliseconds>(*state.renewed_at + config.lease_duration - now);
}

}  // namespace lws::controller
