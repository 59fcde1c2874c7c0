// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/credentials.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "pkg/lws/client/kubeconfig.hpp"
#include "pkg/lws/config/read_file.hpp"

namespace lws::client {
namespace {

constexpr std::chrono::minutes kTokenAge{1};

// Files mostly end with a newline, which must not get into an HTTP header.
std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Anything else would end the header and begin another.
bool can_be_token(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

std::optional<std::string> process_environment(std::string_view name) {
    // Called at start-up; nothing here writes the environment.
    const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe)
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

Result<ConnectionSettings> in_cluster_settings(
    const Environment& environment, const std::string& folder
) {
    const auto host = environment("KUBERNETES_SERVICE_HOST");
    const auto port = environment("KUBERNETES_SERVICE_PORT");
    if (!host || host->empty() || !port || port->empty()) {
        return Error(
            ErrorCode::not_found,
            "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"
        );
    }
    const bool bare_ipv6 = host->find(':') != host->npos && host->front() != '[';
    ConnectionSettings settings;
    const std::string url = "https://" + (bare_ipv6 ? "[" + *host + "]" : *host) + ":" + *port;
    if (auto set = set_server_url(settings, url); !set) {
        return Error(ErrorCode::invalid_input, "KUBERNETES_SERVICE_HOST: " + set.error().message);
    }
    settings.ca.file = folder + "/ca.crt";
    settings.token_file = folder + "/token";
    const auto token = config::read_file(settings.token_file);
    if (!token) return token.error();
    if (!can_be_token(trim(*token))) {
        return Error(ErrorCode::invalid_input, settings.token_file + ": holds no token");
    }
    // Optional: a projected volume need not carry it.
    const auto ns = config::read_file(folder + "/namespace");
    if (ns) settings.ns = trim(*ns);
    return settings;
}

Result<ConnectionSettings> load_kubeconfig(const std::string& path, std::string_view context) {
    const auto text = config::read_file(path);
    if (!text) return Error(text.error().code, "kubeconfig: " + text.error().message);
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == path.npos ? std::string() : path.substr(0, slash);
    auto settings = parse_kubeconfig(*text, folder, context);
    if (!settings) return Error(settings.error().code, path + ": " + settings.error().message);
    return settings;
}

Result<ConnectionSettings> find_settings(
    const std::string& kubeconfig_path, const Environment& environment
) {
    if (!kubeconfig_path.empty()) return load_kubeconfig(kubeconfig_path);
    if (const auto path = environment("KUBECONFIG"); path && !path->empty()) {
        return load_kubeconfig(*path);
    }
    auto in_cluster = in_cluster_settings(environment);
    if (in_cluster || in_cluster.error().code != ErrorCode::not_found) return in_cluster;
    const auto home = environment("HOME");
    auto own = load_kubeconfig(home.value_or("") + "/.kube/config");
    if (own || own.error().code != ErrorCode::not_found) return own;
    return Error(ErrorCode::not_found, in_cluster.error().message + ", and there is no kubeconfig");
}

const std::string& TokenSource::current(Clock::time_point now) {
    if (!file_.empty() && (!read_at_ || now - *read_at_ >= kTokenAge)) read(now);
    return token_;
}

bool TokenSource::refresh(std::string_view used, Clock::time_point now) {
    if (!file_.empty() && token_ == used) read(now);
    return token_ != used;
}

void TokenSource::read(Clock::time_point now) {
    read_at_ = now;
    const auto text = config::read_file(file_);
    if (!text) return;
    const std::string_view token = trim(*text);
    if (can_be_token(token)) token_ = token;
}

}  // namespace lws::client
