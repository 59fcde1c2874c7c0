# SPDX-License-Identifier: Apache-2.0
# From the bytes of a review to the bytes of its answer; pure.
target_sources(
    lws_webhook_core PRIVATE review_codec.cpp review_request.cpp review_response.cpp
)
target_sources(
    webhook_tests PRIVATE ${PROJECT_SOURCE_DIR}/pkg/lws/testing/apply_patch.cpp
                          admission_review_test.cpp admission_review_total_test.cpp
)
