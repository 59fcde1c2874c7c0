// SPDX-License-Identifier: Apache-2.0
#include "certs/ca_bundle.hpp"

#include "certs/certificate_secret.hpp"
#include "pkg/lws/json/writer.hpp"

namespace lws::certs {
namespace {

void write_operation(
    json::Writer& writer, std::string_view operation, std::string_view path, std::string_view value
) {
    writer.begin_object();
    writer.member("op", operation).member("path", path).member("value", value);
    writer.end_object();
}

}  // namespace

std::optional<std::string> plan_ca_bundle(json::View configuration, std::string_view bundle_pem) {
    const std::string bundle = encode_base64(bundle_pem);
    std::string patch;
    json::Writer writer(patch);
    writer.begin_array();
    // Replacing it by itself makes the API server compare it (409 when it has changed).
    write_operation(
        writer,
        "replace",
        "/metadata/resourceVersion",
        configuration["metadata"]["resourceVersion"].string_or("")
    );
    bool differs = false;
    std::size_t index = 0;
    for (const json::View webhook : configuration["webhooks"].items()) {
        const json::View client = webhook["clientConfig"];
        if (client.is_object() && client["caBundle"].string_or("") != bundle) {
            const std::string path =
                "/webhooks/" + std::to_string(index) + "/clientConfig/caBundle";
            write_operation(writer, "add", path, bundle);
            differs = true;
        }
        ++index;
    }
    writer.end_array();
    return differs ? std::optional(std::move(patch)) : std::nullopt;
}

}  // namespace lws::certs
