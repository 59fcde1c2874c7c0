// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/kubeconfig.hpp"

#include <yaml-cpp/yaml.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace lws::client {
namespace {

// A real file with a dozen clusters stays below 100 KiB.
constexpr std::size_t kMaxKubeconfigBytes = std::size_t{1} << 20;

Error bad(std::string_view field, std::string_view problem) {
    std::string message = "kubeconfig: ";
    return {ErrorCode::invalid_input, message.append(field).append(": ").append(problem)};
}

int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return -1;
}

std::optional<std::string> decode_base64(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    bool padded = false;
    for (const char c : text) {
        if (c == '\n' || c == '\r' || c == ' ') continue;
        if (c == '=') {
            padded = true;
            continue;
        }
        const int digit = base64_digit(c);
        if (digit < 0 || padded) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU));
        }
    }
    return out;
}

// The text of a scalar member; empty when absent or null.
Result<std::string> text_of(const YAML::Node& map, const char* key, std::string_view where) {
    const YAML::Node node = map[key];
    if (!node || node.IsNull()) return std::string();
    if (!node.IsScalar()) return bad(std::string(where) + "." + key, "expected a string");
    return node.Scalar();
}

// The `inner` map of the entry called `name` in the list `list`.
Result<YAML::Node> find_entry(
    const YAML::Node& root, const char* list, const char* inner, std::string_view name
) {
    // A node can be made from anything, an Error too, so the result must be told which it is.
    const auto refuse = [](std::string_view field, std::string_view problem) {
        return Result<YAML::Node>(boost::system::in_place_error, bad(field, problem));
    };
    const YAML::Node entries = root[list];
    if (!entries || !entries.IsSequence()) return refuse(list, "expected a list");
    for (const YAML::Node& entry : entries) {
        if (!entry.IsMap() || !entry["name"] || !entry["name"].IsScalar()) continue;
        if (entry["name"].Scalar() != name) continue;
        const YAML::Node found = entry[inner];
        const std::string where = std::string(list) + "[" + std::string(name) + "]." + inner;
        if (!found || !found.IsMap()) return refuse(where, "expected a map");
        return found;
    }
    return refuse(list, "no entry named \"" + std::string(name) + "\"");
}

Result<PemSource> read_pem(
    const YAML::Node& map, const std::string& key, std::string_view where, std::string_view folder
) {
    PemSource source;
    const auto data = text_of(map, (key + "-data").c_str(), where);
    if (!data) return data.error();
    if (!data->empty()) {
        auto pem = decode_base64(*data);
        if (!pem) return bad(std::string(where) + "." + key + "-data", "not valid base64");
        source.pem = std::move(*pem);
    }
    const auto file = text_of(map, key.c_str(), where);
    if (!file) return file.error();
    const bool relative = !file->empty() && file->front() != '/' && !folder.empty();
    source.file = relative ? std::string(folder) + "/" + *file : *file;
    return source;
}

Result<void> read_cluster(
    ConnectionSettings& settings, const YAML::Node& cluster, std::string_view folder
) {
    const std::string where = "cluster";
    const auto server = text_of(cluster, "server", where);
    if (!server) return server.error();
    if (server->empty()) return bad("cluster.server", "is missing");
    if (auto set = set_server_url(settings, *server); !set)
        return bad("cluster.server", set.error().message);
    const auto proxy = text_of(cluster, "proxy-url", where);
    if (!proxy) return proxy.error();
    if (!proxy->empty()) return bad("cluster.proxy-url", "not supported");
    const auto name = text_of(cluster, "tls-server-name", where);
    if (!name) return name.error();
    if (!name->empty()) settings.server_name = *name;
    const auto insecure = text_of(cluster, "insecure-skip-tls-verify", where);
    if (!insecure) return insecure.error();
    if (!insecure->empty() && *insecure != "true" && *insecure != "false") {
        return bad("cluster.insecure-skip-tls-verify", "expected true or false");
    }
    settings.insecure_skip_tls_verify = *insecure == "true";
    auto ca = read_pem(cluster, "certificate-authority", where, folder);
    if (!ca) return ca.error();
    settings.ca = std::move(*ca);
    if (settings.insecure_skip_tls_verify && !settings.ca.empty()) {
        return bad(
            "cluster.insecure-skip-tls-verify", "cannot be combined with a certificate authority"
        );
    }
    return {};
}

Result<void> refuse_plugins(const YAML::Node& user) {
    constexpr std::array<const char*, 4> kRefused{"exec", "auth-provider", "username", "password"};
    for (const char* key : kRefused) {
        const YAML::Node node = user[key];
        if (node && !node.IsNull()) {
            return bad(
                std::string("user.") + key,
                "not supported: use a client certificate, a token or a token file"
            );
        }
    }
    return {};
}

Result<void> read_user(
    ConnectionSettings& settings, const YAML::Node& user, std::string_view folder
) {
    if (auto refused = refuse_plugins(user); !refused) return refused.error();
    auto certificate = read_pem(user, "client-certificate", "user", folder);
    if (!certificate) return certificate.error();
    auto key = read_pem(user, "client-key", "user", folder);
    if (!key) return key.error();
    if (certificate->empty() != key->empty()) {
        return bad(
            certificate->empty() ? "user.client-certificate" : "user.client-key",
            "is missing beside its counterpart"
        );
    }
    settings.client_certificate = std::move(*certificate);
    settings.client_key = std::move(*key);
    const auto token = text_of(user, "token", "user");
    if (!token) return token.error();
    settings.token = *token;
    const auto file = text_of(user, "tokenFile", "user");
    if (!file) return file.error();
    const bool relative = !file->empty() && file->front() != '/' && !folder.empty();
    settings.token_file = relative ? std::string(folder) + "/" + *file : *file;
    return {};
}

Result<ConnectionSettings> read_root(
    const YAML::Node& root, std::string_view folder, std::string_view wanted
) {
    if (!root.IsMap()) return bad("file", "expected a map");
    const auto current = text_of(root, "current-context", "");
    if (!current) return current.error();
    const std::string name = wanted.empty() ? *current : std::string(wanted);
    if (name.empty()) return bad("current-context", "is not set");
    const auto context = find_entry(root, "contexts", "context", name);
    if (!context) return context.error();

    ConnectionSettings settings;
    const auto ns = text_of(*context, "namespace", "context");
    if (!ns) return ns.error();
    settings.ns = *ns;
    const auto cluster_name = text_of(*context, "cluster", "context");
    if (!cluster_name) return cluster_name.error();
    const auto cluster = find_entry(root, "clusters", "cluster", *cluster_name);
    if (!cluster) return cluster.error();
    if (auto read = read_cluster(settings, *cluster, folder); !read) return read.error();
    const auto user_name = text_of(*context, "user", "context");
    if (!user_name) return user_name.error();
    if (user_name->empty()) return settings;  // anonymous
    const auto user = find_entry(root, "users", "user", *user_name);
    if (!user) return user.error();
    if (auto read = read_user(settings, *user, folder); !read) return read.error();
    return settings;
}

bool is_port(std::string_view text) {
    if (text.empty() || text.size() > 5) return false;
    if (text.find_first_not_of("0123456789") != text.npos) return false;
    const int port = std::stoi(std::string(text));
    return port > 0 && port <= 65535;
}

}  // namespace

Result<void> set_server_url(ConnectionSettings& settings, std::string_view url) {
    constexpr std::string_view kScheme = "https://";
    const auto refuse = [](std::string_view problem) {
        return Error(ErrorCode::invalid_input, std::string(problem));
    };
    if (!url.starts_with(kScheme)) return refuse("expected a URL that begins with https://");
    url.remove_prefix(kScheme.size());
    const std::size_t slash = url.find('/');
    const std::string_view authority = url.substr(0, slash);
    std::string_view path = slash == url.npos ? std::string_view() : url.substr(slash);
    if (path.find_first_of("?#") != path.npos ||
        authority.find_first_of("?#@ ") != authority.npos) {
        return refuse("no user, query or fragment is possible in a server URL");
    }
    while (path.ends_with('/')) path.remove_suffix(1);

    std::string_view host = authority;
    std::string_view port = "443";
    const std::size_t bracket = authority.find(']');
    const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
    if (colon != authority.npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon + 1);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return refuse("the host is missing");
    if (!is_port(port)) return refuse("the port is not a number from 1 to 65535");
    settings.host = host;
    settings.port = port;
    settings.base_path = path;
    settings.server_name = host;
    return {};
}

Result<ConnectionSettings> parse_kubeconfig(
    std::string_view text, std::string_view folder, std::string_view context
) {
    if (text.size() > kMaxKubeconfigBytes) {
        return Error(ErrorCode::too_large, "kubeconfig: over 1 MiB");
    }
    // yaml-cpp reports by exceptions, also on access; its texts name a line and no value.
    try {
        return read_root(YAML::Load(std::string(text)), folder, context);
    } catch (const YAML::Exception& e) {
        return Error(ErrorCode::invalid_input, std::string("kubeconfig: ") + e.what());
    }
}

}  // namespace lws::client
