// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/credentials.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

using namespace lws;
using namespace lws::client;
using namespace std::chrono_literals;

namespace {

class TempFolder {
public:
    TempFolder() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ + "/" + name) << text;
        return path_ + "/" + name;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/lws-credentials-test-XXXXXX";
};

Environment environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(std::string(name));
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
}

const TokenSource::Clock::time_point kStart{100s};

}  // namespace

TEST_CASE("a pod finds its API server and namespace", "[client][credentials]") {
    const TempFolder folder;
    folder.write("token", "abc\n");
    folder.write("namespace", "lws-system\n");
    const std::string host = GENERATE("10.0.0.1", "fd00::1", "[fd00::1]");
    DYNAMIC_SECTION(host) {
        const auto settings = in_cluster_settings(
            environment({{"KUBERNETES_SERVICE_HOST", host}, {"KUBERNETES_SERVICE_PORT", "443"}}),
            folder.path()
        );
        REQUIRE(settings.has_value());
        CHECK(settings->host == (host == "10.0.0.1" ? "10.0.0.1" : "fd00::1"));
        CHECK(settings->port == "443");
        CHECK(settings->ca.file == folder.path() + "/ca.crt");
        CHECK(settings->token_file == folder.path() + "/token");
        CHECK(settings->ns == "lws-system");
    }
}

TEST_CASE("outside a cluster is told from a broken service account", "[client][credentials]") {
    const TempFolder folder;
    const auto outside = in_cluster_settings(environment({}), folder.path());
    REQUIRE(outside.has_error());
    CHECK(outside.error().code == ErrorCode::not_found);
    const Environment inside =
        environment({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}});
    CHECK(in_cluster_settings(inside, folder.path()).has_error());
    folder.write("token", " \n");
    const auto empty = in_cluster_settings(inside, folder.path());
    REQUIRE(empty.has_error());
    CHECK(empty.error().code == ErrorCode::invalid_input);
}

TEST_CASE("the settings are looked for in the usual order", "[client][credentials]") {
    const TempFolder folder;
    const auto config = [&folder](const std::string& name) {
        return folder.write(
            name,
            "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
            "clusters: [{name: k, cluster: {server: 'https://" +
                name + "', certificate-authority: ca.crt}}]\n"
        );
    };
    const std::string flag = config("flag");
    const std::string variable = config("variable");
    std::filesystem::create_directory(folder.path() + "/.kube");
    const std::string home = config(".kube/config");
    const Environment all = environment({{"KUBECONFIG", variable}, {"HOME", folder.path()}});
    CHECK(find_settings(flag, all)->host == "flag");
    CHECK(find_settings(flag, all)->ca.file == folder.path() + "/ca.crt");
    CHECK(find_settings("", all)->host == "variable");
    CHECK(find_settings("", environment({{"HOME", folder.path()}}))->host == ".kube");
    CHECK(find_settings("/nonexistent", all).has_error());
    const auto none = find_settings("", environment({{"HOME", "/nonexistent"}}));
    REQUIRE(none.has_error());
    CHECK(none.error().code == ErrorCode::not_found);
}

TEST_CASE("a rotated token is seen within a minute", "[client][credentials]") {
    const TempFolder folder;
    TokenSource source("", folder.write("token", "one\n"));
    CHECK(source.current(kStart) == "one");
    folder.write("token", "two\n");
    CHECK(source.current(kStart + 59s) == "one");
    CHECK(source.current(kStart + 60s) == "two");
}

TEST_CASE("a refused token is read again at once", "[client][credentials]") {
    const TempFolder folder;
    TokenSource source("", folder.write("token", "one"));
    CHECK(source.current(kStart) == "one");
    CHECK_FALSE(source.refresh("one", kStart + 1s));
    folder.write("token", "two");
    CHECK(source.refresh("one", kStart + 1s));
    CHECK(source.current(kStart + 1s) == "two");
    CHECK(source.refresh("one", kStart + 2s));
}

TEST_CASE("the last good token stays when the file goes bad", "[client][credentials]") {
    const TempFolder folder;
    const std::string path = folder.write("token", "one");
    TokenSource source("", path);
    CHECK(source.current(kStart) == "one");
    const std::string bad = GENERATE(as<std::string>{}, "", "\n", "two\r\nX-Header: 1", "a b");
    DYNAMIC_SECTION(bad) {
        folder.write("token", bad);
        CHECK(source.current(kStart + 2min) == "one");
    }
    std::filesystem::remove(path);
    CHECK(source.current(kStart + 4min) == "one");
}

TEST_CASE("a token given as text never changes", "[client][credentials]") {
    TokenSource source("fixed", "");
    CHECK(source.current(kStart) == "fixed");
    CHECK_FALSE(source.refresh("fixed", kStart));
}
