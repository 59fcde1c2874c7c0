// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/backoff.hpp"

#include <algorithm>

namespace lws::rules {

std::chrono::seconds workers_delay(const BackoffSettings& settings, std::uint32_t count) {
    if (!settings.on() || count < 2) {
        return std::chrono::seconds::zero();
    }
    std::chrono::seconds delay = std::min(settings.first, settings.most);
    for (std::uint32_t i = 2; i < count && delay < settings.most; ++i) {
        delay = std::min(delay * 2, settings.most);
    }
    return delay;
}

bool keeps_failing(const Recreations& past) {
    return past.count >= 2;
}

Recreations count_recreation(const Recreations& past, std::string_view revision_key) {
    const std::uint64_t revision = k8s::hash_text(revision_key);
    return {revision, past.revision == revision ? past.count + 1 : 1, std::nullopt};
}

Recreations follow_leader(
    const Recreations& past,
    const k8s::Pod& leader,
    const BackoffSettings& settings,
    k8s::Seconds now
) {
    if (past.count == 0 || !settings.on() || past.revision != k8s::hash_text(leader.revision_key)) {
        return {};
    }
    Recreations out = past;
    if (!out.next) {
        out.next = leader.created.value_or(now) + workers_delay(settings, out.count);
    }
    return out;
}

bool is_held_leader(const Recreations& past, const k8s::Pod& leader) {
    return past.next && leader.created && *leader.created < *past.next;
}

}  // namespace lws::rules
