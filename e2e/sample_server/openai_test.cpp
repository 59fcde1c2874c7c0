// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/openai.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

using namespace lws::sample;

namespace {

Identity group_one() {
    Identity identity;
    identity.model = "org/model";
    identity.leader = "vllm-1";
    identity.group_index = 1;
    identity.workers = {"vllm-1-1"};
    return identity;
}

Question ask(std::string method, std::string target, std::string body = "") {
    Question question;
    question.method = std::move(method);
    question.target = std::move(target);
    question.body = std::move(body);
    question.received_at = 1700000000;
    question.serial = 7;
    return question;
}

Answer complete(std::string body) {
    return answer(ask("POST", "/v1/completions", std::move(body)), group_one());
}

}  // namespace

TEST_CASE("a completion names the group that answered", "[sample]") {
    const auto reply = complete(R"({"model": "org/model", "prompt": "Who is there?"})");
    REQUIRE(reply.status == 200);
    const auto expected = boost::json::parse(R"({
        "id": "cmpl-vllm-1-7", "object": "text_completion", "created": 1700000000,
        "model": "org/model",
        "choices": [{"index": 0, "text": " Group 1 answered: leader vllm-1 with worker vllm-1-1.",
                     "logprobs": null, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 8, "total_tokens": 11},
        "group": {"index": 1, "leader": "vllm-1", "workers": ["vllm-1-1"]}
    })");
    CHECK(boost::json::parse(reply.body) == expected);
}

TEST_CASE("a group without workers says that its leader is alone", "[sample]") {
    auto identity = group_one();
    identity.workers.clear();
    const auto reply = answer(ask("POST", "/v1/completions", R"({"prompt": "x"})"), identity);
    CHECK_THAT(reply.body, Catch::Contains("leader vllm-1 alone."));
}

TEST_CASE("each prompt of a list gets its choice", "[sample]") {
    const auto reply = complete(R"({"prompt": ["a b", "c", [1, 2, 3]]})");
    REQUIRE(reply.status == 200);
    const auto body = boost::json::parse(reply.body);
    CHECK(body.at("choices").as_array().size() == 3);
    CHECK(body.at("choices").at(2).at("index").as_int64() == 2);
    CHECK(body.at("usage").at("prompt_tokens").as_int64() == 6);
}

TEST_CASE("a list of token numbers is one prompt", "[sample]") {
    const auto reply = complete(R"({"prompt": [1, 2, 3]})");
    REQUIRE(reply.status == 200);
    const auto body = boost::json::parse(reply.body);
    CHECK(body.at("choices").as_array().size() == 1);
    CHECK(body.at("usage").at("prompt_tokens").as_int64() == 3);
}

TEST_CASE("the list of models has the model and the group that serves it", "[sample]") {
    const auto reply = answer(ask("GET", "/v1/models?x=1"), group_one());
    REQUIRE(reply.status == 200);
    const auto expected = boost::json::parse(R"({"object": "list", "data": [{
        "id": "org/model", "object": "model", "created": 1700000000, "owned_by": "vllm-1",
        "group": {"index": 1, "leader": "vllm-1", "workers": ["vllm-1-1"]}}]})");
    CHECK(boost::json::parse(reply.body) == expected);
}

TEST_CASE("what cannot be answered gets an error object and its status", "[sample]") {
    struct Case {
        const char* name;
        const char* method;
        const char* target;
        std::string body;
        unsigned status;
    };
    const auto c = GENERATE(values<Case>({
        {"no body", "POST", "/v1/completions", "", 400},
        {"not JSON", "POST", "/v1/completions", "{", 400},
        {"not an object", "POST", "/v1/completions", "[]", 400},
        {"no prompt", "POST", "/v1/completions", "{}", 400},
        {"null prompt", "POST", "/v1/completions", R"({"prompt": null})", 400},
        {"empty list", "POST", "/v1/completions", R"({"prompt": []})", 400},
        {"mixed list", "POST", "/v1/completions", R"({"prompt": [1, "a"]})", 400},
        {"too many",
         "POST",
         "/v1/completions",
         R"({"prompt": [)" +
             [] {
                 std::string list = "\"a\"";
                 for (int i = 0; i < 64; ++i) {
                     list += ",\"a\"";
                 }
                 return list;
             }() +
             "]}",
         400},
        {"wrong model type", "POST", "/v1/completions", R"({"model": 1, "prompt": "x"})", 400},
        {"stream", "POST", "/v1/completions", R"({"stream": true, "prompt": "x"})", 400},
        {"deep", "POST", "/v1/completions", std::string(100000, '['), 400},
        {"other model", "POST", "/v1/completions", R"({"model": "m", "prompt": "x"})", 404},
        {"wrong path", "GET", "/v1", "", 404},
        {"empty path", "GET", "", "", 404},
        {"wrong method", "GET", "/v1/completions", "", 405},
        {"wrong method for models", "POST", "/v1/models", "{}", 405},
    }));
    DYNAMIC_SECTION(c.name) {
        const auto reply = answer(ask(c.method, c.target, c.body), group_one());
        CHECK(reply.status == c.status);
        CHECK(boost::json::parse(reply.body).at("error").at("code").as_int64() == c.status);
    }
}

TEST_CASE("health is answered while the group is complete", "[sample]") {
    CHECK(answer(ask("GET", "/health"), group_one()).status == 200);
}
