// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/support/file_pages.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

namespace lws {
namespace {

std::size_t file_pages_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::size_t kib = 0;
        if (word == "RssFile:" && status >> kib) return kib;
    }
    return 0;
}

struct Shape {
    virtual ~Shape() = default;
    [[nodiscard]] virtual int corners() const = 0;
};
struct Square final : Shape {
    [[nodiscard]] int corners() const override { return 4; }
};

int written = 7;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

TEST_CASE("file pages leave the process, and what was written stays", "[support]") {
    const std::unique_ptr<Shape> shape = std::make_unique<Square>();
    written = 8;
    const std::size_t before = file_pages_kib();
    drop_file_pages();
    CHECK(file_pages_kib() < before);
    CHECK(written == 8);
    // Through a table that the dynamic linker has filled in.
    CHECK(shape->corners() == 4);
}

TEST_CASE("file pages are dropped later, too", "[support]") {
    const std::size_t before = file_pages_kib();
    std::thread dropping = drop_file_pages_after(std::chrono::milliseconds(1));
    dropping.join();
    CHECK(file_pages_kib() < before);
}

}  // namespace
}  // namespace lws
