// SPDX-License-Identifier: Apache-2.0
#include "controller/work_queue.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <string>
#include <vector>

#include "controller/work_queue_async.hpp"

using namespace lws::controller;
using namespace std::chrono_literals;

namespace {

using Queue = WorkQueue<std::string>;
const Queue::TimePoint kStart{100s};

}  // namespace

TEST_CASE("a key that is added twice is handed out once", "[controller][work_queue]") {
    Queue queue;
    queue.add("a", kStart);
    queue.add("a", kStart);
    CHECK(queue.waiting() == 1);
    CHECK(queue.take(kStart) == "a");
    CHECK_FALSE(queue.take(kStart + 1h).has_value());
}

TEST_CASE("keys come in the order in which they are due", "[controller][work_queue]") {
    Queue queue;
    queue.add_at("late", kStart + 2s);
    queue.add_at("early", kStart + 1s);
    queue.add("b", kStart);
    queue.add("a", kStart);
    CHECK(queue.next_due() == kStart);
    CHECK(queue.depth(kStart) == 2);
    CHECK(queue.take(kStart) == "b");
    CHECK(queue.take(kStart) == "a");
    CHECK_FALSE(queue.take(kStart).has_value());
    CHECK(queue.next_due() == kStart + 1s);
    CHECK(queue.take(kStart + 5s) == "early");
    CHECK(queue.take(kStart + 5s) == "late");
    CHECK_FALSE(queue.next_due().has_value());
    CHECK(queue.working() == 4);
}

TEST_CASE("the earliest deadline of a key wins", "[controller][work_queue]") {
    Queue queue;
    queue.add_at("a", kStart + 10s);
    queue.add_at("a", kStart + 5s);
    queue.add_at("a", kStart + 20s);
    CHECK(queue.next_due() == kStart + 5s);
    CHECK(queue.waiting() == 1);
}

TEST_CASE("a key is never worked on twice at once", "[controller][work_queue]") {
    Queue queue;
    queue.add("a", kStart);
    REQUIRE(queue.take(kStart) == "a");
    queue.add("a", kStart);
    queue.add_at("a", kStart + 1s);
    CHECK_FALSE(queue.take(kStart + 1h).has_value());
    CHECK_FALSE(queue.next_due().has_value());
    queue.done("a");
    CHECK(queue.next_due() == kStart);
    CHECK(queue.take(kStart) == "a");
    queue.done("a");
    CHECK(queue.waiting() == 0);
    CHECK(queue.working() == 0);
}

TEST_CASE("done for a key that is not out is ignored", "[controller][work_queue]") {
    Queue queue;
    queue.done("a");
    queue.add("a", kStart);
    queue.done("a");
    CHECK(queue.take(kStart) == "a");
}

TEST_CASE("failures of a key back off, and only of that key", "[controller][work_queue]") {
    Queue queue;
    auto now = kStart;
    for (const auto expected : {5ms, 10ms, 20ms, 40ms}) {
        queue.add_rate_limited("a", now);
        CHECK(queue.next_due() == now + expected);
        now += expected;
        REQUIRE(queue.take(now) == "a");
        queue.done("a");
    }
    CHECK(queue.failures("a") == 4);
    queue.add_rate_limited("b", now);
    CHECK(queue.next_due() == now + 5ms);
    for (int i = 0; i < 100; ++i) queue.add_rate_limited("c", now);
    CHECK(queue.failures("c") == 100);
}

TEST_CASE("the backoff is bounded by five minutes", "[controller][work_queue]") {
    Queue queue;
    for (int i = 0; i < 40; ++i) {
        queue.add_rate_limited("a", kStart);
        REQUIRE(queue.take(kStart + 5min) == "a");
        queue.done("a");
    }
    queue.add_rate_limited("a", kStart);
    CHECK(queue.next_due() == kStart + 5min);
}

TEST_CASE("a success forgets the failures", "[controller][work_queue]") {
    Queue queue;
    queue.add_rate_limited("a", kStart);
    REQUIRE(queue.take(kStart + 1s) == "a");
    queue.forget("a");
    queue.done("a");
    CHECK(queue.failures("a") == 0);
    queue.add_rate_limited("a", kStart);
    CHECK(queue.next_due() == kStart + 5ms);
}

namespace {

using AsyncQueue = AsyncWorkQueue<std::string>;

boost::asio::awaitable<void> work(AsyncQueue* queue, std::vector<std::string>* seen) {
    while (true) {
        const std::optional<std::string> key = co_await queue->next();
        if (!key) co_return;
        seen->push_back(*key);
        queue->done(*key);
    }
}

void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

}  // namespace

TEST_CASE("workers share a queue and end with it", "[controller][work_queue]") {
    boost::asio::io_context io;
    AsyncQueue queue(io.get_executor());
    std::vector<std::string> seen;
    for (int i = 0; i < 3; ++i) boost::asio::co_spawn(io, work(&queue, &seen), rethrow);
    io.poll();
    queue.add("a");
    queue.add_after("b", 20ms);
    queue.add_after("never", 1h);
    queue.add_rate_limited("c");
    while (seen.size() < 3) io.run_one();
    CHECK(seen == std::vector<std::string>{"a", "c", "b"});
    queue.shut_down();
    io.run();
    CHECK(seen.size() == 3);
}

TEST_CASE("idle workers do not wake each other for ever", "[controller][work_queue]") {
    boost::asio::io_context io;
    AsyncQueue queue(io.get_executor());
    std::vector<std::string> seen;
    for (int i = 0; i < 3; ++i) boost::asio::co_spawn(io, work(&queue, &seen), rethrow);
    queue.add_after("later", 1h);
    // poll() would not return if they did.
    CHECK(io.poll() < 100);
    queue.shut_down();
    io.run();
}

TEST_CASE("a key wakes one of many idle workers", "[controller][work_queue]") {
    boost::asio::io_context io;
    AsyncQueue queue(io.get_executor());
    std::vector<std::string> seen;
    for (int i = 0; i < 100; ++i) boost::asio::co_spawn(io, work(&queue, &seen), rethrow);
    io.poll();
    queue.add("a");
    queue.add("a");
    CHECK(io.poll() < 10);
    CHECK(seen == std::vector<std::string>{"a"});
    queue.add("b");
    queue.add("c");
    CHECK(io.poll() < 10);
    CHECK(seen == std::vector<std::string>{"a", "b", "c"});
    queue.shut_down();
    io.run();
}

namespace {

boost::asio::awaitable<void> take_and_keep(AsyncQueue* queue, std::vector<std::string>* seen) {
    if (const std::optional<std::string> key = co_await queue->next()) seen->push_back(*key);
}

}  // namespace

TEST_CASE("keys that are due at once go to as many workers", "[controller][work_queue]") {
    boost::asio::io_context io;
    AsyncQueue queue(io.get_executor());
    std::vector<std::string> seen;
    for (int i = 0; i < 3; ++i) boost::asio::co_spawn(io, take_and_keep(&queue, &seen), rethrow);
    io.poll();
    for (const char* key : {"a", "b", "c"}) queue.add(key);
    io.poll();
    CHECK(seen == std::vector<std::string>{"a", "b", "c"});
    io.run();
}

TEST_CASE("an earlier time is not slept through for a later one", "[controller][work_queue]") {
    boost::asio::io_context io;
    AsyncQueue queue(io.get_executor());
    std::vector<std::string> seen;
    boost::asio::co_spawn(io, take_and_keep(&queue, &seen), rethrow);
    io.poll();
    queue.add_after("later", 1h);
    queue.add_after("sooner", 10ms);
    io.run();
    CHECK(seen == std::vector<std::string>{"sooner"});
}
