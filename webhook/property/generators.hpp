// SPDX-License-Identifier: Apache-2.0
// Sources of cases: most are valid or break one rule, some break several, some are odd as JSON.
#pragma once

#include <string>

#include "webhook/property/case.hpp"
#include "webhook/property/random.hpp"

namespace lws::webhook::property {

[[nodiscard]] std::string make_set(Random& random);
// A set and what it was before, most often one small change away.
void make_update(Random& random, std::string& object, std::string& old_object);
// A set with more labels than any real one, in descending order.
[[nodiscard]] std::string make_large_set(Random& random);

// A leader or a worker, as a StatefulSet would post it or nearly so.
[[nodiscard]] std::string make_group_pod(Random& random);

// Bodies that are reviews, nearly reviews and anything else.
void make_body(Random& random, Case& c);

// The same for the parts that both kinds of objects have.
[[nodiscard]] std::string make_containers(Random& random);

// Once in a while one or more changes of tree_mutations.hpp.
void make_odd(Random& random, std::string& object);

// `"key":value`, with a comma before it unless `members` is empty.
void append_member(std::string& members, std::string_view key, std::string_view value);
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace lws::webhook::property
