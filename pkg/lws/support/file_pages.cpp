// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/support/file_pages.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace lws {
namespace {

// A segment that cannot be written holds nothing but its file: relocations are in writable ones,
// also where they are protected afterwards.
bool is_plain_file(const ElfW(Phdr) & segment) {
    return segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0;
}

int drop_segments(dl_phdr_info* object, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = object->dlpi_phdr[i];
        if (!is_plain_file(segment)) {
            continue;
        }
        const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
        const std::uintptr_t end = begin + segment.p_memsz;
        const std::uintptr_t first = begin / page * page;
        // Failure means that the pages stay.
        // NOLINTNEXTLINE(performance-no-int-to-ptr)
        (void)madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

void drop_file_pages() {
    dl_iterate_phdr(drop_segments, nullptr);
}

std::thread drop_file_pages_after(std::chrono::milliseconds delay) {
    return std::thread([delay] {
        std::this_thread::sleep_for(delay);
        drop_file_pages();
    });
}

}  // namespace lws
