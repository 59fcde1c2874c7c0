// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/group_key.hpp"

#include <boost/uuid/detail/sha1.hpp>

namespace lws::rules {

std::string make_group_key(std::string_view scope, std::string_view name) {
    boost::uuids::detail::sha1 hash;
    hash.process_bytes(scope.data(), scope.size());
    hash.process_byte('/');
    hash.process_bytes(name.data(), name.size());
    boost::uuids::detail::sha1::digest_type digest;
    hash.get_digest(digest);
    // Five words, each to be printed from its highest nibble; newer Boost gives bytes instead.
    static_assert(sizeof(digest) == 20 && sizeof(digest[0]) == 4);
    std::string text;
    text.reserve(40);
    for (const auto word : digest) {
        for (int shift = 28; shift >= 0; shift -= 4) {
            text += "0123456789abcdef"[(word >> static_cast<unsigned>(shift)) & 0xFU];
        }
    }
    return text;
}

}  // namespace lws::rules
