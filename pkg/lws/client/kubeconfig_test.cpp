// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/kubeconfig.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace lws;
using namespace lws::client;

namespace {

std::string config(const std::string& cluster, const std::string& user) {
    return "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
           "contexts:\n- {name: c, context: {cluster: k, user: u, namespace: n}}\n"
           "- {name: other, context: {cluster: k2, user: u}}\n"
           "clusters:\n- {name: k, cluster: {" +
           cluster +
           "}}\n- {name: k2, cluster: {server: 'https://two:8443/base/'}}\n"
           "users:\n- {name: u, user: {" +
           user + "}}\n";
}

constexpr auto kServer = "server: 'https://one:6443'";

}  // namespace

TEST_CASE("a kubeconfig with inline credentials is read whole", "[client][kubeconfig]") {
    const auto settings = parse_kubeconfig(
        config(
            std::string(kServer) + ", certificate-authority-data: Q0E=, tls-server-name: name",
            "client-certificate-data: Q0VSVA==, client-key-data: S0VZ, token: secret"
        ),
        "/etc"
    );
    REQUIRE(settings.has_value());
    CHECK(settings->host == "one");
    CHECK(settings->port == "6443");
    CHECK(settings->base_path.empty());
    CHECK(settings->server_name == "name");
    CHECK(settings->ca.pem == "CA");
    CHECK(settings->client_certificate.pem == "CERT");
    CHECK(settings->client_key.pem == "KEY");
    CHECK(settings->token == "secret");
    CHECK(settings->ns == "n");
    CHECK_FALSE(settings->insecure_skip_tls_verify);
}

TEST_CASE("file names are relative to the kubeconfig", "[client][kubeconfig]") {
    const auto settings = parse_kubeconfig(
        config(
            std::string(kServer) + ", certificate-authority: pki/ca.crt",
            "client-certificate: /abs/c.crt, client-key: c.key, tokenFile: token"
        ),
        "/home/x/.kube"
    );
    REQUIRE(settings.has_value());
    CHECK(settings->ca.file == "/home/x/.kube/pki/ca.crt");
    CHECK(settings->client_certificate.file == "/abs/c.crt");
    CHECK(settings->client_key.file == "/home/x/.kube/c.key");
    CHECK(settings->token_file == "/home/x/.kube/token");
}

TEST_CASE("another context than the current one can be chosen", "[client][kubeconfig]") {
    const auto settings = parse_kubeconfig(config(kServer, ""), "", "other");
    REQUIRE(settings.has_value());
    CHECK(settings->host == "two");
    CHECK(settings->port == "8443");
    CHECK(settings->base_path == "/base");
    CHECK(settings->ns.empty());
}

TEST_CASE("skipping verification is read", "[client][kubeconfig]") {
    const auto settings =
        parse_kubeconfig(config(std::string(kServer) + ", insecure-skip-tls-verify: true", ""), "");
    REQUIRE(settings.has_value());
    CHECK(settings->insecure_skip_tls_verify);
}

TEST_CASE("a kubeconfig error names its field", "[client][kubeconfig]") {
    struct Case {
        std::string name;
        std::string text;
        std::string message;
    };
    const std::string server = kServer;
    const std::string use = "not supported: use a client certificate, a token or a token file";
    const auto c = GENERATE_COPY(values<Case>({
        {"not a map", "- a", "kubeconfig: file: expected a map"},
        {"empty", "", "kubeconfig: file: expected a map"},
        {"no context", "a: b", "kubeconfig: current-context: is not set"},
        {"no contexts", "current-context: c", "kubeconfig: contexts: expected a list"},
        {"unknown context",
         "current-context: z\ncontexts: [{name: c, context: {}}, 7, {}]",
         "kubeconfig: contexts: no entry named \"z\""},
        {"context without a map",
         "current-context: c\ncontexts: [{name: c}]",
         "kubeconfig: contexts[c].context: expected a map"},
        {"unknown cluster",
         "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: []",
         "kubeconfig: clusters: no entry named \"k\""},
        {"no server", config("", ""), "kubeconfig: cluster.server: is missing"},
        {"server of a wrong type",
         config("server: [a]", ""),
         "kubeconfig: cluster.server: expected a string"},
        {"plain http",
         config("server: 'http://a'", ""),
         "kubeconfig: cluster.server: expected a URL that begins with https://"},
        {"bad port",
         config("server: 'https://a:99999'", ""),
         "kubeconfig: cluster.server: the port is not a number from 1 to 65535"},
        {"bad base64",
         config(server + ", certificate-authority-data: '%%'", ""),
         "kubeconfig: cluster.certificate-authority-data: not valid base64"},
        {"neither true nor false",
         config(server + ", insecure-skip-tls-verify: maybe", ""),
         "kubeconfig: cluster.insecure-skip-tls-verify: expected true or false"},
        {"insecure with an authority",
         config(server + ", insecure-skip-tls-verify: true, certificate-authority: a", ""),
         "kubeconfig: cluster.insecure-skip-tls-verify: cannot be combined with a certificate "
         "authority"},
        {"proxy",
         config(server + ", proxy-url: 'http://p'", ""),
         "kubeconfig: cluster.proxy-url: not supported"},
        {"exec plugin", config(server, "exec: {command: aws}"), "kubeconfig: user.exec: " + use},
        {"auth provider",
         config(server, "auth-provider: {name: gcp}"),
         "kubeconfig: user.auth-provider: " + use},
        {"password", config(server, "password: p"), "kubeconfig: user.password: " + use},
        {"certificate without a key",
         config(server, "client-certificate: a"),
         "kubeconfig: user.client-key: is missing beside its counterpart"},
        {"key without a certificate",
         config(server, "client-key: a"),
         "kubeconfig: user.client-certificate: is missing beside its counterpart"},
    }));
    DYNAMIC_SECTION(c.name) {
        const auto settings = parse_kubeconfig(c.text, "");
        REQUIRE(settings.has_error());
        CHECK(settings.error().message == c.message);
        CHECK(settings.error().code == ErrorCode::invalid_input);
    }
}

TEST_CASE("text that is no YAML is an error", "[client][kubeconfig]") {
    const std::string text =
        GENERATE(as<std::string>{}, "{", "a: b: c", "\x01", "- [", "&a *a", "? : :\n  - }");
    DYNAMIC_SECTION(text) {
        CHECK(parse_kubeconfig(text, "").has_error());
    }
}

TEST_CASE("a kubeconfig of more than a mebibyte is refused", "[client][kubeconfig]") {
    const auto settings = parse_kubeconfig(std::string((1U << 20U) + 1, ' '), "");
    REQUIRE(settings.has_error());
    CHECK(settings.error().code == ErrorCode::too_large);
}

TEST_CASE("server URLs are taken apart", "[client][kubeconfig]") {
    ConnectionSettings s;
    REQUIRE(set_server_url(s, "https://[fd00::1]:6443/").has_value());
    CHECK(s.host == "fd00::1");
    CHECK(s.port == "6443");
    CHECK(s.server_name == "fd00::1");
    REQUIRE(set_server_url(s, "https://h/a/b//").has_value());
    CHECK(s.port == "443");
    CHECK(s.base_path == "/a/b");
    const std::string url = GENERATE(
        as<std::string>{},
        "",
        "https://",
        "https://:443",
        "https://h:",
        "https://h:0",
        "https://h:x",
        "https://u@h",
        "https://h?q",
        "https://h/p#f",
        "https://h h"
    );
    DYNAMIC_SECTION(url) {
        CHECK(set_server_url(s, url).has_error());
    }
}
