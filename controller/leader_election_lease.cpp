// SPDX-License-Identifier: Apache-2.0
#include "controller/leader_election_lease.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace lws::controller {
namespace {

namespace asio = boost::asio;

ElectionTime time_now() {
    return {boot_time_now(), std::chrono::system_clock::now()};
}

}  // namespace

LeaderElector::LeaderElector(client::ApiClient& client, ElectionConfig config, Logger logger)
    : client_(client),
      config_(std::move(config)),
      logger_(std::move(logger)),
      timer_(client.get_executor()),
      lease_path_(client::make_create(client::kLeases, config_.ns, {}).target) {
    lease_path_.resize(lease_path_.find('?'));
}

asio::awaitable<ElectionEnd> LeaderElector::run(std::function<void()> on_elected) {
    ElectionInput input = election_input::Start{};
    while (true) {
        if (stop_wanted_ && !state_.stopping) input = election_input::Stop{};
        const ElectionStep next = advance(input);
        tell(next);
        if (next.event == ElectionEvent::elected && on_elected) on_elected();
        if (next.action == ElectionActionKind::end) {
            co_return next.event == ElectionEvent::lost ? ElectionEnd::lost : ElectionEnd::released;
        }
        input = co_await perform(next.action, next.delay, next.timeout);
        if (client_.stopped()) co_return ElectionEnd::released;
    }
}

ElectionStep LeaderElector::advance(const ElectionInput& input) {
    ElectionStep next = step(std::move(state_), input, config_, time_now());
    state_ = next.state;
    return next;
}

void LeaderElector::stop() {
    stop_wanted_ = true;
    timer_.cancel();
    const bool rests = state_.phase == ElectionPhase::idle ||
                       state_.phase == ElectionPhase::waiting ||
                       state_.phase == ElectionPhase::ended;
    // A request is on its way: only note it, run() acts when the answer is here.
    if (!rests) (void)advance(election_input::Stop{});
}

asio::awaitable<ElectionInput> LeaderElector::perform(
    ElectionActionKind action, std::chrono::milliseconds delay, std::chrono::milliseconds timeout
) {
    if (action == ElectionActionKind::wait) {
        timer_.expires_after(delay);
        // stop() may have come before there was a wait to cancel.
        if (!stop_wanted_) co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        co_return ElectionInput(election_input::TimerFired());
    }
    client::Request request;
    if (action == ElectionActionKind::read) {
        request = client::make_get(client::kLeases, config_.ns, config_.name);
    } else if (action == ElectionActionKind::create) {
        request =
            client::make_create(client::kLeases, config_.ns, make_lease(config_, state_.written));
    } else {
        request = client::make_merge_patch(
            client::kLeases, config_.ns, config_.name, make_lease_patch(state_.written)
        );
    }
    const Result<json::Document> answer = co_await client_.call(std::move(request), timeout);
    co_return read_answer(action, answer);
}

ElectionInput LeaderElector::read_answer(
    ElectionActionKind action, const Result<json::Document>& answer
) {
    const bool reading = action == ElectionActionKind::read;
    if (!answer) {
        if (reading && answer.error().code == ErrorCode::not_found) {
            return election_input::Missing{};
        }
        tell_problem(answer.error());
        return election_input::Failed{answer.error().code};
    }
    auto lease = read_lease(answer->root());
    if (!lease) {
        tell_problem(lease.error());
        return election_input::Failed{lease.error().code};
    }
    if (const auto line = problems_.succeeded(std::chrono::steady_clock::now())) {
        logger_->info(*line);
    }
    if (reading) return election_input::Read{std::move(*lease)};
    return election_input::Written{std::move(*lease)};
}

// Tried again every few seconds, so a lasting refusal must not fill the log.
void LeaderElector::tell_problem(const Error& error) {
    if (const auto line = problems_.failed(std::chrono::steady_clock::now(), error.message)) {
        logger_->warn(*line);
    }
}

void LeaderElector::tell(const ElectionStep& next) {
    if (next.event == ElectionEvent::elected) {
        logger_->info("leader election: {} leads", config_.identity);
    } else if (next.event == ElectionEvent::lost) {
        logger_->error("leader election: lease lost");
    } else if (next.event == ElectionEvent::other_leader) {
        const std::string& holder = state_.observed->holder;
        if (holder != last_other_) logger_->info("leader election: {} leads, waiting", holder);
        last_other_ = holder;
    }
}

bool LeaderElector::is_leader() const {
    return leads(state_) && may_start_request();
}

bool LeaderElector::may_start_request() const {
    return request_allowance(state_, config_, boot_time_now()).count() > 0;
}

std::chrono::milliseconds LeaderElector::allowance(const client::Request& request) const {
    const bool free = request.verb == client::Verb::get || request.target.starts_with(lease_path_);
    if (free) return std::chrono::milliseconds::max();
    return request_allowance(state_, config_, boot_time_now());
}

}  // namespace lws::controller
