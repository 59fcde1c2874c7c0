// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/testing/recorded_reviews.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace lws::testing {
namespace {

std::string read_file(const std::string& name) {
    const auto path = std::string(LWS_SOURCE_DIR "/e2e/bench/webhook/reviews/") + name;
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file || text.empty()) {
        throw std::runtime_error(path + ": cannot be read");
    }
    return text;
}

std::vector<RecordedReview> read_index() {
    std::vector<RecordedReview> reviews;
    std::istringstream lines(read_file("index.csv"));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        const auto first = line.find(',');
        const auto second = line.find(',', first + 1);
        const auto file = line.substr(0, first);
        reviews.push_back(
            {file.substr(0, file.rfind('.')),
             line.substr(first + 1, second - first - 1),
             line.substr(second + 1) == "allowed",
             read_file(file)}
        );
    }
    return reviews;
}

}  // namespace

const std::vector<RecordedReview>& recorded_reviews() {
    static const auto reviews = read_index();
    return reviews;
}

}  // namespace lws::testing
