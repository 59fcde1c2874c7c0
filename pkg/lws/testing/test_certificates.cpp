// SPDX-License-Identifier: Apache-2.0
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <stdexcept>

#include "pkg/lws/testing/scripted_api_server.hpp"

namespace lws::testing {
namespace {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;

void require(bool good, const char* what) {
    if (!good) throw std::runtime_error(what);
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM of a certificate");
    return text_of(bio.get());
}

std::string pem(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    const int good =
        PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    require(good == 1, "PEM of a key");
    return text_of(bio.get());
}

void extend(X509* certificate, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    require(extension != nullptr, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Certificate begin(EVP_PKEY* key, const char* name, long serial) {
    constexpr long kHour = 3600;
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * kHour);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate.get()),
        "CN",
        MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>(name),
        -1,
        -1,
        0
    );
    return certificate;
}

void sign(X509* certificate, const X509_NAME* issuer, EVP_PKEY* key) {
    X509_set_issuer_name(certificate, issuer);
    require(X509_sign(certificate, key, EVP_sha256()) > 0, "signature");
}

}  // namespace

TestCertificates make_test_certificates(std::string_view host) {
    const Key ca_key(EVP_EC_gen("P-256"));
    // Of a name of its own: whoever trusts several looks for the issuer by name.
    const std::string ca_name = "test-ca of " + std::string(host);
    const Certificate ca = begin(ca_key.get(), ca_name.c_str(), 1);
    extend(ca.get(), NID_basic_constraints, "critical,CA:TRUE");
    extend(ca.get(), NID_key_usage, "critical,keyCertSign");
    sign(ca.get(), X509_get_subject_name(ca.get()), ca_key.get());

    const Key key(EVP_EC_gen("P-256"));
    const Certificate leaf = begin(key.get(), "test-leaf", 2);
    boost::system::error_code no_address;
    (void)boost::asio::ip::make_address(std::string(host), no_address);
    const std::string kind = no_address ? "DNS:" : "IP:";
    extend(leaf.get(), NID_subject_alt_name, kind + std::string(host));
    extend(leaf.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    sign(leaf.get(), X509_get_subject_name(ca.get()), ca_key.get());

    TestCertificates out;
    out.ca = pem(ca.get());
    out.certificate = pem(leaf.get());
    out.key = pem(key.get());
    return out;
}

}  // namespace lws::testing
