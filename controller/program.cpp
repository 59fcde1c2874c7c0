// SPDX-License-Identifier: Apache-2.0
#include "controller/program.hpp"

#include <malloc.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <chrono>
#include <csignal>
#include <exception>

#include "pkg/lws/client/credentials.hpp"
#include "pkg/lws/config/build_info.hpp"
#include "pkg/lws/config/program_main.hpp"
#include "pkg/lws/config/read_file.hpp"
#include "pkg/lws/http/metrics.hpp"

namespace lws::controller {
namespace {

namespace asio = boost::asio;

// A pass under way ends with its requests; this is well below the 30 s that a pod is given.
constexpr std::chrono::seconds kStopDeadline{10};

std::string host_name() {
    char name[256] = {};
    if (gethostname(name, sizeof(name) - 1) != 0) return "unknown";
    return name;
}

client::ApiClientOptions client_options(const config::Options& options) {
    client::ApiClientOptions out;
    out.user_agent = config::user_agent();
    out.qps = options.configuration.client_connection.qps;
    out.burst = options.configuration.client_connection.burst;
    return out;
}

ControllerOptions controller_options(const config::Options& options) {
    ControllerOptions out;
    out.event_instance = "leaderworkerset-" + host_name();
    if (options.configuration.scheduler_provider) out.groups.gang = rules::GangScheduling::volcano;
    const config::ControllerSettings& own = options.extra.controller;
    out.groups.backoff.first = own.recreation_backoff.first;
    out.groups.backoff.most = own.recreation_backoff.most;
    out.groups.backoff.reset_after = own.recreation_backoff.reset_after;
    if (own.sidecar_restarts == config::SidecarRestarts::ignore) {
        out.groups.sidecars = rules::SidecarRestarts::ignore;
    }
    return out;
}

ElectionConfig election_config(const config::Options& options, const std::string& ns) {
    const auto& from = options.configuration.leader_election;
    const auto milliseconds = [](std::chrono::nanoseconds d) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(d);
    };
    ElectionConfig out;
    out.ns = ns;
    out.name = from.resource_name;
    // As client-go's: two processes of one host, or of one pod name, must differ.
    out.identity = host_name() + "_" + to_string(boost::uuids::random_generator()());
    out.lease_duration = milliseconds(from.lease_duration);
    out.renew_deadline = milliseconds(from.renew_deadline);
    out.retry_period = milliseconds(from.retry_period);
    return out;
}

}  // namespace

Program::Program(config::Options options, const client::ConnectionSettings& settings, Logger logger)
    : options_(std::move(options)),
      namespace_(config::operator_namespace(config::read_file)),
      logger_(std::move(logger)),
      io_(1),
      signals_(io_, SIGTERM, SIGINT),
      deadline_(io_),
      client_(
          io_.get_executor(),
          settings,
          [this] {
              auto out = client_options(options_);
              out.on_call = [this](const client::CallRecord& call) { metrics_.called(call); };
              return out;
          }(),
          logger_
      ),
      controller_(client_, controller_options(options_), logger_),
      elector_(client_, election_config(options_, namespace_), logger_),
      metrics_(
          settings.host + ":" + settings.port,
          options_.configuration.leader_election.resource_name,
          [this] {
              auto sizes = controller_.sizes();
              sizes.leads =
                  !options_.configuration.leader_election.leader_elect || elector_.is_leader();
              return sizes;
          }
      ) {
    controller_.set_on_pass([this](PassKind kind, PassOutcome outcome, auto took) {
        metrics_.pass_ended(kind, outcome, took);
    });
    if (options_.configuration.leader_election.leader_elect) {
        client_.set_allowance([this](const client::Request& request) {
            return elector_.allowance(request);
        });
    }
    readiness_.add("watches-synced", [this] { return controller_.ready(); });
    const auto& health = options_.configuration.health;
    http::add_health_routes(
        health_routes_, health.liveness_path, health.readiness_path, readiness_
    );
    http::add_metrics_route(
        metrics_routes_,
        {metrics_.counters(), metrics_.sizes(), std::make_shared<http::ProcessMetrics>()}
    );
}

Result<void> Program::listen() {
    const auto open = [this](const char* name, const http::Router& routes) {
        http::ServerOptions options;
        options.name = name;
        options.limits.connections = 64;
        options.limits.in_flight = 16;
        return std::make_unique<http::Server>(
            io_, std::vector<asio::io_context*>{&io_}, options, routes, logger_
        );
    };
    if (const auto& address = options_.configuration.health.bind_address) {
        health_server_ = open("health", health_routes_);
        if (auto listening = health_server_->listen(*address); listening.has_error()) {
            return listening;
        }
    }
    if (auto address = options_.configuration.metrics_bind_address) {
        // Plain text without authentication: never beyond this machine, or this pod.
        address->host = "127.0.0.1";
        metrics_server_ = open("metrics", metrics_routes_);
        if (auto listening = metrics_server_->listen(*address); listening.has_error()) {
            return listening;
        }
    }
    return {};
}

asio::awaitable<void> Program::lead() {
    const ElectionEnd end = co_await elector_.run([this] { controller_.start(); });
    if (end == ElectionEnd::lost) {
        logger_->error("the lease was lost: exiting, another replica goes on");
        finish(1);
        co_return;
    }
    finish(0);
}

void Program::start() {
    if (!options_.configuration.leader_election.leader_elect) {
        controller_.start();
        return;
    }
    asio::co_spawn(io_, lead(), [this](const std::exception_ptr& error) {
        if (!error) return;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            logger_->error("the leader election ended: {}", e.what());
        }
        finish(1);
    });
}

void Program::on_signal() {
    if (stopping_) return finish(1);
    stopping_ = true;
    logger_->info("stopping: passes under way finish, then the lease is given back");
    readiness_.shut_down();
    deadline_.expires_after(kStopDeadline);
    deadline_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        logger_->warn("requests are still under way after {} s", kStopDeadline.count());
        finish(0);
    });
    controller_.stop([this] {
        if (!options_.configuration.leader_election.leader_elect) return finish(0);
        elector_.stop();
    });
}

void Program::finish(int status) {
    status_ = status;
    io_.stop();
}

int Program::run() {
    if (const auto listening = listen(); listening.has_error()) {
        logger_->error("{}", listening.error().message);
        return 2;
    }
    const auto wait_for_signal = [this](auto&& self) -> void {
        signals_.async_wait([this, self](const boost::system::error_code& error, int) {
            if (error) return;
            on_signal();
            self(self);
        });
    };
    wait_for_signal(wait_for_signal);
    logger_->info(
        "{} starts; namespace {}, leader election {}",
        config::version_line("lws-controller"),
        namespace_,
        options_.configuration.leader_election.leader_elect ? "on" : "off"
    );
    start();
    io_.run();
    return status_;
}

int run(config::Options options) {
    // One arena is enough for one thread.
    mallopt(M_ARENA_MAX, 1);
    const auto settings = client::find_settings(options.kubeconfig);
    if (settings.has_error()) {
        return config::refuse_to_start("lws-controller", settings.error().message);
    }
    Logger logger = config::make_program_logger("lws-controller", options.log);
    Program program(std::move(options), *settings, std::move(logger));
    return program.run();
}

}  // namespace lws::controller
