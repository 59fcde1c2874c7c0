// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lws::http {

// OpenSSL takes and frees a few small blocks for each record that it reads or writes. From now on
// each thread keeps what it frees of them, up to kKeptBytes, and hands them out again. Call in main
// before anything else touches OpenSSL; false, and nothing changed, when it is too late.
bool keep_openssl_blocks();

inline constexpr unsigned kKeptBytes = 32 * 1024;

// What OpenSSL calls then; exposed for their test. File and line are where OpenSSL calls from.
void* take_block(decltype(sizeof(0)) size, const char* file, int line);
void give_back_block(void* block, const char* file, int line);
void* resize_block(void* block, decltype(sizeof(0)) size, const char* file, int line);
// Bytes that this thread keeps.
[[nodiscard]] unsigned kept_bytes();

}  // namespace lws::http
