// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lws::bench {

enum class Decision { allowed, denied };

// One recorded AdmissionReview and what a webhook must say to it.
struct Review {
    std::string name;
    std::string path;
    Decision expected = Decision::allowed;
    std::string body;
    std::string uid;
};

// The rows of `index.csv` (file,path,answer) with their files, in order. Throws std::runtime_error
// that names the file.
[[nodiscard]] std::vector<Review> read_reviews(const std::filesystem::path& folder);

// The whole HTTP/1.1 request as the API server's client writes it.
[[nodiscard]] std::string request_text(const Review& review, std::string_view host);

// What an answer is held to. `constant`: a server that says one thing to everybody, so only that it
// is an AdmissionReview that allows.
enum class Judging { decision, constant };

// Looks at every answer to one review: a byte of difference from the last good one, and it is read
// anew.
class AnswerJudge {
public:
    // `review` must outlive the judge.
    AnswerJudge(const Review& review, Judging judging) : review_(&review), judging_(judging) {}

    // Throws std::runtime_error that says what is wrong: not an AdmissionReview, another uid, the
    // wrong decision.
    void check(std::string_view answer);

private:
    const Review* review_;
    Judging judging_;
    std::string good_;
};

}  // namespace lws::bench
