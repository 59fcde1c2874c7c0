// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/json/view.hpp"

namespace lws::rules {

// A pod while it is admitted: what earlier rules planned is seen by the later ones, although the
// object itself does not change. Made for one pass over a pod that check_pod_shape() accepted and
// that has labels; pod and patch must outlive it. Views that it returns live as long as it does.
class PodDraft {
public:
    PodDraft(json::View pod, json::PatchBuilder& patch);
    PodDraft(const PodDraft&) = delete;
    PodDraft& operator=(const PodDraft&) = delete;

    [[nodiscard]] json::View pod() const { return pod_; }
    [[nodiscard]] json::PatchBuilder& patch() { return patch_; }
    // For texts that must outlive the draft.
    [[nodiscard]] Arena& arena() const { return patch_.arena(); }

    // Empty for a pod that has only a generateName.
    [[nodiscard]] std::string_view name() const { return name_; }
    // The object's, which may be empty; never the request's.
    [[nodiscard]] std::string_view namespace_name() const { return namespace_; }
    [[nodiscard]] std::string_view subdomain() const { return subdomain_; }

    // Nothing when absent; an empty or null value counts as present and is empty.
    [[nodiscard]] std::optional<std::string_view> label(std::string_view key) const;
    [[nodiscard]] std::optional<std::string_view> annotation(std::string_view key) const;
    [[nodiscard]] std::string_view label_or_empty(std::string_view key) const;
    [[nodiscard]] std::string_view annotation_or_empty(std::string_view key) const;

    // The worker-index label is exactly `0`.
    [[nodiscard]] bool is_leader() const;

    // Both must outlive the draft. Each label at most once.
    void set_label(std::string_view key, std::string_view value);
    void set_annotation(std::string_view key, std::string_view value);
    // `subdomain` must outlive the draft.
    void set_subdomain(std::string_view subdomain);

private:
    json::View pod_;
    json::PatchBuilder& patch_;
    json::View labels_;
    json::View annotations_;
    std::string_view name_;
    std::string_view namespace_;
    std::string_view subdomain_;
    // Admission sets at most five labels.
    boost::container::small_vector<std::pair<std::string_view, std::string_view>, 6> set_labels_;
};

}  // namespace lws::rules
