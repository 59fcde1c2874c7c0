// SPDX-License-Identifier: Apache-2.0
#include "e2e/bench/webhook/review.hpp"

#include <boost/json/src.hpp>  // the one compile unit that has it
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace lws::bench {
namespace {

namespace json = boost::json;

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view text_at(const json::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const json::value* const found = value.find_pointer(pointer, error);
    const json::string* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

json::value parse(std::string_view text, const std::string& what) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error) {
        throw std::runtime_error(what + ": no JSON: " + error.message());
    }
    return value;
}

Decision decision_of(const std::string& word, const std::string& line) {
    if (word != "allowed" && word != "denied") {
        throw std::runtime_error("index.csv: neither allowed nor denied: " + line);
    }
    return word == "denied" ? Decision::denied : Decision::allowed;
}

}  // namespace

std::vector<Review> read_reviews(const std::filesystem::path& folder) {
    std::istringstream index(read_file(folder / "index.csv"));
    std::vector<Review> reviews;
    std::string line;
    std::getline(index, line);  // the names of the columns
    while (std::getline(index, line)) {
        std::istringstream cells(line);
        std::string file;
        std::string answer;
        Review review;
        std::getline(cells, file, ',');
        std::getline(cells, review.path, ',');
        std::getline(cells, answer, ',');
        review.expected = decision_of(answer, line);
        review.name = std::filesystem::path(file).stem().string();
        review.body = read_file(folder / file);
        review.uid = text_at(parse(review.body, file), "/request/uid");
        if (review.uid.empty()) {
            throw std::runtime_error(file + ": no request.uid");
        }
        reviews.push_back(std::move(review));
    }
    if (reviews.empty()) {
        throw std::runtime_error("index.csv: no reviews");
    }
    return reviews;
}

std::string request_text(const Review& review, std::string_view host) {
    return "POST " + review.path + "?timeout=10s HTTP/1.1\r\nHost: " + std::string(host) +
           "\r\nUser-Agent: kube-apiserver-admission\r\nContent-Length: " +
           std::to_string(review.body.size()) +
           "\r\nAccept: application/json, */*\r\nContent-Type: application/json"
           "\r\nAccept-Encoding: gzip\r\n\r\n" +
           review.body;
}

void AnswerJudge::check(std::string_view answer) {
    if (!good_.empty() && answer == good_) {
        return;
    }
    const json::value value = parse(answer, "the answer to " + review_->name);
    boost::system::error_code error;
    const json::value* const allowed = value.find_pointer("/response/allowed", error);
    if (text_at(value, "/kind") != "AdmissionReview" || allowed == nullptr || !allowed->is_bool()) {
        throw std::runtime_error("the answer to " + review_->name + " is no AdmissionReview");
    }
    const bool wants_allowed =
        judging_ == Judging::constant || review_->expected == Decision::allowed;
    if (allowed->get_bool() != wants_allowed) {
        throw std::runtime_error(
            "the answer to " + review_->name +
            " is a wrong decision: " + (wants_allowed ? "denied: " : "allowed") +
            std::string(text_at(value, "/response/status/message"))
        );
    }
    if (judging_ == Judging::decision && text_at(value, "/response/uid") != review_->uid) {
        throw std::runtime_error("the answer to " + review_->name + " has another uid");
    }
    good_ = answer;
}

}  // namespace lws::bench
