// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_mark.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <vector>

namespace lws::rules {
namespace {

constexpr std::string_view kVersion = "1";
constexpr int kBase = 36;
// The API server's bound on all annotations (apimachinery, TotalAnnotationSizeLimitB), and some
// room for keys of our own.
constexpr std::size_t kAllAnnotations = std::size_t{256} * 1024;
constexpr std::size_t kOwnAnnotations = 1024;

std::string text_of(std::uint64_t number) {
    char buffer[16];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number, kBase).ptr;
    return {buffer, end};
}

template <class T>
std::optional<T> number_of(std::string_view text, int base = kBase) {
    T number{};
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, number, base);
    return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(at + 1);
    }
}

std::string entry_of(const GroupId& group, const GroupRecord& record) {
    std::string text =
        group.text() + "=" + text_of(record.known.leader) + "." + text_of(record.known.members);
    const Recreations& past = record.recreations;
    if (past.count > 0) {
        text += "." + text_of(past.revision) + "." + text_of(past.count) + ".";
        if (past.next && past.next->time_since_epoch().count() >= 0) {
            text += text_of(static_cast<std::uint64_t>(past.next->time_since_epoch().count()));
        }
    }
    return text;
}

bool is_empty(const GroupRecord& record) {
    return record.known == KnownMembers{} && record.recreations.count == 0;
}

std::optional<Recreations> recreations_of(
    std::string_view revision, std::string_view count, std::string_view next
) {
    const auto hash = number_of<std::uint64_t>(revision);
    const auto number = number_of<std::uint32_t>(count);
    if (!hash || !number) {
        return std::nullopt;
    }
    Recreations out{*hash, *number, std::nullopt};
    if (!next.empty()) {
        const auto seconds = number_of<std::uint64_t>(next);
        // Far beyond what format_time() can print is damage, not a time.
        if (!seconds || *seconds > std::numeric_limits<std::uint32_t>::max()) {
            return std::nullopt;
        }
        out.next = k8s::Seconds(std::chrono::seconds(*seconds));
    }
    return out;
}

std::optional<GroupRecord> record_of(std::string_view text) {
    const auto fields = split(text, '.');
    if (fields.size() != 2 && fields.size() != 5) {
        return std::nullopt;
    }
    const auto leader = number_of<std::uint64_t>(fields[0]);
    const auto members = number_of<std::uint64_t>(fields[1]);
    if (!leader || !members) {
        return std::nullopt;
    }
    GroupRecord record{{*leader, *members}, {}};
    if (fields.size() == 5) {
        const auto past = recreations_of(fields[2], fields[3], fields[4]);
        if (!past) {
            return std::nullopt;
        }
        record.recreations = *past;
    }
    return record;
}

Error not_ours(std::string_view what) {
    return Error{
        ErrorCode::invalid_input,
        "group memory: not written by this controller: " + std::string(what)
    };
}

}  // namespace

std::uint64_t hash_of_set(std::string_view set_uid) {
    return k8s::hash_text(set_uid);
}

Result<GroupMark> decode_group_mark(std::string_view text) {
    GroupMark mark;
    if (text.empty()) {
        return mark;
    }
    if (text.size() > kMaxGroupMark) {
        return not_ours("too long");
    }
    const auto parts = split(text, ';');
    const auto set = parts.size() < 2 ? std::nullopt : number_of<std::uint64_t>(parts[1]);
    if (parts[0] != kVersion || !set) {
        return not_ours("another version or no set");
    }
    mark.set = *set;
    for (std::size_t i = 2; i < parts.size(); ++i) {
        const auto at = parts[i].find('=');
        const auto group = GroupId::from_label(parts[i].substr(0, at));
        const auto record =
            at == std::string_view::npos ? std::nullopt : record_of(parts[i].substr(at + 1));
        if (!group || !record) {
            return not_ours("entry " + std::to_string(i - 1));
        }
        mark.groups.insert_or_assign(*group, *record);
    }
    // Anything that is read but would be printed otherwise (order, leading zeros, upper case, an
    // entry that says nothing) was changed by somebody.
    if (encode_group_mark(mark, kMaxGroupMark).text != text) {
        return not_ours("another spelling");
    }
    return mark;
}

EncodedGroupMark encode_group_mark(const GroupMark& mark, std::size_t limit) {
    EncodedGroupMark out;
    std::string text = std::string(kVersion) + ";" + text_of(mark.set);
    struct Entry {
        bool failed;
        std::string text;
    };
    std::vector<Entry> entries;
    std::size_t size = text.size();
    for (const auto& [group, record] : mark.groups) {
        if (!is_empty(record)) {
            entries.push_back({record.recreations.count > 0, ";" + entry_of(group, record)});
            size += entries.back().text.size();
        }
    }
    // From the highest index down, the healthy ones first.
    for (const bool failed : {false, true}) {
        for (auto at = entries.rbegin(); at != entries.rend() && size > limit; ++at) {
            if (at->failed == failed && !at->text.empty()) {
                size -= at->text.size();
                at->text.clear();
                ++out.left_out;
            }
        }
    }
    if (entries.size() == out.left_out) {
        return out;
    }
    for (const Entry& entry : entries) {
        text += entry.text;
    }
    out.text = std::move(text);
    return out;
}

std::size_t group_mark_limit(const api::StringMap& annotations) {
    std::size_t used = kOwnAnnotations;
    for (const auto& [key, value] : annotations) {
        used += key.size() + value.size();
    }
    return used >= kAllAnnotations ? 0 : std::min(kMaxGroupMark, kAllAnnotations - used);
}

}  // namespace lws::rules
