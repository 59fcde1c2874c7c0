// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate_secret.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "pkg/lws/json/writer.hpp"

namespace lws::certs {
namespace {

struct DataKey {
    std::string_view name;
    std::string CertificateData::* member;
};

constexpr std::array<DataKey, 4> kDataKeys{{
    {"ca.crt", &CertificateData::ca_certificate},
    {"ca.key", &CertificateData::ca_key},
    {"tls.crt", &CertificateData::certificate},
    {"tls.key", &CertificateData::key},
}};

bool is_ours(std::string_view key) {
    return std::any_of(kDataKeys.begin(), kDataKeys.end(), [&](const DataKey& candidate) {
        return candidate.name == key;
    });
}

void write_ours(json::Writer& writer, const CertificateData& data) {
    for (const DataKey& key : kDataKeys) {
        writer.member(key.name, encode_base64(data.*key.member));
    }
}

void write_metadata(json::Writer& writer, json::View metadata) {
    writer.begin_object();
    for (const json::Member member : metadata.members()) {
        if (member.key != "managedFields") {
            writer.member(member.key, member.value);
        }
    }
    writer.end_object();
}

}  // namespace

CertificateData read_secret(json::View secret) {
    CertificateData data;
    for (const DataKey& key : kDataKeys) {
        auto bytes = decode_base64(secret["data"][key.name].string_or(""));
        if (bytes.has_value()) {
            data.*key.member = std::move(bytes).value();
        }
    }
    return data;
}

std::string make_secret(
    std::string_view namespace_name, std::string_view name, const CertificateData& data
) {
    std::string text;
    json::Writer writer(text);
    writer.begin_object();
    writer.member("apiVersion", "v1").member("kind", "Secret");
    writer.key("metadata").begin_object();
    writer.member("name", name).member("namespace", namespace_name);
    writer.key("labels").begin_object();
    writer.member("app.kubernetes.io/name", "lws");
    writer.end_object();
    writer.end_object();
    writer.member("type", "Opaque");
    writer.key("data").begin_object();
    write_ours(writer, data);
    writer.end_object();
    writer.end_object();
    return text;
}

std::string replace_secret_data(json::View secret, const CertificateData& data) {
    std::string text;
    json::Writer writer(text);
    writer.begin_object();
    for (const json::Member member : secret.members()) {
        if (member.key == "metadata") {
            writer.key("metadata");
            write_metadata(writer, member.value);
        } else if (member.key != "data") {
            writer.member(member.key, member.value);
        }
    }
    writer.key("data").begin_object();
    for (const json::Member member : secret["data"].members()) {
        if (!is_ours(member.key)) {
            writer.member(member.key, member.value);
        }
    }
    write_ours(writer, data);
    writer.end_object();
    writer.end_object();
    return text;
}

std::string encode_base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
    const int size = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(text.data()),
        reinterpret_cast<const unsigned char*>(bytes.data()),
        static_cast<int>(bytes.size())
    );
    text.resize(static_cast<std::size_t>(size));
    return text;
}

Result<std::string> decode_base64(std::string_view text) {
    // EVP_DecodeBlock skips blanks at both ends and counts padding as zero bytes.
    const bool blank = text.find_first_of(" \t\r\n") != std::string_view::npos;
    const std::size_t end = text.find_last_not_of('=') + 1;
    if (text.size() % 4 != 0 || blank || text.size() - end > 2 ||
        text.substr(0, end).find('=') != std::string_view::npos) {
        return Error(ErrorCode::invalid_input, "not base64");
    }
    if (text.empty()) {
        return std::string();
    }
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(text.data()),
        static_cast<int>(text.size())
    );
    if (size < 0) {
        return Error(ErrorCode::invalid_input, "not base64");
    }
    bytes.resize(static_cast<std::size_t>(size) - (text.size() - end));
    return bytes;
}

}  // namespace lws::certs
