// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/quantity.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "pkg/lws/json/document.hpp"

namespace lws::api {
namespace {

json::Document goldens() {
    std::ifstream file(LWS_SOURCE_DIR "/pkg/lws/api/testdata/quantity_goldens.json");
    auto document = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    REQUIRE(document.has_value());
    return std::move(*document);
}

std::string canonical(std::string_view text) {
    const auto quantity = parse_quantity(text);
    return quantity ? quantity->text() : "error";
}

TEST_CASE("quantities are read, printed, added and compared as Go does", "[api][quantity]") {
    const auto document = goldens();
    Quantity previous;
    std::size_t count = 0;
    for (const json::View golden : document.root().items()) {
        const auto text = golden["text"].string_or("");
        INFO("quantity " << text);
        const auto quantity = parse_quantity(text);
        ++count;
        REQUIRE(quantity.has_value() != golden["error"].bool_or(false));
        if (!quantity) {
            continue;
        }
        CHECK(quantity->text() == golden["canonical"].string_or(""));
        CHECK(quantity->is_zero() == golden["zero"].bool_or(false));
        CHECK(compare(*quantity, previous) == golden["compare"].int64_or(0));
        CHECK(compare(previous, *quantity) == -golden["compare"].int64_or(0));
        Quantity recounted = *quantity;
        recounted += Quantity();
        CHECK(recounted.text() == golden["recounted"].string_or(""));
        Quantity sum = *quantity;
        sum += previous;
        CHECK(sum.text() == golden["sum"].string_or(""));
        Quantity product = *quantity;
        product *= golden["factor"].int64_or(0);
        CHECK(product.text() == golden["product"].string_or(""));
        previous = *quantity;
    }
    CHECK(count > 1000);
}

TEST_CASE("a quantity has one canonical form in its own kind of unit", "[api][quantity]") {
    CHECK(canonical("0.5") == "500m");
    CHECK(canonical("1024Mi") == "1Gi");
    CHECK(canonical("1000") == "1k");
    CHECK(canonical("1e3") == "1e3");
    CHECK(canonical("10e2") == "1e3");
}

TEST_CASE("no text makes a quantity costly or crashes it", "[api][quantity]") {
    CHECK(canonical("1e-2000000000") == "1e-9");
    CHECK(canonical("12345678901234567891e1999999998") == "12345678901234567891e1999999998");
    CHECK(canonical(std::string(100000, '9') + "Ei") == "9223372036854775807");
    CHECK(canonical("0." + std::string(100000, '0') + "1") == "1n");
    CHECK(canonical("1e99999999999999999999") == "error");
    CHECK(canonical("1e+-3") == "error");
    CHECK(canonical("\xff") == "error");
    CHECK(canonical("1\xff") == "error");
}

TEST_CASE("a sum of amounts too far apart keeps the larger one", "[api][quantity]") {
    Quantity huge = parse_quantity("1Ki").value();
    huge += parse_quantity("1e2000000001").value();
    CHECK(huge.text() == "1e2000000001");
    huge += parse_quantity("-5").value();
    CHECK(huge.text() == "1e2000000001");
    Quantity small = parse_quantity("-5").value();
    small += parse_quantity("1e2000000001").value();
    CHECK(small.sign() == 1);
}

TEST_CASE("an unset quantity is zero and takes the unit of what is added", "[api][quantity]") {
    Quantity total;
    CHECK(total.is_zero());
    CHECK(total.text() == "0");
    total += parse_quantity("512Mi").value();
    total += parse_quantity("512Mi").value();
    CHECK(total.text() == "1Gi");
    total *= -3;
    CHECK(total.text() == "-3Gi");
    CHECK(total.sign() == -1);
    total *= 0;
    CHECK(total.is_zero());
    CHECK(total.sign() == 0);
}

}  // namespace
}  // namespace lws::api
