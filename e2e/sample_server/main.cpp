// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "e2e/sample_server/failure.hpp"
#include "e2e/sample_server/leader.hpp"
#include "e2e/sample_server/options.hpp"
#include "e2e/sample_server/worker.hpp"

namespace {

using namespace lws;

constexpr const char* kHelp =
    "lws-sample-server [-c SCRIPT]\n"
    "  Stands in for an inference server in a pod of a LeaderWorkerSet. The script is not run.\n"
    "lws-sample-server --fail [PID]\n"
    "  Makes the sample server that runs as process PID (default 1) exit with status 1.\n"
    "lws-sample-server --version | --help\n";

std::map<std::string, std::string> environment_of_interest() {
    std::map<std::string, std::string> environment;
    for (const char* name :
         {"LWS_LEADER_ADDRESS",
          "LWS_GROUP_SIZE",
          "LWS_WORKER_INDEX",
          "LWS_SAMPLE_JOIN_PORT",
          "LWS_SAMPLE_HTTP_PORT",
          "LWS_SAMPLE_POD_NAME"}) {
        if (const char* value = std::getenv(name)) {
            environment[name] = value;
        }
    }
    return environment;
}

std::string host_name() {
    char name[256] = {};
    return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

// Ends without unwinding: a look-up of a name may be under way in a thread that cannot be
// interrupted, and nothing here needs to be put away.
[[noreturn]] void end_process(int status) {
    std::cout.flush();
    std::_Exit(status);
}

void on_signal(const boost::system::error_code& error, int signal) {
    if (!error) {
        sample::log_line(signal == SIGUSR1 ? "told to fail" : "told to stop");
        end_process(signal == SIGUSR1 ? 1 : 0);
    }
}

int serve(const sample::Options& options) {
    boost::asio::io_context io(1);
    // As process 1 of a container, a signal without a handler does nothing.
    boost::asio::signal_set signals(io, SIGTERM, SIGINT, SIGUSR1);
    signals.async_wait(on_signal);
    sample::Leader leader(io.get_executor(), options);
    sample::Worker worker(io.get_executor(), options);
    if (options.role == sample::Role::worker) {
        worker.start();
    } else if (const auto started = leader.start(); !started) {
        std::cerr << "lws-sample-server: " << started.error().message << '\n';
        return 1;
    }
    io.run();
    return 0;
}

int fail(std::int64_t pid) {
    if (const auto failed = sample::fail_process(pid); !failed) {
        std::cerr << "lws-sample-server: " << failed.error().message << '\n';
        return 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto command = sample::parse_command(arguments, environment_of_interest(), host_name());
    if (!command) {
        std::cerr << "lws-sample-server: " << command.error().message << '\n';
        return 2;
    }
    switch (command->action) {
        case sample::Action::fail:
            return fail(command->pid);
        case sample::Action::print_help:
            std::cout << kHelp;
            return 0;
        case sample::Action::print_version:
            std::cout << "lws-sample-server " LWS_VERSION "\n";
            return 0;
        case sample::Action::serve:
            break;
    }
    return serve(command->options);
} catch (const std::exception& error) {
    std::fprintf(stderr, "lws-sample-server: %s\n", error.what());
    return 1;
}
