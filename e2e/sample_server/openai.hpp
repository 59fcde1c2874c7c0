// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lws::sample {

// Who answers: named in every response, so that a test can tell the groups apart.
struct Identity {
    std::string model;
    std::string leader;  // pod name
    int group_index{0};
    std::vector<std::string> workers;  // pod names
};

struct Question {
    std::string method;
    std::string target;  // path, with or without a query
    std::string body;
    std::int64_t received_at{0};  // seconds since 1970
    std::uint64_t serial{0};      // of this request in this process
};

struct Answer {
    unsigned status{500};
    std::string body;  // JSON
};

// Answers in the format of the OpenAI API as vLLM serves it: POST /v1/completions, GET /v1/models,
// GET /health. Total: any text is answered, at worst by an error object.
Answer answer(const Question& question, const Identity& identity);

// For requests that cannot be answered at all: too large, or the group is not complete.
Answer make_error(unsigned status, const std::string& type, const std::string& message);

}  // namespace lws::sample
