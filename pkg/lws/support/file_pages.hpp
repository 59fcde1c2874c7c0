// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <thread>

namespace lws {

// Takes the pages of the program's and its libraries' files out of this process, as far as nothing
// was written to them; what is used again comes back from the page cache. Half of what a process
// has resident after its start is code that only the start needed: options, OpenSSL's tables of
// algorithms, dynamic linking. Any thread may run meanwhile.
void drop_file_pages();

// A thread that does so once, after that time.
[[nodiscard]] std::thread drop_file_pages_after(std::chrono::milliseconds delay);

}  // namespace lws
