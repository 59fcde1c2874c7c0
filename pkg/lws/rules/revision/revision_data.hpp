// SPDX-License-Identifier: Apache-2.0
// What a ControllerRevision of a set stores, byte for byte as upstream's Go program writes it
// (kubernetes-sigs/lws v0.10, pkg/utils/revision/revision_utils.go, API types of k8s.io/api v0.36),
// so that either program recognises the other's revisions. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// The `data` of a new revision, made from the `spec` of a set as the API server holds it: a
// strategic merge patch that replaces networkConfig (Shared if there is none) and
// leaderWorkerTemplate. A member that the API types do not know is carried over as it is. Fails
// with the path of the first member whose type is wrong, where Go would not decode the set either.
[[nodiscard]] Result<std::string> make_revision_data(json::View spec);

// The key of a revision: FNV-1 of its data, spelled in letters that form no words.
[[nodiscard]] std::string revision_key(std::string_view data);

// The data that upstream's current release would write for stored data of any release: older ones
// print `creationTimestamp: null` and other spellings of the same template.
[[nodiscard]] Result<std::string> normalise_revision_data(json::View data);

// Whether stored data holds the template of a live spec. Beside spelling, members that were never
// defaulted count as their defaults. False when either cannot be read.
[[nodiscard]] bool same_template(json::View spec, json::View stored_data);

// The spec-like object in stored data with the members networkConfig and leaderWorkerTemplate, to
// be read where a group follows its revision and not the live set. Missing if there is none.
[[nodiscard]] json::View stored_spec(json::View controller_revision);

}  // namespace lws::rules
