// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>

#include "certs/openssl.hpp"

namespace lws::certs {
namespace {

using openssl::failure;

constexpr const char* kCaName = "lws-ca";
constexpr const char* kCaOrganization = "lws";

struct ExtensionText {
    int nid;
    std::string value;
};

const unsigned char* bytes(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Result<void> add_name(X509_NAME* name, const char* field, const std::string& text) {
    const auto size = static_cast<int>(text.size());
    if (X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes(text), size, -1, 0) != 1) {
        return failure(std::string("certificate name ") + field);
    }
    return {};
}

// 127 random bits: unique among all issuers and positive, as RFC 5280 wants it.
Result<void> set_serial(X509* certificate) {
    std::array<unsigned char, 16> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
        return failure("random serial number");
    }
    random[0] = static_cast<unsigned char>((random[0] & 0x7f) | 0x40);
    const std::unique_ptr<BIGNUM, openssl::Deleter<BN_free>> number(
        BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr)
    );
    if (!number ||
        BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) {
        return failure("serial number");
    }
    return {};
}

Result<void> set_validity(X509* certificate, TimePoint not_before, TimePoint not_after) {
    const std::time_t from = std::chrono::system_clock::to_time_t(not_before);
    const std::time_t to = std::chrono::system_clock::to_time_t(not_after);
    if (ASN1_TIME_set(X509_getm_notBefore(certificate), from) == nullptr ||
        ASN1_TIME_set(X509_getm_notAfter(certificate), to) == nullptr) {
        return failure("validity");
    }
    return {};
}

Result<void> add_extensions(
    X509* certificate, X509* issuer, const std::vector<ExtensionText>& extensions
) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    for (const ExtensionText& extension : extensions) {
        const openssl::Extension made(
            X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value.c_str())
        );
        if (!made || X509_add_ext(certificate, made.get(), -1) != 1) {
            return failure("certificate extension " + extension.value);
        }
    }
    return {};
}

std::string subject_names(const std::vector<std::string>& dns_names) {
    std::string text;
    for (const std::string& name : dns_names) {
        text += text.empty() ? "DNS:" : ",DNS:";
        text += name;
    }
    return text;
}

// PKCS#1 for RSA and SEC 1 for ECDSA: the forms that Go's cert-controller writes and reads.
std::string key_to_pem(EVP_PKEY* key) {
    const openssl::Bio bio = openssl::write_bio();
    PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return openssl::take(bio);
}

struct Issuer {
    X509* certificate;
    EVP_PKEY* key;
};

// Everything but names and key: version, serial, validity, extensions, signature.
Result<KeyPair> sign(
    const openssl::Certificate& certificate,
    EVP_PKEY* key,
    const Issuer& issuer,
    TimePoint not_before,
    TimePoint not_after,
    const std::vector<ExtensionText>& extensions
) {
    if (X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
        X509_set_pubkey(certificate.get(), key) != 1 ||
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.certificate)) != 1) {
        return failure("certificate");
    }
    if (auto done = set_serial(certificate.get()); done.has_error()) {
        return done.error();
    }
    if (auto done = set_validity(certificate.get(), not_before, not_after); done.has_error()) {
        return done.error();
    }
    auto done = add_extensions(certificate.get(), issuer.certificate, extensions);
    if (done.has_error()) {
        return done.error();
    }
    if (X509_sign(certificate.get(), issuer.key, EVP_sha256()) == 0) {
        return failure("certificate signature");
    }
    return KeyPair{openssl::certificate_to_pem(certificate.get()), key_to_pem(key)};
}

Result<TimePoint> to_time_point(const ASN1_TIME* time) {
    std::tm fields{};
    if (ASN1_TIME_to_tm(time, &fields) != 1) {
        return failure("certificate time");
    }
    return std::chrono::system_clock::from_time_t(timegm(&fields));
}

std::vector<std::string> dns_names_of(X509* certificate) {
    std::vector<std::string> result;
    const openssl::Names names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)
    ));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) {
            const ASN1_IA5STRING* const text = name->d.dNSName;
            result.emplace_back(
                reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                static_cast<std::size_t>(ASN1_STRING_length(text))
            );
        }
    }
    return result;
}

std::string common_name_of(X509* certificate) {
    X509_NAME* const subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const ASN1_STRING* const text =
        at < 0 ? nullptr : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    if (text == nullptr) {
        return {};
    }
    return {
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
        static_cast<std::size_t>(ASN1_STRING_length(text))
    };
}

}  // namespace

Result<KeyPair> make_ca(TimePoint not_before, TimePoint not_after) {
    const openssl::Key key(EVP_RSA_gen(2048));
    const openssl::Certificate certificate(X509_new());
    if (!key || !certificate) {
        return failure("CA key");
    }
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    if (auto done = add_name(subject, "O", kCaOrganization); done.has_error()) {
        return done.error();
    }
    if (auto done = add_name(subject, "CN", kCaName); done.has_error()) {
        return done.error();
    }
    // Its own issuer; the key must be there before the key identifiers are derived from it.
    X509_set_pubkey(certificate.get(), key.get());
    return sign(
        certificate,
        key.get(),
        Issuer{certificate.get(), key.get()},
        not_before,
        not_after,
        {{NID_basic_constraints, "critical,CA:TRUE"},
         {NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign,cRLSign"},
         {NID_subject_key_identifier, "hash"}}
    );
}

Result<KeyPair> make_leaf(const KeyPair& ca, const LeafRequest& request) {
    const auto ca_certificate = openssl::parse_certificate(ca.certificate_pem);
    if (ca_certificate.has_error()) {
        return ca_certificate.error();
    }
    const auto ca_key = openssl::parse_key(ca.key_pem);
    if (ca_key.has_error()) {
        return ca_key.error();
    }
    if (request.dns_names.empty()) {
        return Error(ErrorCode::invalid_input, "a serving certificate needs a name");
    }
    const openssl::Key key(
        request.key == LeafKey::rsa_2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")
    );
    const openssl::Certificate certificate(X509_new());
    if (!key || !certificate) {
        return failure("serving key");
    }
    // Longer ones are in the alternative names only, where every client looks (RFC 5280 allows 64).
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    const std::string common_name = request.dns_names.front().substr(0, 64);
    if (auto done = add_name(subject, "CN", common_name); done.has_error()) {
        return done.error();
    }
    std::vector<ExtensionText> extensions{
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature,keyEncipherment"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_alt_name, subject_names(request.dns_names)},
    };
    // Tells CAs of the same name in one bundle apart.
    if (X509_get0_subject_key_id(ca_certificate->get()) != nullptr) {
        extensions.push_back({NID_authority_key_identifier, "keyid"});
    }
    return sign(
        certificate,
        key.get(),
        Issuer{ca_certificate->get(), ca_key->get()},
        request.not_before,
        request.not_after,
        extensions
    );
}

Result<CertificateInfo> inspect(std::string_view certificate_pem) {
    const auto certificate = openssl::parse_certificate(certificate_pem);
    if (certificate.has_error()) {
        return certificate.error();
    }
    X509* const x509 = certificate->get();
    const auto not_before = to_time_point(X509_get0_notBefore(x509));
    const auto not_after = to_time_point(X509_get0_notAfter(x509));
    if (not_before.has_error() || not_after.has_error()) {
        return not_before.has_error() ? not_before.error() : not_after.error();
    }
    CertificateInfo info;
    info.common_name = common_name_of(x509);
    info.dns_names = dns_names_of(x509);
    info.not_before = *not_before;
    info.not_after = *not_after;
    info.is_ca = X509_check_ca(x509) == 1;
    return info;
}

Result<void> check_key_matches(std::string_view certificate_pem, std::string_view key_pem) {
    const auto certificate = openssl::parse_certificate(certificate_pem);
    if (certificate.has_error()) {
        return certificate.error();
    }
    const auto key = openssl::parse_key(key_pem);
    if (key.has_error()) {
        return key.error();
    }
    if (X509_check_private_key(certificate->get(), key->get()) != 1) {
        return failure("the private key is not the certificate's");
    }
    return {};
}

Result<void> verify_server(
    std::string_view chain_pem,
    std::string_view bundle_pem,
    const std::string& dns_name,
    TimePoint now
) {
    const auto leaf = openssl::parse_certificate(chain_pem);
    if (leaf.has_error()) {
        return leaf.error();
    }
    const openssl::Store store(X509_STORE_new());
    const openssl::Bio bundle = openssl::read_bio(bundle_pem);
    while (const auto certificate = openssl::next_certificate(bundle)) {
        if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
            return failure("certificate check");
        }
    }
    const openssl::Chain chain(sk_X509_new_null());
    const openssl::Bio rest = openssl::read_bio(chain_pem);
    while (auto certificate = openssl::next_certificate(rest)) {
        X509* const owned_by_the_stack = certificate.release();
        if (sk_X509_push(chain.get(), owned_by_the_stack) <= 0) {
            X509_free(owned_by_the_stack);
            return failure("certificate check");
        }
    }
    const openssl::StoreContext context(X509_STORE_CTX_new());
    if (!context ||
        X509_STORE_CTX_init(context.get(), store.get(), leaf->get(), chain.get()) != 1) {
        return failure("certificate check");
    }
    X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set1_host(parameters, dns_name.data(), dns_name.size());
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_time(parameters, std::chrono::system_clock::to_time_t(now));
    if (X509_verify_cert(context.get()) != 1) {
        const int code = X509_STORE_CTX_get_error(context.get());
        static_cast<void>(failure(""));
        return Error(ErrorCode::invalid_input, X509_verify_cert_error_string(code));
    }
    return {};
}

std::string other_valid_certificates(
    std::string_view bundle_pem, std::string_view signing_pem, TimePoint now
) {
    const auto signing = openssl::parse_certificate(signing_pem);
    std::string result;
    const openssl::Bio bundle = openssl::read_bio(bundle_pem);
    while (const auto certificate = openssl::next_certificate(bundle)) {
        const auto not_after = to_time_point(X509_get0_notAfter(certificate.get()));
        const bool same = signing.has_value() && X509_cmp(certificate.get(), signing->get()) == 0;
        if (!same && not_after.has_value() && *not_after > now) {
            result += openssl::certificate_to_pem(certificate.get());
        }
    }
    return result;
}

}  // namespace lws::certs
