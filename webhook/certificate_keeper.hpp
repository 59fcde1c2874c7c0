// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "certs/certificate_plan.hpp"
#include "pkg/lws/client/backoff.hpp"
#include "pkg/lws/client/outage_log.hpp"
#include "pkg/lws/support/log.hpp"
#include "webhook/api_objects.hpp"
#include "webhook/serving_certificate.hpp"

namespace lws::webhook {

struct KeeperOptions {
    certs::CertificatePolicy policy;
    std::string secret_name;
    // Between two looks when all is well, and after one that had to put a bundle right: that is at
    // most how often we argue with a tool that reverts it.
    std::chrono::milliseconds period{60'000};
    std::chrono::milliseconds after_repair{10'000};
    client::BackoffLimits retry{std::chrono::milliseconds(1000), std::chrono::milliseconds(30'000)};
    std::function<certs::TimePoint()> now = std::chrono::system_clock::now;

    KeeperOptions() {}
};

// Our own certificate management: keeps the Secret filled, serves from what it holds, and keeps its
// CA in both webhook configurations. Replicas do the same side by side; of two that write at once
// the loser reads what the winner wrote. Needs no certificate to run and waits for the API server
// without end. Control thread only.
class CertificateKeeper : public std::enable_shared_from_this<CertificateKeeper> {
public:
    CertificateKeeper(
        boost::asio::io_context& context,
        ApiObjects& objects,
        ServingCertificate& serving,
        KeeperOptions options,
        Logger logger
    );

    struct Look {
        bool good = false;      // the Secret is served and every bundle holds its CA
        bool repaired = false;  // a bundle had to be written
    };
    // One look at everything, putting right what is wrong. Tells its troubles to the log itself.
    [[nodiscard]] boost::asio::awaitable<Look> look();

    // Looks again and again until stop().
    [[nodiscard]] static boost::asio::awaitable<void> run(std::shared_ptr<CertificateKeeper> self);
    void stop();

    // What is served is what the API server was told to trust. Once true it stays: with the API
    // server out of reach the last answer stands.
    [[nodiscard]] bool ready() const { return ready_; }

private:
    [[nodiscard]] boost::asio::awaitable<Result<certs::CertificateData>> settle_secret();
    [[nodiscard]] boost::asio::awaitable<Result<certs::CertificateData>> settle_once();
    [[nodiscard]] boost::asio::awaitable<Result<bool>> settle_bundle(
        WebhookConfigurationKind kind, std::string bundle
    );
    [[nodiscard]] Result<certs::CertificateData> wanted(
        const certs::CertificateData& present, std::string& reason
    ) const;
    [[nodiscard]] std::chrono::milliseconds delay_after(const Look& last);
    void tell(const Error& error, std::string_view place);

    boost::asio::steady_timer timer_;
    ApiObjects& objects_;
    ServingCertificate& serving_;
    KeeperOptions options_;
    Logger logger_;
    client::OutageLog trouble_{"certificates"};
    certs::CertificateData last_;
    std::minstd_rand random_{std::random_device{}()};
    unsigned failures_ = 0;
    bool ready_ = false;
    bool stopped_ = false;
};

}  // namespace lws::webhook
