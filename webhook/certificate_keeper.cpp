// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificate_keeper.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "certs/ca_bundle.hpp"

namespace lws::webhook {
namespace {

namespace asio = boost::asio;

constexpr std::array kKinds{
    WebhookConfigurationKind::mutating, WebhookConfigurationKind::validating
};

// Each round is another writer that was faster; more than a few at once is not a race any more.
constexpr int kRaces = 5;

bool is_lost_race(ErrorCode code) {
    return code == ErrorCode::already_exists || code == ErrorCode::conflict ||
           code == ErrorCode::not_found;
}

// The client tells these itself.
bool is_outage(ErrorCode code) {
    return code == ErrorCode::unavailable || code == ErrorCode::timeout ||
           code == ErrorCode::cancelled;
}

}  // namespace

CertificateKeeper::CertificateKeeper(
    asio::io_context& context,
    ApiObjects& objects,
    ServingCertificate& serving,
    KeeperOptions options,
    Logger logger
)
    : timer_(context),
      objects_(objects),
      serving_(serving),
      options_(std::move(options)),
      logger_(std::move(logger)) {}

asio::awaitable<CertificateKeeper::Look> CertificateKeeper::look() {
    Look result;
    auto data = co_await settle_secret();
    if (data.has_error()) {
        tell(data.error(), "Secret " + options_.secret_name);
        co_return result;
    }
    last_ = *data;
    const auto served = serving_.use(data->certificate, data->key);
    if (served.has_error()) {
        tell(served.error(), "Secret " + options_.secret_name);
        co_return result;
    }
    result.good = true;
    for (const auto kind : kKinds) {
        std::string bundle = data->ca_certificate;
        const auto written = co_await settle_bundle(kind, std::move(bundle));
        if (written.has_error()) {
            tell(written.error(), configuration_name(kind));
            result.good = false;
        } else {
            result.repaired = result.repaired || *written;
        }
    }
    if (result.good) {
        ready_ = true;
        if (const auto line = trouble_.succeeded(client::OutageLog::Clock::now())) {
            logger_->info("{}", *line);
        }
    }
    co_return result;
}

asio::awaitable<Result<certs::CertificateData>> CertificateKeeper::settle_secret() {
    for (int race = 0; race < kRaces; ++race) {
        auto settled = co_await settle_once();
        if (settled.has_value() || !is_lost_race(settled.error().code)) {
            co_return settled;
        }
    }
    co_return Error(ErrorCode::conflict, "other writers keep changing it");
}

asio::awaitable<Result<certs::CertificateData>> CertificateKeeper::settle_once() {
    const auto secret = co_await objects_.read_secret();
    const bool absent = secret.has_error() && secret.error().code == ErrorCode::not_found;
    if (secret.has_error() && !absent) {
        co_return secret.error();
    }
    const certs::CertificateData present =
        absent ? certs::CertificateData{} : certs::read_secret(secret->root());
    std::string reason;
    auto next = wanted(present, reason);
    if (next.has_error() || *next == present) {
        co_return next;
    }
    Result<json::Document> stored = Error();
    if (absent) {
        std::string body =
            certs::make_secret(options_.policy.service_namespace, options_.secret_name, *next);
        stored = co_await objects_.create_secret(std::move(body));
    } else {
        std::string body = certs::replace_secret_data(secret->root(), *next);
        stored = co_await objects_.replace_secret(std::move(body));
    }
    if (stored.has_error()) {
        co_return stored.error();
    }
    logger_->info("wrote certificates to Secret {}: {}", options_.secret_name, reason);
    co_return next;
}

// What the Secret should hold. One that was deleted or emptied gets back what we serve, so that no
// peer has to learn a new CA.
Result<certs::CertificateData> CertificateKeeper::wanted(
    const certs::CertificateData& present, std::string& reason
) const {
    const certs::TimePoint now = options_.now();
    const auto plan = certs::plan_certificates(present, options_.policy, now);
    reason = plan.reason;
    if (plan.action == certs::CertificateAction::create) {
        const auto ours = certs::plan_certificates(last_, options_.policy, now);
        if (ours.action == certs::CertificateAction::keep) {
            reason += "; put back from memory";
            return last_;
        }
    }
    return certs::apply_plan(plan, present, options_.policy, now);
}

asio::awaitable<Result<bool>> CertificateKeeper::settle_bundle(
    WebhookConfigurationKind kind, std::string bundle
) {
    const auto configuration = co_await objects_.read_configuration(kind);
    if (configuration.has_error()) {
        co_return configuration.error();
    }
    auto patch = certs::plan_ca_bundle(configuration->root(), bundle);
    if (!patch) {
        co_return false;
    }
    const auto patched = co_await objects_.patch_configuration(kind, std::move(*patch));
    if (patched.has_error()) {
        co_return patched.error();
    }
    logger_->info("wrote the CA to {}", configuration_name(kind));
    co_return true;
}

std::chrono::milliseconds CertificateKeeper::delay_after(const Look& last) {
    const double share = std::uniform_real_distribution<double>(0, 1)(random_);
    if (!last.good) {
        return client::backoff_delay(options_.retry, failures_++, share);
    }
    failures_ = 0;
    const auto base = last.repaired ? options_.after_repair : options_.period;
    // Replicas that started together do not stay together.
    return base + std::chrono::milliseconds(
                      static_cast<std::int64_t>(static_cast<double>(base.count()) * share / 5)
                  );
}

void CertificateKeeper::tell(const Error& error, std::string_view place) {
    if (is_outage(error.code)) {
        return;
    }
    const auto now = client::OutageLog::Clock::now();
    if (const auto line = trouble_.failed(now, std::string(place) + ": " + error.message)) {
        logger_->error("{}", *line);
    }
}

asio::awaitable<void> CertificateKeeper::run(std::shared_ptr<CertificateKeeper> self) {
    while (!self->stopped_) {
        const Look last = co_await self->look();
        if (self->stopped_) {
            co_return;
        }
        self->timer_.expires_after(self->delay_after(last));
        static_cast<void>(co_await self->timer_.async_wait(asio::as_tuple(asio::use_awaitable)));
    }
}

void CertificateKeeper::stop() {
    stopped_ = true;
    timer_.cancel();
}

}  // namespace lws::webhook
