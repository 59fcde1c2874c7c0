// SPDX-License-Identifier: Apache-2.0
// A library for LD_PRELOAD that counts the calls of malloc and its kin, of everything in the
// process: a statically linked OpenSSL, too. The count is the first eight bytes of the file that
// LWS_HEAP_COUNT names, mapped and shared, so that another process reads it while this one runs.
// Calls that take memory count; free() does not.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// glibc's own names: looking the next `malloc` up would itself call it.
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* __libc_calloc(std::size_t count, std::size_t size);
extern "C" void* __libc_realloc(void* memory, std::size_t size);
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t size);

namespace {

// Until the file is mapped, and without one.
std::atomic<std::uint64_t> unnamed{0};
std::atomic<std::uint64_t>* calls = &unnamed;

void count() {
    calls->fetch_add(1, std::memory_order_relaxed);
}

__attribute__((constructor)) void map_file() {
    const char* const path = std::getenv("LWS_HEAP_COUNT");
    const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return;
    }
    if (::ftruncate(file, sizeof(*calls)) == 0) {
        void* const mapped =
            ::mmap(nullptr, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED) {
            calls = static_cast<std::atomic<std::uint64_t>*>(mapped);
        }
    }
    ::close(file);
}

}  // namespace

extern "C" void* malloc(std::size_t size) {
    count();
    return __libc_malloc(size);
}

extern "C" void* calloc(std::size_t number, std::size_t size) {
    count();
    return __libc_calloc(number, size);
}

extern "C" void* realloc(void* memory, std::size_t size) {
    count();
    return __libc_realloc(memory, size);
}

extern "C" void* memalign(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return memalign(alignment, size);
}

extern "C" int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    *memory = memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
}
