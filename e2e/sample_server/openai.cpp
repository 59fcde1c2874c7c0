// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/openai.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

namespace lws::sample {
namespace {

namespace json = boost::json;

// A completion per prompt is one choice of the answer; more in one request is not a sample's job.
constexpr std::size_t kMaxPrompts = 64;

json::object group_object(const Identity& identity) {
    json::array workers;
    for (const auto& worker : identity.workers) {
        workers.emplace_back(worker);
    }
    json::object group;
    group["index"] = identity.group_index;
    group["leader"] = identity.leader;
    group["workers"] = std::move(workers);
    return group;
}

std::size_t count_words(const std::string& text) {
    std::istringstream words(text);
    return static_cast<std::size_t>(std::distance(
        std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()
    ));
}

std::string sentence(const Identity& identity) {
    std::string text =
        " Group " + std::to_string(identity.group_index) + " answered: leader " + identity.leader;
    if (identity.workers.empty()) {
        return text + " alone.";
    }
    text += identity.workers.size() == 1 ? " with worker" : " with workers";
    for (const auto& worker : identity.workers) {
        text += " " + worker;
    }
    return text + ".";
}

struct Prompts {
    std::size_t count{0};
    std::size_t tokens{0};
};

// A text, a list of texts, or token numbers (one list, or a list of lists).
std::optional<Prompts> read_prompts(const json::value& prompt) {
    if (const auto* text = prompt.if_string()) {
        return Prompts{1, count_words(std::string(*text))};
    }
    const auto* list = prompt.if_array();
    if (list == nullptr || list->empty()) {
        return std::nullopt;
    }
    if (std::all_of(list->begin(), list->end(), [](const auto& v) { return v.is_int64(); })) {
        return Prompts{1, list->size()};
    }
    Prompts prompts;
    for (const auto& member : *list) {
        if (!member.is_string() && !member.is_array()) {
            return std::nullopt;
        }
        prompts.count += 1;
        prompts.tokens += member.is_string() ? count_words(std::string(member.get_string()))
                                             : member.get_array().size();
    }
    return prompts;
}

json::object completion(
    const Question& question, const Identity& identity, const Prompts& prompts
) {
    const auto text = sentence(identity);
    json::array choices;
    for (std::size_t index = 0; index < prompts.count; ++index) {
        json::object choice;
        choice["index"] = index;
        choice["text"] = text;
        choice["logprobs"] = nullptr;
        choice["finish_reason"] = "stop";
        choices.emplace_back(std::move(choice));
    }
    const auto generated = count_words(text) * prompts.count;
    json::object usage;
    usage["prompt_tokens"] = prompts.tokens;
    usage["completion_tokens"] = generated;
    usage["total_tokens"] = prompts.tokens + generated;
    json::object reply;
    reply["id"] = "cmpl-" + identity.leader + "-" + std::to_string(question.serial);
    reply["object"] = "text_completion";
    reply["created"] = question.received_at;
    reply["model"] = identity.model;
    reply["choices"] = std::move(choices);
    reply["usage"] = std::move(usage);
    reply["group"] = group_object(identity);
    return reply;
}

Answer bad_request(const std::string& message) {
    return make_error(400, "BadRequestError", message);
}

Answer complete(const Question& question, const Identity& identity) {
    boost::system::error_code error;
    const auto parsed = json::parse(question.body, error);
    if (error || !parsed.is_object()) {
        return bad_request("the body is not a JSON object");
    }
    const auto& request = parsed.get_object();
    if (const auto* model = request.if_contains("model"); model != nullptr) {
        if (!model->is_string()) {
            return bad_request("model: expected a string");
        }
        if (std::string_view(model->get_string()) != identity.model) {
            return make_error(404, "NotFoundError", "no such model; it is " + identity.model);
        }
    }
    if (const auto* stream = request.if_contains("stream");
        stream != nullptr && stream->is_bool() && stream->get_bool()) {
        return bad_request("stream: this stand-in answers in one piece");
    }
    const auto* prompt = request.if_contains("prompt");
    const auto prompts = prompt == nullptr ? std::nullopt : read_prompts(*prompt);
    if (!prompts || prompts->count > kMaxPrompts) {
        return bad_request("prompt: expected a string or a list of at most 64 prompts");
    }
    return Answer{200, json::serialize(completion(question, identity, *prompts))};
}

Answer list_models(const Question& question, const Identity& identity) {
    json::object model;
    model["id"] = identity.model;
    model["object"] = "model";
    model["created"] = question.received_at;
    model["owned_by"] = identity.leader;
    model["group"] = group_object(identity);
    json::array data;
    data.emplace_back(std::move(model));
    json::object reply;
    reply["object"] = "list";
    reply["data"] = std::move(data);
    return Answer{200, json::serialize(reply)};
}

Answer healthy(const Question&, const Identity&) {
    return Answer{200, "{}"};
}

struct Route {
    std::string_view path;
    std::string_view method;
    Answer (*handler)(const Question&, const Identity&);
};

constexpr Route kRoutes[] = {
    {"/v1/completions", "POST", complete},
    {"/v1/models", "GET", list_models},
    {"/health", "GET", healthy},
};

}  // namespace

Answer make_error(unsigned status, const std::string& type, const std::string& message) {
    json::object error;
    error["message"] = message;
    error["type"] = type;
    error["param"] = nullptr;
    error["code"] = status;
    json::object reply;
    reply["error"] = std::move(error);
    return Answer{status, json::serialize(reply)};
}

Answer answer(const Question& question, const Identity& identity) {
    const std::string_view path(
        question.target.data(),
        question.target.find('?') == std::string::npos ? question.target.size()
                                                       : question.target.find('?')
    );
    for (const auto& route : kRoutes) {
        if (route.path != path) {
            continue;
        }
        if (route.method != question.method) {
            return make_error(
                405, "MethodNotAllowed", std::string(path) + " takes " + std::string(route.method)
            );
        }
        return route.handler(question, identity);
    }
    return make_error(404, "NotFoundError", "no such path");
}

}  // namespace lws::sample
