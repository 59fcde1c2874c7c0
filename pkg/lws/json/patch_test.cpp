// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/patch.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/apply_patch.hpp"

namespace lws::json {
namespace {

struct Case {
    std::string name;
    std::string original;
    std::function<void(PatchBuilder&)> change;
    std::string patch;
    std::string patched;
};

std::vector<Case> cases() {
    return {
        {"nothing asked", R"({"a":1})", [](PatchBuilder&) {}, "[]", R"({"a":1})"},
        {"each missing object once, however often it is asked for",
         "{}",
         [](PatchBuilder& p) {
             CHECK(p.ensure_object({"metadata", "labels"}));
             CHECK(p.ensure_object({"metadata", "annotations"}));
             CHECK(p.ensure_object({"metadata", "labels"}));
         },
         R"([{"op":"add","path":"/metadata","value":{}},)"
         R"({"op":"add","path":"/metadata/labels","value":{}},)"
         R"({"op":"add","path":"/metadata/annotations","value":{}}])",
         R"({"metadata":{"labels":{},"annotations":{}}})"},
        {"a null counts as missing",
         R"({"spec":null})",
         [](PatchBuilder& p) {
             CHECK(p.ensure_object({"spec"}));
             p.set({"spec", "replicas"}, 1);
         },
         R"([{"op":"add","path":"/spec","value":{}},)"
         R"({"op":"add","path":"/spec/replicas","value":1}])",
         R"({"spec":{"replicas":1}})"},
        {"what is there stays",
         R"({"metadata":{"labels":{"a":"b"}}})",
         [](PatchBuilder& p) { CHECK(p.ensure_object({"metadata", "labels"})); },
         "[]",
         R"({"metadata":{"labels":{"a":"b"}}})"},
        {"a value of another kind is left alone",
         R"({"metadata":"x","list":[]})",
         [](PatchBuilder& p) {
             CHECK_FALSE(p.ensure_object({"metadata", "labels"}));
             CHECK_FALSE(p.ensure_object({"list"}));
             CHECK_FALSE(p.ensure_object({"list", "member"}));
             CHECK_FALSE(p.ensure_array({"metadata"}));
         },
         "[]",
         R"({"metadata":"x","list":[]})"},
        {"what was made as one kind is not taken for the other",
         "{}",
         [](PatchBuilder& p) {
             CHECK(p.ensure_array({"a"}));
             CHECK(p.ensure_object({"b"}));
             CHECK_FALSE(p.ensure_object({"a"}));
             CHECK_FALSE(p.ensure_object({"a", "c"}));
             CHECK_FALSE(p.ensure_array({"b"}));
         },
         R"([{"op":"add","path":"/a","value":[]},{"op":"add","path":"/b","value":{}}])",
         R"({"a":[],"b":{}})"},
        {"what is no object gets no members",
         "[1]",
         [](PatchBuilder& p) { CHECK_FALSE(p.ensure_object({"a"})); },
         "[]",
         "[1]"},
        {"keys and values are escaped",
         R"({"a":{"x/y":"1"}})",
         [](PatchBuilder& p) {
             p.set({"a", "x/y"}, "2");
             p.set(
                 {"a", "m~n"},
                 "\"\\\n\x01"
                 "é"
             );
             p.set({"a", "q\"\t"}, true);
         },
         R"([{"op":"replace","path":"/a/x~1y","value":"2"},)"
         R"({"op":"add","path":"/a/m~0n","value":"\"\\\u000a\u0001é"},)"
         R"({"op":"add","path":"/a/q\"\u0009","value":true}])",
         R"({"a":{"x/y":"2","m~n":"\"\\\n\u0001é","q\"\t":true}})"},
        {"equal scalars are not written again",
         R"({"s":"x","i":-7,"b":false,"n":null})",
         [](PatchBuilder& p) {
             p.set({"s"}, "x");
             p.set({"i"}, -7);
             p.set({"b"}, false);
             p.set({"n"}, 0);
         },
         R"([{"op":"replace","path":"/n","value":0}])",
         R"({"s":"x","i":-7,"b":false,"n":0})"},
        {"array elements by position as patched so far",
         R"({"spec":{"containers":[{"env":[1,2,3]}]}})",
         [](PatchBuilder& p) {
             p.remove({"spec", "containers", 0, "env", 1});
             p.append_raw({"spec", "containers", 0, "env"}, "4");
             p.insert_raw({"spec", "containers", 0, "env"}, 0, R"({"name":"A"})");
         },
         R"([{"op":"remove","path":"/spec/containers/0/env/1"},)"
         R"({"op":"add","path":"/spec/containers/0/env/-","value":4},)"
         R"({"op":"add","path":"/spec/containers/0/env/0","value":{"name":"A"}}])",
         R"({"spec":{"containers":[{"env":[{"name":"A"},1,3,4]}]}})"},
        {"arrays are made below objects and below array elements",
         R"({"c":[{}]})",
         [](PatchBuilder& p) {
             CHECK(p.ensure_array({"c", 0, "env"}));
             CHECK(p.ensure_array({"affinity", "required"}));
             p.append_raw({"affinity", "required"}, "{}");
         },
         R"([{"op":"add","path":"/c/0/env","value":[]},)"
         R"({"op":"add","path":"/affinity","value":{}},)"
         R"({"op":"add","path":"/affinity/required","value":[]},)"
         R"({"op":"add","path":"/affinity/required/-","value":{}}])",
         R"({"c":[{"env":[]}],"affinity":{"required":[{}]}})"},
        {"a null array element is replaced, none is inserted",
         R"({"c":[1,null]})",
         [](PatchBuilder& p) {
             CHECK(p.ensure_object({"c", 1}));
             CHECK_FALSE(p.ensure_object({"c", 2}));
         },
         R"([{"op":"replace","path":"/c/1","value":{}}])",
         R"({"c":[1,{}]})"},
        {"raw values",
         R"({"a":1})",
         [](PatchBuilder& p) {
             p.set_raw({"a"}, R"({"x":[1]})");
             p.set_raw({"b"}, "null");
             p.replace_raw({"b"}, "2");
         },
         R"([{"op":"replace","path":"/a","value":{"x":[1]}},{"op":"add","path":"/b","value":null},)"
         R"({"op":"replace","path":"/b","value":2}])",
         R"({"a":{"x":[1]},"b":2})"},
    };
}

}  // namespace

TEST_CASE("a patch holds exactly the operations asked for and applies", "[json][patch]") {
    for (const auto& c : cases()) {
        DYNAMIC_SECTION(c.name) {
            const auto original = parse(c.original);
            REQUIRE(original.has_value());
            Arena arena;
            PatchBuilder builder(original->root(), arena);
            c.change(builder);
            CHECK(builder.empty() == (c.patch == "[]"));
            const auto patch = builder.finish();
            CHECK(patch == c.patch);
            const auto patched = testing::apply_patch(c.original, patch);
            REQUIRE(patched.has_value());
            CHECK(testing::same_json(*patched, c.patched));
        }
    }
}

TEST_CASE("the patch applier of the tests refuses wrong operations", "[json][patch]") {
    const auto patch = GENERATE(
        as<std::string>(),
        R"([{"op":"add","path":"/x/y","value":1}])",
        R"([{"op":"replace","path":"/x","value":1}])",
        R"([{"op":"remove","path":"/x"}])",
        R"([{"op":"remove","path":"/a/2"}])",
        R"([{"op":"remove","path":"/a/-"}])",
        R"([{"op":"add","path":"/a/3","value":1}])",
        R"([{"op":"add","path":"/a/01","value":1}])",
        R"([{"op":"add","path":"/a~2","value":1}])",
        R"([{"op":"add","path":"x","value":1}])",
        R"([{"op":"add","path":"/s/x","value":1}])",
        R"([{"op":"add","path":"/x"}])",
        R"([{"op":"remove","path":"/a","value":1}])",
        R"([{"op":"test","path":"/s","value":"u"}])",
        R"([{"op":"move","from":"/a","path":"/b"}])",
        R"({})"
    );
    CAPTURE(patch);
    CHECK(testing::apply_patch(R"({"a":[1,2],"s":"t"})", patch).has_error());
}

}  // namespace lws::json
