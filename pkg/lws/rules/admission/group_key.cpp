// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/group_key.hpp"

#include <array>
#include <boost/uuid/detail/sha1.hpp>
#include <cstddef>

namespace lws::rules {
namespace {

using KeyText = std::array<char, 40>;

KeyText key_text(std::string_view scope, std::string_view name) {
    boost::uuids::detail::sha1 hash;
    hash.process_bytes(scope.data(), scope.size());
    hash.process_byte('/');
    hash.process_bytes(name.data(), name.size());
    boost::uuids::detail::sha1::digest_type digest;
    hash.get_digest(digest);
    // Five words, each to be printed from its highest nibble; newer Boost gives bytes instead.
    static_assert(sizeof(digest) == 20 && sizeof(digest[0]) == 4);
    KeyText text{};
    std::size_t at = 0;
    for (const auto word : digest) {
        for (int shift = 28; shift >= 0; shift -= 4) {
            text[at++] = "0123456789abcdef"[(word >> static_cast<unsigned>(shift)) & 0xFU];
        }
    }
    return text;
}

}  // namespace

std::string make_group_key(std::string_view scope, std::string_view name) {
    const auto text = key_text(scope, name);
    return {text.data(), text.size()};
}

std::string_view make_group_key(Arena& arena, std::string_view scope, std::string_view name) {
    const auto text = key_text(scope, name);
    return join(arena, {{text.data(), text.size()}});
}

}  // namespace lws::rules
