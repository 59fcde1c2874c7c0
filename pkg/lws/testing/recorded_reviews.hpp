// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace lws::testing {

// One line of e2e/bench/webhook/reviews/index.csv with the bytes of its file.
struct RecordedReview {
    std::string name;  // without `.json`
    std::string path;  // of the request
    bool allowed = false;
    std::string body;
};

// In the order of the index. std::runtime_error when a file cannot be read.
[[nodiscard]] const std::vector<RecordedReview>& recorded_reviews();

}  // namespace lws::testing
