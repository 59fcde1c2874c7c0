// SPDX-License-Identifier: Apache-2.0
#include "certs/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <climits>

namespace lws::certs::openssl {
namespace {

// Without it OpenSSL asks on the terminal for the password of an encrypted key.
int no_password(char*, int, int, void*) {
    return 0;
}

}  // namespace

Error failure(std::string_view what) {
    std::array<char, 256> text{};
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    std::string message(what);
    if (code != 0) {
        ERR_error_string_n(code, text.data(), text.size());
        message.append(": ").append(text.data());
    }
    return {ErrorCode::invalid_input, message};
}

Bio read_bio(std::string_view bytes) {
    // Secrets are bounded by 1 MiB; what is absurdly long reads as empty.
    const int size = bytes.size() > INT_MAX ? 0 : static_cast<int>(bytes.size());
    return Bio(BIO_new_mem_buf(bytes.data(), size));
}

Bio write_bio() {
    return Bio(BIO_new(BIO_s_mem()));
}

std::string take(const Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Result<Certificate> parse_certificate(std::string_view pem) {
    const Bio bio = read_bio(pem);
    Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    if (!certificate) {
        return failure("no readable PEM certificate");
    }
    return certificate;
}

Certificate next_certificate(const Bio& bio) {
    while (BIO_pending(bio.get()) > 0) {
        const std::size_t before = BIO_ctrl_pending(bio.get());
        Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
        ERR_clear_error();
        if (certificate || BIO_ctrl_pending(bio.get()) == before) {
            return certificate;
        }
    }
    return nullptr;
}

Result<Key> parse_key(std::string_view pem) {
    const Bio bio = read_bio(pem);
    Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    if (!key) {
        return failure("no readable PEM private key");
    }
    return key;
}

std::string certificate_to_pem(X509* certificate) {
    const Bio bio = write_bio();
    PEM_write_bio_X509(bio.get(), certificate);
    return take(bio);
}

}  // namespace lws::certs::openssl
