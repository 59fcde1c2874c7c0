// SPDX-License-Identifier: Apache-2.0
// Revisions as upstream's releases wrote them in a cluster (e2e/takeover/PROVENANCE.md).
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"

namespace lws::rules {
namespace {

constexpr std::string_view kKey = "leaderworkerset.sigs.k8s.io/template-revision-hash";

std::vector<std::filesystem::path> recordings() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry :
         std::filesystem::directory_iterator(LWS_SOURCE_DIR "/e2e/takeover/testdata")) {
        if (entry.path().extension() == ".jsonl") found.push_back(entry.path());
    }
    return found;
}

// One object a line.
std::vector<json::Document> objects_of(const std::filesystem::path& recording) {
    std::vector<json::Document> objects;
    std::ifstream file(recording, std::ios::binary);
    for (std::string line; std::getline(file, line);) {
        auto document = json::parse(std::move(line));
        REQUIRE(document.has_value());
        objects.push_back(std::move(*document));
    }
    return objects;
}

std::string text_of(json::View view) {
    return std::string(view.string_or(""));
}

json::View owner_of(json::View object) {
    return object["metadata"]["ownerReferences"].at(0);
}

bool is_of_set(json::View object) {
    return owner_of(object)["kind"].string_or("") == "LeaderWorkerSet";
}

struct Recording {
    std::vector<json::Document> objects;
    std::map<std::string, json::View> sets;
    std::map<std::string, std::string> current_keys;  // by name of the set
};

Recording read(const std::filesystem::path& path) {
    Recording out;
    out.objects = objects_of(path);
    for (const auto& document : out.objects) {
        const json::View object = document.root();
        const std::string name = text_of(object["metadata"]["name"]);
        if (object["kind"].string_or("") == "LeaderWorkerSet") {
            out.sets.emplace(name, object);
        } else if (object["kind"].string_or("") == "StatefulSet" && is_of_set(object)) {
            out.current_keys.emplace(name, text_of(object["metadata"]["labels"][kKey]));
        }
    }
    return out;
}

TEST_CASE(
    "revisions that upstream's releases recorded are those of their sets", "[rules][revision]"
) {
    const auto paths = recordings();
    REQUIRE(paths.size() >= 3);
    std::size_t same_bytes = 0;
    for (const auto& path : paths) {
        const Recording recording = read(path);
        std::size_t current = 0;
        for (const auto& document : recording.objects) {
            const json::View revision = document.root();
            if (revision["kind"].string_or("") != "ControllerRevision" || !is_of_set(revision)) {
                continue;
            }
            INFO(path.filename() << " " << text_of(revision["metadata"]["name"]));
            const std::string name = text_of(owner_of(revision)["name"]);
            const std::string key = text_of(revision["metadata"]["labels"][kKey]);
            const bool is_current = recording.current_keys.at(name) == key;
            const json::View spec = recording.sets.at(name)["spec"];
            CHECK(same_template(spec, revision["data"]) == is_current);
            current += is_current ? 1 : 0;
            // v0.6.1 printed timestamps of null, so its keys are of other bytes.
            const auto normal = normalise_revision_data(revision["data"]);
            REQUIRE(normal.has_value());
            if (revision_key(*normal) == key) {
                ++same_bytes;
                const auto made = make_revision_data(spec);
                REQUIRE(made.has_value());
                CHECK((*made == *normal) == is_current);
            }
        }
        INFO(path.filename());
        CHECK(current == recording.current_keys.size());
    }
    CHECK(same_bytes >= 30);
}

}  // namespace
}  // namespace lws::rules
