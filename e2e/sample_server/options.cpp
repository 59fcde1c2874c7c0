// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/options.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

namespace lws::sample {
namespace {

using Environment = std::map<std::string, std::string>;

// Far above any real group, and small enough that a membership list is no risk.
constexpr std::int64_t kMaxGroupSize = 10'000;

Error invalid(std::string message) {
    return Error(ErrorCode::invalid_input, std::move(message));
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

struct Range {
    std::int64_t low;
    std::int64_t high;
};

Result<std::int64_t> read_number(const Environment& environment, const char* name, Range range) {
    const auto found = environment.find(name);
    if (found == environment.end()) {
        return invalid(
            std::string(name) + " is not set: is this container in a pod of a LeaderWorkerSet?"
        );
    }
    const auto value = parse_number(found->second);
    if (!value || *value < range.low || *value > range.high) {
        return invalid(
            std::string(name) + ": expected a number from " + std::to_string(range.low) + " to " +
            std::to_string(range.high) + ", got \"" + found->second + "\""
        );
    }
    return *value;
}

Result<std::uint16_t> read_port(
    const Environment& environment, const char* name, std::uint16_t otherwise
) {
    if (!environment.contains(name)) {
        return otherwise;
    }
    const Range ports{1, std::numeric_limits<std::uint16_t>::max()};
    const auto port = read_number(environment, name, ports);
    if (!port) {
        return port.error();
    }
    return static_cast<std::uint16_t>(*port);
}

// LWS_LEADER_ADDRESS is <set>-<group>.<subdomain>.<namespace>.
Result<Options> with_leader(Options options, const Environment& environment) {
    const auto found = environment.find("LWS_LEADER_ADDRESS");
    if (found == environment.end() || found->second.empty()) {
        return invalid(
            "LWS_LEADER_ADDRESS is not set: is this container in a pod of a LeaderWorkerSet?"
        );
    }
    options.leader_address = found->second;
    options.leader_name = found->second.substr(0, found->second.find('.'));
    const auto dash = options.leader_name.rfind('-');
    const auto group = dash == std::string::npos || dash == 0
                           ? std::nullopt
                           : parse_number(options.leader_name.substr(dash + 1));
    if (!group || *group < 0 || *group > std::numeric_limits<int>::max()) {
        return invalid(
            "LWS_LEADER_ADDRESS: the leader's name does not end in a group index: \"" +
            found->second + "\""
        );
    }
    options.group_index = static_cast<int>(*group);
    return options;
}

Result<Options> read_options(
    const Environment& environment, const std::string& host_name, const std::string& script
) {
    Options options;
    // Several members of a group on one machine, as in a test, share its host name.
    const auto pod_name = environment.find("LWS_SAMPLE_POD_NAME");
    options.pod_name = pod_name == environment.end() ? host_name : pod_name->second;
    options.model = find_model(script);
    if (options.model.empty()) {
        options.model = "sample-model";
    }
    const auto size = read_number(environment, "LWS_GROUP_SIZE", Range{1, kMaxGroupSize});
    if (!size) {
        return size.error();
    }
    const auto index = read_number(environment, "LWS_WORKER_INDEX", Range{0, *size - 1});
    if (!index) {
        return index.error();
    }
    const auto join_port = read_port(environment, "LWS_SAMPLE_JOIN_PORT", options.join_port);
    if (!join_port) {
        return join_port.error();
    }
    const auto http_port = read_port(environment, "LWS_SAMPLE_HTTP_PORT", options.http_port);
    if (!http_port) {
        return http_port.error();
    }
    options.group_size = static_cast<int>(*size);
    options.role = *index == 0 ? Role::leader : Role::worker;
    options.join_port = *join_port;
    options.http_port = *http_port;
    return with_leader(std::move(options), environment);
}

Result<Command> parse_fail(const std::vector<std::string>& arguments) {
    Command command;
    command.action = Action::fail;
    if (arguments.size() > 2) {
        return invalid("--fail takes at most one process number");
    }
    if (arguments.size() == 2) {
        const auto pid = parse_number(arguments[1]);
        if (!pid || *pid < 1 || *pid > std::numeric_limits<std::int32_t>::max()) {
            return invalid("--fail: expected a process number, got \"" + arguments[1] + "\"");
        }
        command.pid = *pid;
    }
    return command;
}

}  // namespace

std::string find_model(const std::string& script) {
    std::istringstream words(script);
    std::string previous;
    std::string word;
    while (words >> word) {
        if (previous == "vllm" && word == "serve" && words >> word) {
            return word;
        }
        previous = std::exchange(word, {});
    }
    return {};
}

Result<Command> parse_command(
    const std::vector<std::string>& arguments,
    const Environment& environment,
    const std::string& host_name
) {
    Command command;
    std::string script;
    if (!arguments.empty()) {
        const auto& first = arguments.front();
        if (first == "--fail") {
            return parse_fail(arguments);
        }
        if (first == "--help" || first == "--version") {
            command.action = first == "--help" ? Action::print_help : Action::print_version;
            return command;
        }
        if (first != "-c") {
            return invalid("unknown argument \"" + first + "\"; --help lists what there is");
        }
        if (arguments.size() < 2) {
            return invalid("-c needs a script");
        }
        script = arguments[1];
    }
    auto options = read_options(environment, host_name, script);
    if (!options) {
        return options.error();
    }
    command.options = std::move(*options);
    return command;
}

}  // namespace lws::sample
