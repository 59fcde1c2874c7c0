// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificate_directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pkg/lws/config/read_file.hpp"

namespace lws::webhook {

namespace asio = boost::asio;

CertificateDirectory::CertificateDirectory(
    asio::io_context& context, const std::string& folder, ServingCertificate& serving, Logger logger
)
    : timer_(context),
      certificate_path_(folder + "/tls.crt"),
      key_path_(folder + "/tls.key"),
      serving_(serving),
      logger_(std::move(logger)) {}

void CertificateDirectory::look() {
    const std::string now = identity();
    if (!loaded_.empty() && now == loaded_) {
        return;
    }
    const auto loaded = load();
    const auto time = client::OutageLog::Clock::now();
    if (loaded.has_error()) {
        if (const auto line = trouble_.failed(time, loaded.error().message)) {
            logger_->error("{}", *line);
        }
        return;
    }
    loaded_ = now;
    if (const auto line = trouble_.succeeded(time)) {
        logger_->info("{}", *line);
    }
}

// Inode, size and time of both files, links followed. Taken before reading: a change in between is
// seen at the next look.
std::string CertificateDirectory::identity() const {
    std::string text;
    for (const std::string* const path : {&certificate_path_, &key_path_}) {
        struct stat status{};
        if (::stat(path->c_str(), &status) == 0) {
            text += std::to_string(status.st_ino) + ' ' + std::to_string(status.st_size) + ' ' +
                    std::to_string(status.st_mtim.tv_sec) + '.' +
                    std::to_string(status.st_mtim.tv_nsec) + ';';
        }
    }
    return text;
}

Result<void> CertificateDirectory::load() {
    const auto certificate = config::read_file(certificate_path_);
    if (certificate.has_error()) {
        return certificate.error();
    }
    const auto key = config::read_file(key_path_);
    if (key.has_error()) {
        return key.error();
    }
    const auto used = serving_.use(*certificate, *key);
    if (used.has_error()) {
        return Error(used.error().code, certificate_path_ + ": " + used.error().message);
    }
    if (*used == ServingCertificate::Outcome::changed) {
        logger_->info("serving the certificate in {}", certificate_path_);
    }
    return {};
}

asio::awaitable<void> CertificateDirectory::run(
    std::shared_ptr<CertificateDirectory> self, std::chrono::milliseconds period
) {
    while (!self->stopped_) {
        self->look();
        const std::chrono::milliseconds soon = std::min(period, std::chrono::milliseconds(1000));
        self->timer_.expires_after(self->serving_.present() ? period : soon);
        static_cast<void>(co_await self->timer_.async_wait(asio::as_tuple(asio::use_awaitable)));
    }
}

void CertificateDirectory::stop() {
    stopped_ = true;
    timer_.cancel();
}

}  // namespace lws::webhook
