// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/pod_draft.hpp"

#include "pkg/lws/api/labels.hpp"

namespace lws::rules {
namespace {

std::optional<std::string_view> present(json::View value) {
    if (!value.exists()) {
        return std::nullopt;
    }
    return value.string_or("");
}

}  // namespace

PodDraft::PodDraft(json::View pod, json::PatchBuilder& patch)
    : pod_(pod),
      patch_(patch),
      labels_(pod["metadata"]["labels"]),
      annotations_(pod["metadata"]["annotations"]),
      name_(pod["metadata"]["name"].string_or("")),
      namespace_(pod["metadata"]["namespace"].string_or("")),
      subdomain_(pod["spec"]["subdomain"].string_or("")) {}

std::optional<std::string_view> PodDraft::label(std::string_view key) const {
    for (const auto& [set_key, value] : set_labels_) {
        if (set_key == key) {
            return value;
        }
    }
    return present(labels_[key]);
}

std::optional<std::string_view> PodDraft::annotation(std::string_view key) const {
    return present(annotations_[key]);
}

std::string_view PodDraft::label_or_empty(std::string_view key) const {
    return label(key).value_or(std::string_view());
}

std::string_view PodDraft::annotation_or_empty(std::string_view key) const {
    return annotation(key).value_or(std::string_view());
}

bool PodDraft::is_leader() const {
    return label(api::kWorkerIndexLabel) == "0";
}

void PodDraft::set_label(std::string_view key, std::string_view value) {
    patch_.set({"metadata", "labels", key}, value);
    set_labels_.emplace_back(key, value);
}

void PodDraft::set_annotation(std::string_view key, std::string_view value) {
    patch_.set({"metadata", "annotations", key}, value);
}

void PodDraft::set_subdomain(std::string_view subdomain) {
    if (subdomain == subdomain_) {
        return;
    }
    // check_pod_shape() saw to it that nothing else stands there.
    if (patch_.ensure_object({"spec"})) {
        patch_.set({"spec", "subdomain"}, subdomain);
    }
    subdomain_ = subdomain;
}

}  // namespace lws::rules
