// SPDX-License-Identifier: Apache-2.0
#include "webhook/program.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <exception>
#include <optional>
#include <thread>

#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/client/credentials.hpp"
#include "pkg/lws/config/build_info.hpp"
#include "pkg/lws/config/program_main.hpp"
#include "pkg/lws/config/read_file.hpp"
#include "pkg/lws/http/health.hpp"
#include "pkg/lws/http/metrics.hpp"
#include "pkg/lws/http/server.hpp"
#include "pkg/lws/http/worker_pool.hpp"
#include "webhook/api_objects.hpp"
#include "webhook/certificate_directory.hpp"
#include "webhook/certificate_keeper.hpp"
#include "webhook/process_resources.hpp"
#include "webhook/review_options.hpp"
#include "webhook/routes.hpp"
#include "webhook/webhook_metrics.hpp"

namespace lws::webhook {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kDirectoryPeriod{10'000};
constexpr milliseconds kTrimPeriod{10'000};
constexpr std::size_t kMostThreads = 8;
// Probes and scrapes come from the node and from Prometheus: a few.
constexpr std::size_t kProbeConnections = 64;

std::size_t review_threads(const config::WebhookSettings& limits) {
    if (limits.threads > 0) {
        return limits.threads;
    }
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
}

http::ServerOptions review_server_options(const config::WebhookSettings& limits) {
    http::ServerOptions result;
    result.name = "reviews";
    result.limits.connections = limits.max_connections;
    result.limits.in_flight = limits.max_in_flight;
    return result;
}

http::ServerOptions probe_server_options(std::string name) {
    http::ServerOptions result;
    result.name = std::move(name);
    result.limits.connections = kProbeConnections;
    return result;
}

// Plain text must not leave the machine: the metrics tell who runs what.
config::BindAddress loopback_only(config::BindAddress address, const Logger& logger) {
    const bool loopback =
        address.host == "127.0.0.1" || address.host == "::1" || address.host == "localhost";
    if (!loopback) {
        logger->info("metrics are served on 127.0.0.1:{} only", address.port);
        address.host = "127.0.0.1";
    }
    return address;
}

class Program {
public:
    Program(const config::Options& options, Logger logger)
        : options_(options),
          logger_(std::move(logger)),
          pool_(review_threads(options.extra.webhook)),
          serving_(slot_, options.configuration.tls, metrics_.certificate_expiry()),
          signals_(control_, SIGTERM, SIGINT),
          reviews_(
              control_,
              pool_.contexts(),
              review_server_options(options.extra.webhook),
              review_routes_,
              logger_
          ),
          probes_(control_, {&control_}, probe_server_options("probes"), probe_routes_, logger_),
          scrapes_(
              control_, {&control_}, probe_server_options("metrics"), scrape_routes_, logger_
          ) {}

    int run() {
        raise_descriptor_limit(options_.extra.webhook.max_connections, logger_);
        add_routes();
        if (const auto certificates = start_certificates(); certificates.has_error()) {
            logger_->critical("{}", certificates.error().message);
            return 2;
        }
        if (const auto listening = listen(); listening.has_error()) {
            logger_->critical("{}", listening.error().message);
            return 1;
        }
        wait_for_signal();
        wait_to_trim();
        pool_.start();
        logger_->info(
            "{} answers reviews on port {} with {} threads",
            config::version_line("lws-webhook"),
            reviews_.port(),
            pool_.contexts().size()
        );
        control_.run();
        pool_.stop_and_join();
        logger_->info("stopped");
        return 0;
    }

private:
    void add_routes() {
        const config::HealthConfiguration& health = options_.configuration.health;
        add_review_routes(review_routes_, review_options(options_), metrics_, logger_);
        readiness_.add("certificate", [this] { return serving_.present(); });
        http::add_health_routes(
            probe_routes_, health.liveness_path, health.readiness_path, readiness_
        );
        http::add_metrics_route(
            scrape_routes_, {std::make_shared<http::ProcessMetrics>(), metrics_.registry()}
        );
    }

    Result<void> start_certificates() {
        if (options_.configuration.certificates.internal) {
            return start_keeper();
        }
        directory_ = std::make_shared<CertificateDirectory>(
            control_, options_.configuration.webhook.certificate_directory, serving_, logger_
        );
        asio::co_spawn(
            control_,
            CertificateDirectory::run(directory_, kDirectoryPeriod),
            [this](const std::exception_ptr& failure) { end_if(failure, "certificate directory"); }
        );
        return {};
    }

    Result<void> start_keeper() {
        auto settings = client::find_settings(options_.kubeconfig);
        if (settings.has_error()) {
            return Error(
                ErrorCode::invalid_input,
                "internalCertManagement needs the API server: " + settings.error().message
            );
        }
        const config::Configuration& configuration = options_.configuration;
        client::ApiClientOptions client_options;
        client_options.user_agent = config::user_agent();
        client_options.qps = configuration.client_connection.qps;
        client_options.burst = configuration.client_connection.burst;
        client_options.max_connections = 1;
        client_.emplace(
            control_.get_executor(), std::move(settings).value(), client_options, logger_
        );
        KeeperOptions keeper;
        keeper.policy.service_name = configuration.certificates.service_name;
        keeper.policy.service_namespace = config::operator_namespace(config::read_file);
        keeper.policy.leaf_key = leaf_key(configuration.tls);
        keeper.secret_name = configuration.certificates.secret_name;
        objects_.emplace(*client_, keeper.policy.service_namespace, keeper.secret_name);
        keeper_ = std::make_shared<CertificateKeeper>(
            control_, *objects_, serving_, std::move(keeper), logger_
        );
        readiness_.add("ca-bundle", [this] { return keeper_->ready(); });
        asio::co_spawn(
            control_,
            CertificateKeeper::run(keeper_),
            [this](const std::exception_ptr& failure) { end_if(failure, "certificate keeper"); }
        );
        return {};
    }

    // RSA only where the configured suites of TLS 1.2 could not use anything else.
    static certs::LeafKey leaf_key(const config::TlsConfiguration& tls) {
        const auto takes_ecdsa = [](const std::string& suite) {
            return suite.find("ECDSA") != std::string::npos;
        };
        const bool rsa_only =
            !tls.cipher_suites.empty() &&
            std::none_of(tls.cipher_suites.begin(), tls.cipher_suites.end(), takes_ecdsa);
        return rsa_only ? certs::LeafKey::rsa_2048 : certs::LeafKey::ecdsa_p256;
    }

    Result<void> listen() {
        const config::Configuration& configuration = options_.configuration;
        reviews_.use_tls(slot_);
        const config::BindAddress reviews{configuration.webhook.host, configuration.webhook.port};
        if (auto done = reviews_.listen(reviews); done.has_error()) {
            return done;
        }
        if (configuration.health.bind_address) {
            if (auto done = probes_.listen(*configuration.health.bind_address); done.has_error()) {
                return done;
            }
        }
        if (configuration.metrics_bind_address) {
            return scrapes_.listen(loopback_only(*configuration.metrics_bind_address, logger_));
        }
        return {};
    }

    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (!error) {
                shut_down(signal);
            }
        });
    }

    void wait_to_trim() {
        trim_timer_.expires_after(kTrimPeriod);
        trim_timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) {
                return;
            }
            if (trim_.is_due(reviews_.load().ended)) {
                give_back_freed_memory();
            }
            wait_to_trim();
        });
    }

    void shut_down(int signal) {
        if (draining_) {
            logger_->info("stopping at once");
            control_.stop();
            return;
        }
        draining_ = true;
        wait_for_signal();
        readiness_.shut_down();
        if (keeper_) {
            keeper_->stop();
            client_->stop();
        }
        if (directory_) {
            directory_->stop();
        }
        const config::WebhookSettings& limits = options_.extra.webhook;
        http::DrainOptions drain;
        drain.min_accept = std::chrono::duration_cast<milliseconds>(limits.drain_accept);
        drain.drain_idle = std::chrono::duration_cast<milliseconds>(limits.drain_idle);
        const bool graceful = signal == SIGTERM;
        logger_->info("{}", graceful ? "draining" : "finishing");
        reviews_.drain(graceful ? http::DrainMode::graceful : http::DrainMode::fast, drain, [this] {
            control_.stop();
        });
    }

    // These coroutines answer every error themselves: an exception is a bug, and a process without
    // them would serve an ever older certificate.
    void end_if(const std::exception_ptr& failure, std::string_view what) {
        if (!failure) {
            return;
        }
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& exception) {
            logger_->critical("{} ended: {}", what, exception.what());
        }
        control_.stop();
    }

    const config::Options& options_;
    Logger logger_;
    WebhookMetrics metrics_;
    http::Readiness readiness_;
    http::Router review_routes_;
    http::Router probe_routes_;
    http::Router scrape_routes_;
    http::TlsContextSlot slot_;
    http::WorkerPool pool_;  // outlives the accepting context, as Server wants it
    asio::io_context control_{1};
    ServingCertificate serving_;
    std::optional<client::ApiClient> client_;
    std::optional<ClientApiObjects> objects_;
    std::shared_ptr<CertificateKeeper> keeper_;
    std::shared_ptr<CertificateDirectory> directory_;
    asio::signal_set signals_;
    asio::steady_timer trim_timer_{control_};
    TrimPolicy trim_;
    http::Server reviews_;
    http::Server probes_;
    http::Server scrapes_;
    bool draining_ = false;
};

}  // namespace

int run(const config::Options& options) {
    keep_memory_small();
    Program program(options, config::make_program_logger("lws-webhook", options.log));
    return program.run();
}

}  // namespace lws::webhook
