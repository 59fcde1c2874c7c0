// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pkg/lws/support/result.hpp"

namespace lws::sample {

enum class Role { leader, worker };

// What one pod of a group needs to know, from the environment that LeaderWorkerSet gives it.
struct Options {
    Role role{Role::leader};
    std::string pod_name;
    std::string leader_address;  // DNS name of the leader pod
    std::string leader_name;     // its first label: the leader pod's name
    int group_index{0};
    int group_size{1};  // pods in the group, the leader included
    std::string model;
    std::uint16_t join_port{6379};  // where workers join, as with Ray
    std::uint16_t http_port{8080};
};

enum class Action { serve, fail, print_help, print_version };

struct Command {
    Action action{Action::serve};
    Options options;      // for serve
    std::int64_t pid{1};  // for fail: the process to end
};

// Reads the command line (without the program's name) and the environment. `-c SCRIPT`, with which
// a manifest calls a shell, is accepted: the role comes from LWS_WORKER_INDEX, and of the script
// only the model's name is read. Errors are texts for the person who wrote the manifest.
Result<Command> parse_command(
    const std::vector<std::string>& arguments,
    const std::map<std::string, std::string>& environment,
    const std::string& host_name
);

// The word after `vllm serve`, or an empty text.
std::string find_model(const std::string& script);

}  // namespace lws::sample
