// SPDX-License-Identifier: Apache-2.0
#include "webhook/routes.hpp"

#include <chrono>

#include "pkg/lws/support/arena.hpp"
#include "webhook/review_request.hpp"

namespace lws::webhook {
namespace {

// Counts a review from its construction on: as failed, unless it came to an answer.
class Observation {
public:
    explicit Observation(const WebhookMetrics::Path& path) : path_(path) {
        path_.in_flight->Increment();
    }
    ~Observation() {
        path_.in_flight->Decrement();
        (answered_ ? path_.answered : path_.failed)->Increment();
        const std::chrono::duration<double> taken = Clock::now() - begin_;
        path_.latency_seconds->Observe(taken.count());
    }
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;

    void answered(const ReviewOutcome& review) {
        answered_ = true;
        if (!review.allowed) {
            path_.denied->Increment();
        }
    }

private:
    using Clock = std::chrono::steady_clock;

    const WebhookMetrics::Path& path_;
    Clock::time_point begin_ = Clock::now();
    bool answered_ = false;
};

void add_route(
    http::Router& router,
    ReviewKind kind,
    const ReviewOptions& options,
    WebhookMetrics& metrics,
    const Logger& logger
) {
    const std::string path(review_path(kind));
    const auto answer = [kind, options, path, logger, series = metrics.path(path)](
                            http::Request& request, http::Response& response
                        ) {
        // A review is judged at one go, so those of a thread can share its memory.
        static thread_local Arena arena;
        Observation observation(series);
        const auto review =
            handle_review(kind, request.content_type, request.body, options, arena, response.body);
        observation.answered(review);
        if (!review.allowed) {
            logger->debug("{}: {} {}", path, review.code, review.message);
        }
        arena.reset();
        response.status = 200;
        response.content_type = "application/json";
    };
    router.add({path, http::Method::post, kMaxReviewBytes, answer});
}

}  // namespace

void add_review_routes(
    http::Router& router,
    const ReviewOptions& options,
    WebhookMetrics& metrics,
    const Logger& logger
) {
    for (const ReviewKind kind :
         {ReviewKind::mutate_set,
          ReviewKind::validate_set,
          ReviewKind::mutate_pod,
          ReviewKind::validate_pod}) {
        add_route(router, kind, options, metrics, logger);
    }
}

}  // namespace lws::webhook
