// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "pkg/lws/support/result.hpp"

// Ownership of OpenSSL objects; private to this folder.
namespace lws::certs::openssl {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
inline void free_chain(STACK_OF(X509) * chain) {
    sk_X509_pop_free(chain, X509_free);
}
using Chain = std::unique_ptr<STACK_OF(X509), Deleter<free_chain>>;
using Names = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;

// The oldest queued error of this thread as text, behind `what`; empties the queue.
[[nodiscard]] Error failure(std::string_view what);

[[nodiscard]] Bio read_bio(std::string_view bytes);
[[nodiscard]] Bio write_bio();
[[nodiscard]] std::string take(const Bio& bio);

// The first certificate of a PEM text.
[[nodiscard]] Result<Certificate> parse_certificate(std::string_view pem);
// The next certificate, or null at the end. Blocks that do not decode are skipped.
[[nodiscard]] Certificate next_certificate(const Bio& bio);
// PKCS#1, PKCS#8 or SEC 1, without a password.
[[nodiscard]] Result<Key> parse_key(std::string_view pem);
[[nodiscard]] std::string certificate_to_pem(X509* certificate);

}  // namespace lws::certs::openssl
