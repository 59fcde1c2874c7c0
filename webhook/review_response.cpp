// SPDX-License-Identifier: Apache-2.0
#include "webhook/review_response.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pkg/lws/json/text.hpp"

namespace lws::webhook {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += '"';
    out += name;
    out += "\":";
    json::append_quoted(out, text);
}

void append_status(std::string& out, const Decision& decision) {
    out += R"("status":{"metadata":{})";
    if (!decision.message.empty()) {
        out += ',';
        append_member(out, "message", decision.message);
    }
    if (!decision.reason.empty()) {
        out += ',';
        append_member(out, "reason", decision.reason);
    }
    out += R"(,"code":)";
    out += std::to_string(decision.code);
    out += '}';
}

}  // namespace

Decision allow() {
    Decision decision;
    decision.allowed = true;
    decision.code = 200;
    return decision;
}

Decision allow_with_patch(std::string_view patch) {
    auto decision = allow();
    decision.patch = patch;
    return decision;
}

Decision deny(std::string_view message) {
    Decision decision;
    decision.code = 403;
    decision.reason = "Forbidden";
    decision.message = message;
    return decision;
}

Decision refuse(const Error& error, Arena& arena) {
    const std::string_view message = join(arena, {error.message});
    if (error.code == ErrorCode::forbidden) {
        return deny(message);
    }
    Decision decision;
    decision.code = error.code == ErrorCode::too_large ? 413 : 400;
    decision.message = message;
    return decision;
}

void write_review(
    std::string& out,
    std::string_view api_version,
    std::string_view kind,
    std::string_view uid,
    const Decision& decision
) {
    out.clear();
    out.reserve(512 + decision.message.size() + decision.patch.size() / 3 * 4);
    out += '{';
    append_member(out, "kind", kind.empty() ? "AdmissionReview" : kind);
    out += ',';
    append_member(out, "apiVersion", api_version.empty() ? "admission.k8s.io/v1" : api_version);
    out += R"(,"response":{)";
    append_member(out, "uid", uid);
    out += decision.allowed ? R"(,"allowed":true,)" : R"(,"allowed":false,)";
    append_status(out, decision);
    if (!decision.patch.empty()) {
        out += R"(,"patch":")";
        append_base64(out, decision.patch);
        out += R"(","patchType":"JSONPatch")";
    }
    if (!decision.warnings.empty()) {
        out += R"(,"warnings":)";
        char separator = '[';
        for (const auto& warning : decision.warnings) {
            out += separator;
            json::append_quoted(out, warning);
            separator = ',';
        }
        out += ']';
    }
    out += "}}";
}

void append_base64(std::string& out, std::string_view bytes) {
    const std::size_t start = out.size();
    out.resize(start + (bytes.size() + 2) / 3 * 4);
    char* to = out.data() + start;
    const auto byte = [&bytes](std::size_t i) -> std::uint32_t {
        return static_cast<unsigned char>(bytes[i]);
    };
    const auto put = [&to](std::uint32_t triple) {
        *to++ = kAlphabet[triple >> 18U];
        *to++ = kAlphabet[triple >> 12U & 63U];
        *to++ = kAlphabet[triple >> 6U & 63U];
        *to++ = kAlphabet[triple & 63U];
    };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        put(byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2));
    }
    const std::size_t left = bytes.size() - i;
    if (left > 0) {
        put(byte(i) << 16U | (left > 1 ? byte(i + 1) << 8U : 0U));
        std::fill(to - (3 - left), to, '=');
    }
}

}  // namespace lws::webhook
