// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "pkg/lws/client/outage_log.hpp"
#include "pkg/lws/support/log.hpp"
#include "webhook/serving_certificate.hpp"

namespace lws::webhook {

// Certificates that someone else keeps (cert-manager, the user): tls.crt and tls.key of one folder,
// looked at by their modification times, which also sees the swapped symbolic links of a mounted
// Secret. A broken or half-written pair leaves the last good one in place and is tried again at
// each look. Control thread only.
class CertificateDirectory : public std::enable_shared_from_this<CertificateDirectory> {
public:
    CertificateDirectory(
        boost::asio::io_context& context,
        const std::string& folder,
        ServingCertificate& serving,
        Logger logger
    );

    // One look; loads what has changed. Small local files: blocks for microseconds.
    void look();

    // Looks every `period` until stop(), every second as long as there is no certificate.
    [[nodiscard]] static boost::asio::awaitable<void> run(
        std::shared_ptr<CertificateDirectory> self, std::chrono::milliseconds period
    );
    void stop();

private:
    [[nodiscard]] std::string identity() const;
    [[nodiscard]] Result<void> load();

    boost::asio::steady_timer timer_;
    std::string certificate_path_;
    std::string key_path_;
    ServingCertificate& serving_;
    Logger logger_;
    client::OutageLog trouble_{"serving certificate"};
    std::string loaded_;
    bool stopped_ = false;
};

}  // namespace lws::webhook
