// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "webhook/property/generators.hpp"

namespace lws::webhook::property {
namespace {

std::string braces(const std::string& members) {
    return "{" + members + "}";
}

std::string make_env(Random& random) {
    std::string entries;
    for (auto count = random.up_to(5); count > 0; --count) {
        std::string entry;
        append_member(
            entry,
            "name",
            random.pick(
                {"\"A\"",
                 "\"A\"",
                 "\"B\"",
                 "\"\"",
                 "null",
                 "\"LWS_LEADER_ADDRESS\"",
                 "\"LWS_GROUP_SIZE\"",
                 "\"LWS_WORKER_INDEX\"",
                 "\"TPU_NAME\"",
                 "\"TPU_PROCESS_PORT\"",
                 "\"TPU_PROCESS_PORT\"",
                 "\"~/\""}
            )
        );
        if (random.one_in(4)) {
            append_member(entry, "valueFrom", R"({"fieldRef":{"fieldPath":"metadata.name"}})");
        } else if (!random.one_in(5)) {
            append_member(
                entry,
                "value",
                random.pick({"\"1\"", "\"\"", "\"9000\"", "\"$(LWS_LEADER_ADDRESS)\"", "null"})
            );
        }
        entries += (entries.empty() ? "" : ",") + braces(entry);
    }
    if (random.one_in(12)) {
        entries += (entries.empty() ? "" : ",") + std::string(R"({"name":)") +
                   std::string(random.pick({"\"TPU_WORKER_ID\"", "\"TPU_WORKER_HOSTNAMES\""})) +
                   R"(,"value":"7"})";
    }
    return "[" + entries + "]";
}

std::string make_resources(Random& random) {
    const auto amount = [&] {
        return random.pick(
            {"4", "\"4\"", "\"4\"", "0", "\"0\"", "\"1Ki\"", "\"0.5\"", "8", "\"0e3\"", "null"}
        );
    };
    std::string members;
    if (!random.one_in(4)) {
        append_member(
            members, "limits", R"({"cpu":"1","google.com/tpu":)" + std::string(amount()) + "}"
        );
    }
    if (random.one_in(3)) {
        append_member(members, "requests", R"({"google.com/tpu":)" + std::string(amount()) + "}");
    }
    if (random.one_in(60)) {
        members = R"("limits":{"google.com/tpu":"x"})";
    }
    return braces(members);
}

std::string make_container(Random& random) {
    std::string members;
    append_member(members, "name", random.pick({"\"c\"", "\"d\"", "\"e\""}));
    if (random.one_in(2)) {
        append_member(members, "env", random.one_in(10) ? "null" : make_env(random));
    }
    if (random.one_in(2)) {
        append_member(members, "resources", make_resources(random));
    }
    if (random.one_in(12)) {
        append_member(members, "restartPolicy", "\"Never\"");
    }
    if (random.one_in(6)) {
        append_member(members, "x-unknown", R"([{"n~/":null}])");
    }
    return braces(members);
}

}  // namespace

std::string make_containers(Random& random) {
    std::string text = "[";
    for (auto count = random.one_in(40) ? 0 : 1 + random.up_to(3); count > 0; --count) {
        text += text.size() > 1 ? "," : "";
        text += random.one_in(60) ? "null" : make_container(random);
    }
    return text + "]";
}

}  // namespace lws::webhook::property
