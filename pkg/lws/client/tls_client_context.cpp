// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/tls_client_context.hpp"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <functional>
#include <string_view>
#include <utility>

#include "pkg/lws/config/read_file.hpp"

namespace lws::client {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;

constexpr std::chrono::seconds kLookAgain{10};

Result<std::string> load_pem(const PemSource& source) {
    if (!source.pem.empty() || source.file.empty()) return source.pem;
    return config::read_file(source.file);
}

Error bad(std::string_view what, const boost::system::error_code& ec) {
    return {ErrorCode::invalid_input, std::string(what) + ": " + ec.message()};
}

Result<void> trust(ssl::context& context, const std::string& ca) {
    boost::system::error_code ec;
    if (ca.empty()) {
        context.set_default_verify_paths(ec);
    } else {
        context.add_certificate_authority(asio::buffer(ca), ec);
    }
    if (ec) return bad("certificate authority", ec);
    return {};
}

Result<void> identify(
    ssl::context& context, const std::string& certificate, const std::string& key
) {
    if (certificate.empty()) return {};
    boost::system::error_code ec;
    context.use_certificate_chain(asio::buffer(certificate), ec);
    if (ec) return bad("client certificate", ec);
    context.use_private_key(asio::buffer(key), ssl::context::pem, ec);
    if (ec) return bad("client key", ec);
    if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
        return Error(ErrorCode::invalid_input, "client key: does not belong to the certificate");
    }
    return {};
}

}  // namespace

Result<ClientTlsContext> TlsContextSource::current(Clock::time_point now) {
    if (context_ && looked_at_ && now - *looked_at_ < kLookAgain) return context_;
    looked_at_ = now;
    auto material = load();
    if (!material) {
        if (context_) return context_;
        return material.error();
    }
    const std::hash<std::string> hash;
    const std::size_t fingerprint =
        hash(material->ca) ^ (hash(material->certificate) << 1U) ^ (hash(material->key) << 2U);
    if (context_ && fingerprint == fingerprint_) return context_;
    auto context = make(*material);
    if (!context) {
        if (context_) return context_;
        return context.error();
    }
    context_ = std::move(*context);
    fingerprint_ = fingerprint;
    return context_;
}

bool TlsContextSource::refresh(const ClientTlsContext& used, Clock::time_point now) {
    if (context_ == used) {
        look_again();
        (void)current(now);
    }
    return context_ != used;
}

Result<TlsContextSource::Material> TlsContextSource::load() const {
    Material material;
    auto ca = load_pem(settings_.ca);
    if (!ca) return ca.error();
    auto certificate = load_pem(settings_.client_certificate);
    if (!certificate) return certificate.error();
    auto key = load_pem(settings_.client_key);
    if (!key) return key.error();
    material.ca = std::move(*ca);
    material.certificate = std::move(*certificate);
    material.key = std::move(*key);
    return material;
}

Result<ClientTlsContext> TlsContextSource::make(const Material& material) const {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    // Idle connections and quiet watches keep no 34 KiB of record buffers.
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    boost::system::error_code ec;
    // Without this OpenSSL would ask the terminal for the password of an encrypted key.
    context->set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return std::string(); }, ec
    );
    if (ec) return bad("TLS", ec);
    context->set_verify_mode(
        settings_.insecure_skip_tls_verify ? ssl::verify_none : ssl::verify_peer, ec
    );
    if (ec) return bad("TLS", ec);
    if (!settings_.insecure_skip_tls_verify) {
        if (auto trusted = trust(*context, material.ca); !trusted) return trusted.error();
    }
    if (auto identified = identify(*context, material.certificate, material.key); !identified) {
        return identified.error();
    }
    return context;
}

}  // namespace lws::client
