// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/program_main.hpp"
#include "pkg/lws/http/openssl_memory.hpp"
#include "webhook/program.hpp"

int main(int argc, char** argv) {
    // First of all: OpenSSL asks for memory from its first call on. Where it is refused, each
    // record costs a few calls of malloc and nothing else changes.
    static_cast<void>(lws::http::keep_openssl_blocks());
    return lws::config::program_main(
        {"lws-webhook", "Admission webhook of LeaderWorkerSets."}, argc, argv, lws::webhook::run
    );
}
