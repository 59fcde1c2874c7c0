// SPDX-License-Identifier: Apache-2.0
#include "controller/testing/world.hpp"

#include <catch2/catch.hpp>
#include <sstream>

namespace lws::controller::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kNamespace = "ml";
// The loopback hands bytes over within microseconds; that much silence, twice, is the end.
constexpr std::chrono::milliseconds kSilence{20};

}  // namespace

World::World() {
    server.listen();
}

World::~World() {
    kill_controller();
    server.close();
    io.restart();
    io.poll();
}

void World::start_controller() {
    client::ApiClientOptions options;
    client = std::make_unique<client::ApiClient>(
        io.get_executor(), server.settings(), std::move(options), make_null_logger()
    );
    controller_options.groups.clock = [this] { return now; };
    controller_options.event_instance = "leaderworkerset-test";
    controller = std::make_unique<Controller>(*client, controller_options, make_null_logger());
    controller->set_on_pass([this](PassKind, PassOutcome, auto) { ++passes; });
    controller->start();
}

void World::kill_controller() {
    if (!controller) return;
    bool ended = false;
    client->stop();
    controller->stop([&ended] { ended = true; });
    const auto deadline = Clock::now() + std::chrono::seconds(20);
    while (!ended && Clock::now() < deadline) {
        io.restart();
        io.run_one_for(std::chrono::milliseconds(5));
    }
    io.restart();
    io.poll();
    controller.reset();
    client.reset();
}

bool World::round() {
    io.restart();
    bool worked = io.poll() > 0;
    if (workloads.step()) worked = true;
    if (watchman) watchman();
    return worked;
}

bool World::run_until(const std::function<bool()>& there, std::chrono::seconds limit) {
    const auto deadline = Clock::now() + limit;
    while (!there()) {
        if (Clock::now() > deadline) {
            UNSCOPED_INFO("gave up waiting:\n" << dump());
            return false;
        }
        if (round()) continue;
        io.restart();
        io.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
}

bool World::settle() {
    int silent = 0;
    return run_until([this, &silent] {
        const bool worked = round();
        io.restart();
        const bool more = io.run_one_for(kSilence) > 0;
        const auto sizes = controller ? controller->sizes() : ControllerMetrics::Sizes{};
        const bool busy = worked || more || sizes.active_passes > 0 || sizes.events_waiting > 0;
        silent = busy ? 0 : silent + 1;
        return silent >= 2;
    });
}

void World::add_set(const std::string& name, const std::string& spec) {
    JsonObject object;
    set_at(object, {"metadata"}, "name", text_value(name));
    object["spec"] = parse_json(spec);
    const Answer answer = cluster.create("leaderworkersets", kNamespace, std::move(object));
    REQUIRE(answer.status == 201);
}

const JsonObject* World::set(const std::string& name) const {
    return cluster.find({"leaderworkersets", kNamespace, name});
}

const JsonObject* World::stateful_set(const std::string& name) const {
    return cluster.find({"statefulsets", kNamespace, name});
}

const JsonObject* World::pod(const std::string& name) const {
    return cluster.find({"pods", kNamespace, name});
}

std::string World::pod_uid(const std::string& name) const {
    const JsonObject* found = pod(name);
    return found == nullptr ? "" : uid_of(*found);
}

void World::change_set(const std::function<void(JsonObject&)>& change) {
    cluster.update({"leaderworkersets", kNamespace, "vllm"}, change);
}

std::string World::condition(std::string_view type, std::string_view member) const {
    const JsonObject* object = set();
    const JsonArray* conditions =
        object == nullptr ? nullptr : array_at(*object, {"status", "conditions"});
    if (conditions == nullptr) return {};
    for (const JsonValue& value : *conditions) {
        if (text_at(value.as_object(), {"type"}) == type) {
            return text_at(value.as_object(), {member});
        }
    }
    return {};
}

bool World::available() const {
    const JsonObject* object = set();
    return object != nullptr && condition("Available") == "True" &&
           number_at(*object, {"status", "observedGeneration"}) ==
               number_at(*object, {"metadata", "generation"});
}

std::vector<std::string> World::notes(std::string_view reason) const {
    std::vector<std::string> out;
    for (const JsonObject& event : cluster.all("events")) {
        if (text_at(event, {"reason"}) == reason) out.push_back(text_at(event, {"note"}));
    }
    return out;
}

std::string World::dump() const {
    std::ostringstream out;
    for (const auto* resource : {"leaderworkersets", "statefulsets", "services", "pods"}) {
        for (const JsonObject& object : cluster.all(resource)) {
            out << resource << ' ' << text_at(object, {"metadata", "name"}) << ' ' << uid_of(object)
                << (is_deleting(object) ? " deleting" : "");
            if (const JsonValue* status = find_at(object, {"status"})) {
                out << ' ' << to_text(*status);
            }
            out << '\n';
        }
    }
    for (const RecordedRequest& request : server.requests()) {
        out << request.method << ' ' << request.target << ' ' << request.status << '\n';
    }
    for (const JsonObject& event : cluster.all("events")) {
        out << "event " << text_at(event, {"reason"}) << ": " << text_at(event, {"note"}) << '\n';
    }
    return out.str();
}

std::string spec_of(
    int replicas, int size, const std::string& image, const std::string& startup_policy
) {
    return "{'replicas':" + std::to_string(replicas) + ",'startupPolicy':'" + startup_policy +
           "','networkConfig':{'subdomainPolicy':'Shared'},'rolloutStrategy':{'type':"
           "'RollingUpdate','rollingUpdateConfiguration':{'partition':0,'maxUnavailable':1,"
           "'maxSurge':0}},'leaderWorkerTemplate':{'size':" +
           std::to_string(size) +
           ",'restartPolicy':'RecreateGroupOnPodRestart','workerTemplate':{'spec':{'containers':[{"
           "'name':'main','image':'" +
           image + "'}]}}}}";
}

}  // namespace lws::controller::testing
