// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/store.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lws;
using namespace lws::client;

namespace {

struct Opaque {  // cannot be compared
    int value = 0;
};

class Recorder {
public:
    Store<int> store{[this](const Store<int>::Change& change) { record(change); }};

    // What was reported since the last call, sorted: a relist has no order.
    std::vector<std::string> take() {
        std::sort(lines_.begin(), lines_.end());
        return std::exchange(lines_, {});
    }

private:
    void record(const Store<int>::Change& change) {
        std::string line = change.key + ":";
        line += change.before != nullptr ? std::to_string(*change.before) : "-";
        line += ">";
        line += change.after != nullptr ? std::to_string(*change.after) : "-";
        const bool added = change.before == nullptr;
        const bool removed = change.after == nullptr;
        CHECK((change.kind == ChangeKind::added) == added);
        CHECK((change.kind == ChangeKind::removed) == removed);
        lines_.push_back(std::move(line));
    }
    std::vector<std::string> lines_;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("readers never see half a relist", "[client][store]") {
    Recorder r;
    r.store.init();
    r.store.init_apply("a", 1);
    CHECK(r.store.find("a") == nullptr);
    CHECK_FALSE(r.store.synced());
    r.store.init_done();
    CHECK(r.store.synced());
    REQUIRE(r.store.find("a") != nullptr);
    r.store.init();
    r.store.init_apply("b", 2);
    CHECK(*r.store.find("a") == 1);
    CHECK(r.store.find("b") == nullptr);
    r.store.init_done();
    CHECK(r.store.find("a") == nullptr);
    CHECK(*r.store.find("b") == 2);
}

TEST_CASE("a relist reports every difference and nothing else", "[client][store]") {
    Recorder r;
    r.store.init();
    r.store.init_apply("same", 1);
    r.store.init_apply("changed", 2);
    r.store.init_apply("vanished", 3);
    r.store.init_done();
    CHECK(r.take() == Lines{"changed:->2", "same:->1", "vanished:->3"});
    r.store.init();
    r.store.init_apply("same", 1);
    r.store.init_apply("changed", 20);
    r.store.init_apply("new", 4);
    r.store.init_done();
    CHECK(r.take() == Lines{"changed:2>20", "new:->4", "vanished:3>-"});
}

TEST_CASE("a list that starts over forgets its first half", "[client][store]") {
    Recorder r;
    r.store.init();
    r.store.init_apply("a", 1);
    r.store.init();
    r.store.init_apply("b", 2);
    r.store.init_done();
    CHECK(r.take() == Lines{"b:->2"});
}

TEST_CASE("what goes while a list gathers is not in the list", "[client][store]") {
    Recorder r;
    r.store.apply("a", 1);
    (void)r.take();
    r.store.init();
    r.store.init_apply("a", 2);
    r.store.init_apply("b", 3);
    r.store.remove("a", 2);
    r.store.init_remove("b");
    CHECK(r.take() == Lines{"a:2>-"});
    CHECK(r.store.find("a") == nullptr);
    r.store.init_done();
    CHECK(r.take().empty());
    CHECK(r.store.size() == 0);
}

TEST_CASE("events between lists are reported one by one", "[client][store]") {
    Recorder r;
    r.store.apply("a", 1);
    r.store.apply("a", 1);
    r.store.apply("a", 2);
    CHECK(r.take() == Lines{"a:->1", "a:1>2"});
    r.store.remove("a", 3);
    CHECK(r.take() == Lines{"a:3>-"});
    r.store.apply("a", 4);
    (void)r.take();
    r.store.remove("a");
    CHECK(r.take() == Lines{"a:4>-"});
    r.store.remove("a");
    CHECK(r.take().empty());
    CHECK(r.store.size() == 0);
}

TEST_CASE("a value that cannot be compared always counts as changed", "[client][store]") {
    int changes = 0;
    Store<Opaque> store([&changes](const auto&) { ++changes; });
    store.apply("a", Opaque{1});
    store.apply("a", Opaque{1});
    CHECK(changes == 2);
}

TEST_CASE("calls outside a list are ignored", "[client][store]") {
    Store<int> store;
    store.init_apply("a", 1);
    store.init_done();
    CHECK(store.size() == 0);
    CHECK_FALSE(store.synced());
}

TEST_CASE("the handler sees the new state of the store", "[client][store]") {
    const Store<int>* seen = nullptr;
    std::size_t size = 0;
    Store<int> store([&](const auto&) { size = seen->size(); });
    seen = &store;
    store.apply("a", 1);
    CHECK(size == 1);
    store.remove("a");
    CHECK(size == 0);
}
