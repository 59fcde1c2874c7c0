// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pkg/lws/config/configuration.hpp"
#include "pkg/lws/config/extra_configuration.hpp"

namespace lws::config {

enum class LogEncoder { json, console };

enum class LogLevel { error, info, debug };

struct LogOptions {
    LogLevel level = LogLevel::info;
    LogEncoder encoder = LogEncoder::json;
};

// What a program starts with: defaults, then the file, then flags that were given explicitly.
struct Options {
    Configuration configuration;
    ExtraConfiguration extra;
    // Value of --kubeconfig; empty: $KUBECONFIG, then the pod's service account.
    std::string kubeconfig;
    LogOptions log;
};

// The program must print `text` (no newline at its end) and exit: code 0 on standard output
// (--version, --help), code 2 on standard error (one line saying what is wrong).
struct ExitRequest {
    int code = 2;
    std::string text;
};

struct ProgramInfo {
    std::string name;     // `lws-webhook`
    std::string summary;  // one line for --help
};

// Reads a whole file; given by the program, so that this stays free of I/O.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// `arguments` without the program's name. Accepts the flags of kubernetes-sigs/lws v0.10
// (cmd/main.go), each with one or two leading dashes.
[[nodiscard]] std::variant<Options, ExitRequest> read_options(
    const ProgramInfo& program, std::vector<std::string> arguments, const FileReader& read_file
);

// Where our lease, Secret and Service are: the namespace of the mounted service account, else
// `lws-system`.
[[nodiscard]] std::string operator_namespace(const FileReader& read_file);

}  // namespace lws::config
