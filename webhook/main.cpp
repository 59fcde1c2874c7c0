// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/program_main.hpp"
#include "webhook/program.hpp"

int main(int argc, char** argv) {
    return lws::config::program_main(
        {"lws-webhook", "Admission webhook of LeaderWorkerSets."}, argc, argv, lws::webhook::run
    );
}
