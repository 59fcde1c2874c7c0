// SPDX-License-Identifier: Apache-2.0
#include "controller/program.hpp"
#include "pkg/lws/config/program_main.hpp"

int main(int argc, char** argv) {
    return lws::config::program_main(
        {"lws-controller", "Keeps the groups of LeaderWorkerSets: membership, restarts, rollouts."},
        argc,
        argv,
        lws::controller::run
    );
}
