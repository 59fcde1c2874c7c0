// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/support/log.hpp"
#include "pkg/lws/testing/scripted_api_server.hpp"

namespace lws::testing {

inline const TestCertificates& loopback_certificates() {
    static const TestCertificates certificates = make_test_certificates("127.0.0.1");
    return certificates;
}

inline client::Request get_pod() {
    return client::make_get(client::kPods, "ns", "p");
}
inline client::Request create_pod() {
    return client::make_create(client::kPods, "ns", R"({"kind":"Pod"})");
}

inline ErrorCode code_of(const Result<json::Document>& result) {
    REQUIRE(result.has_error());
    return result.error().code;
}

// One thread, a scripted server and a client that trusts it.
class ClientWorld {
public:
    explicit ClientWorld(const TestCertificates& certificates = loopback_certificates())
        : server(std::in_place, io.get_executor(), certificates) {
        settings.host = "127.0.0.1";
        settings.server_name = "127.0.0.1";
        settings.port = std::to_string(server->port());
        settings.ca.pem = certificates.ca;
    }
    ~ClientWorld() {
        if (client) client->stop();
        server.reset();
        io.restart();
        io.run_for(std::chrono::seconds(5));
    }
    ClientWorld(const ClientWorld&) = delete;
    ClientWorld& operator=(const ClientWorld&) = delete;

    client::ApiClient& connect() {
        client.emplace(io.get_executor(), settings, options, make_null_logger());
        return *client;
    }

    // Runs the loop until `done` says so; a test that hangs fails instead.
    template <class Done>
    void run_until(Done done) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!done()) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds(100));
            if (std::chrono::steady_clock::now() > end) FAIL("nothing happened for too long");
        }
    }

    template <class T>
    T run(boost::asio::awaitable<T> task) {
        std::optional<T> out;
        std::exception_ptr failed;
        boost::asio::co_spawn(
            io,
            std::move(task),
            [&out, &failed](std::exception_ptr error, T value) {
                failed = error;
                out.emplace(std::move(value));
            }
        );
        run_until([&out] { return out.has_value(); });
        if (failed) std::rethrow_exception(failed);
        return std::move(*out);
    }

    Result<json::Document> call(
        client::Request request,
        std::chrono::milliseconds timeout = std::chrono::milliseconds(10000)
    ) {
        if (!client) connect();
        return run(client->call(std::move(request), timeout));
    }

    boost::asio::io_context io{1};
    std::optional<ScriptedApiServer> server;
    client::ConnectionSettings settings;
    client::ApiClientOptions options;
    std::optional<client::ApiClient> client;
};

}  // namespace lws::testing
