// SPDX-License-Identifier: Apache-2.0
#include "e2e/bench/webhook/load.hpp"

#include <algorithm>
#include <limits>

#include "e2e/bench/webhook/client.hpp"

namespace lws::bench {

namespace {

// The requests that are to be sent, shared by all connections of one run.
struct Work {
    struct Item {
        std::string request;
        AnswerJudge judge;
    };

    Work(const Review* first, std::size_t count, const Target& target) {
        for (const Review* review = first; review != first + count; ++review) {
            items.push_back(
                {request_text(*review, target.address.host), AnswerJudge(*review, target.judging)}
            );
        }
    }

    [[nodiscard]] bool wants_more(SteadyClock::time_point now) const {
        return sent < least || (now < end && sent < most);
    }

    std::vector<Item> items;
    SteadyClock::time_point end = SteadyClock::time_point::max();
    std::size_t least = 0;
    std::size_t most = std::numeric_limits<std::size_t>::max();
    std::size_t sent = 0;
    Round round;
};

}  // namespace

class Connections::Impl {
public:
    Impl(const Target& target, std::size_t count) : target_(target) {
        for (std::size_t i = 0; i < count; ++i) {
            clients_.push_back(std::make_unique<Client>(together_.context(), tls_, target.address));
            together_.add(clients_.back()->connect());
        }
        together_.run();
    }

    [[nodiscard]] const Target& target() const { return target_; }
    [[nodiscard]] std::size_t size() const { return clients_.size(); }

    Round measure(Work& work) {
        for (const auto& client : clients_) {
            together_.add(drive(client.get(), &work));
        }
        const nanoseconds before = target_.process.cpu();
        const SteadyClock::time_point begin = SteadyClock::now();
        together_.run();
        work.round.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
        work.round.cpu = target_.process.cpu() - before;
        return std::move(work.round);
    }

private:
    static Awaitable drive(Client* client, Work* work) {
        SteadyClock::time_point begin = SteadyClock::now();
        while (work->wants_more(begin)) {
            Work::Item& item = work->items[work->sent % work->items.size()];
            ++work->sent;
            co_await client->exchange(item.request);
            const nanoseconds taken = SteadyClock::now() - begin;
            work->round.latencies.push_back(static_cast<std::uint32_t>(taken.count()));
            item.judge.check(client->answer());
            // Judging is the client's time, not the server's.
            begin = SteadyClock::now();
        }
    }

    const Target& target_;
    asio::ssl::context tls_ = make_client_context();
    Together together_;
    std::vector<std::unique_ptr<Client>> clients_;
};

Connections::Connections(const Target& target, std::size_t count)
    : impl_(std::make_unique<Impl>(target, count)) {}

Connections::~Connections() = default;

Round Connections::run(const Review& review, nanoseconds duration) {
    Work work(&review, 1, impl_->target());
    work.end = SteadyClock::now() + duration;
    work.least = impl_->size();
    return impl_->measure(work);
}

Round Connections::run(const std::vector<Review>& reviews, std::size_t count) {
    Work work(reviews.data(), reviews.size(), impl_->target());
    work.most = count;
    return impl_->measure(work);
}

}  // namespace lws::bench
