// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/options.hpp"

#include <catch2/catch.hpp>

using namespace lws::sample;

namespace {

std::map<std::string, std::string> worker_environment() {
    return {
        {"LWS_LEADER_ADDRESS", "my-vllm-12.my-vllm.default"},
        {"LWS_GROUP_SIZE", "4"},
        {"LWS_WORKER_INDEX", "3"},
    };
}

lws::Result<Command> parse(
    const std::vector<std::string>& arguments,
    const std::map<std::string, std::string>& environment = worker_environment()
) {
    return parse_command(arguments, environment, "my-vllm-12-3");
}

}  // namespace

TEST_CASE("a worker learns its place in the group from the environment", "[sample]") {
    const auto command = parse({});
    REQUIRE(command.has_value());
    CHECK(command->action == Action::serve);
    CHECK(command->options.role == Role::worker);
    CHECK(command->options.pod_name == "my-vllm-12-3");
    CHECK(command->options.leader_address == "my-vllm-12.my-vllm.default");
    CHECK(command->options.leader_name == "my-vllm-12");
    CHECK(command->options.group_index == 12);
    CHECK(command->options.group_size == 4);
    CHECK(command->options.join_port == 6379);
    CHECK(command->options.http_port == 8080);
}

TEST_CASE("worker index 0 is the leader", "[sample]") {
    auto environment = worker_environment();
    environment["LWS_WORKER_INDEX"] = "0";
    const auto command = parse({}, environment);
    REQUIRE(command.has_value());
    CHECK(command->options.role == Role::leader);
}

TEST_CASE("a script is accepted as a shell accepts it and names the model", "[sample]") {
    const auto command = parse({"-c", "ray start --head\nexec vllm  serve org/model --port 8080"});
    REQUIRE(command.has_value());
    CHECK(command->action == Action::serve);
    CHECK(command->options.model == "org/model");
}

TEST_CASE("the model is the word after vllm serve", "[sample]") {
    CHECK(find_model("vllm serve a/b") == "a/b");
    CHECK(find_model("set -e; exec vllm serve\na/b --port 1") == "a/b");
    CHECK(find_model("vllm serve").empty());
    CHECK(find_model("serve vllm a/b").empty());
    CHECK(find_model("vllm bench serve a/b").empty());
    CHECK(find_model("").empty());
}

TEST_CASE("ports and the pod name can be set for tests on one machine", "[sample]") {
    auto environment = worker_environment();
    environment["LWS_SAMPLE_JOIN_PORT"] = "1";
    environment["LWS_SAMPLE_HTTP_PORT"] = "65535";
    environment["LWS_SAMPLE_POD_NAME"] = "other";
    const auto command = parse({}, environment);
    REQUIRE(command.has_value());
    CHECK(command->options.join_port == 1);
    CHECK(command->options.http_port == 65535);
    CHECK(command->options.pod_name == "other");
}

TEST_CASE("a wrong environment is refused by name", "[sample]") {
    const std::string name = GENERATE("LWS_LEADER_ADDRESS", "LWS_GROUP_SIZE", "LWS_WORKER_INDEX");
    DYNAMIC_SECTION(name << " missing") {
        auto environment = worker_environment();
        environment.erase(name);
        const auto command = parse({}, environment);
        REQUIRE_FALSE(command.has_value());
        CHECK_THAT(command.error().message, Catch::StartsWith(name + " is not set"));
    }
    DYNAMIC_SECTION(name << " wrong") {
        const std::string value =
            GENERATE("", "x", "-1", "+1", "4x", "99999999999999999999", "a-b.c");
        auto environment = worker_environment();
        environment[name] = value;
        const auto command = parse({}, environment);
        REQUIRE_FALSE(command.has_value());
        CHECK_THAT(command.error().message, Catch::StartsWith(name));
    }
}

TEST_CASE("a worker index outside of the group is refused", "[sample]") {
    auto environment = worker_environment();
    environment["LWS_WORKER_INDEX"] = "4";
    CHECK_FALSE(parse({}, environment).has_value());
}

TEST_CASE("fail takes the number of a process, 1 if there is none", "[sample]") {
    // Called by hand in a container, where the environment does not matter.
    const auto command = parse({"--fail"}, {});
    REQUIRE(command.has_value());
    CHECK(command->action == Action::fail);
    CHECK(command->pid == 1);
    CHECK(parse({"--fail", "42"}, {})->pid == 42);
    CHECK_FALSE(parse({"--fail", "0"}, {}).has_value());
    CHECK_FALSE(parse({"--fail", "-1"}, {}).has_value());
    CHECK_FALSE(parse({"--fail", "x"}, {}).has_value());
    CHECK_FALSE(parse({"--fail", "1", "2"}, {}).has_value());
}

TEST_CASE("help and version need no environment", "[sample]") {
    CHECK(parse({"--help"}, {})->action == Action::print_help);
    CHECK(parse({"--version"}, {})->action == Action::print_version);
}

TEST_CASE("other arguments are refused", "[sample]") {
    CHECK_FALSE(parse({"leader"}).has_value());
    CHECK_FALSE(parse({"-c"}).has_value());
}
