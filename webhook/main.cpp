// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "pkg/lws/config/options.hpp"
#include "pkg/lws/config/read_file.hpp"
#include "webhook/program.hpp"

int main(int argc, char** argv) {
    try {
        const auto read = lws::config::read_options(
            {"lws-webhook", "Admission webhook of LeaderWorkerSet"},
            std::vector<std::string>(argv + 1, argv + argc),
            lws::config::read_file
        );
        if (const auto* const exit = std::get_if<lws::config::ExitRequest>(&read)) {
            std::fprintf(exit->code == 0 ? stdout : stderr, "%s\n", exit->text.c_str());
            return exit->code;
        }
        return lws::webhook::run(std::get<lws::config::Options>(read));
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "lws-webhook: %s\n", exception.what());
        return 1;
    }
}
