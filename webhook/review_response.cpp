// SPDX-License-Identifier: Apache-2.0
#include "webhook/review_response.hpp"

#include <array>
#include <cstdint>

#include "pkg/lws/json/patch.hpp"

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
    out += R"(,"code":)" + std::to_string(decision.code) + '}';
}

}  // namespace

Decision allow() {
    Decision decision;
    decision.allowed = true;
    decision.code = 200;
    return decision;
}

Decision allow_with_patch(std::string patch) {
    auto decision = allow();
    decision.patch = std::move(patch);
    return decision;
}

Decision deny(std::string message) {
    Decision decision;
    decision.code = 403;
    decision.reason = "Forbidden";
    decision.message = std::move(message);
    return decision;
}

Decision refuse(const Error& error) {
    if (error.code == ErrorCode::forbidden) {
        return deny(error.message);
    }
    Decision decision;
    decision.code = error.code == ErrorCode::too_large ? 413 : 400;
    decision.message = error.message;
    return decision;
}

std::string write_review(
    std::string_view api_version,
    std::string_view kind,
    std::string_view uid,
    const Decision& decision
) {
    std::string out;
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
    return out;
}

void append_base64(std::string& out, std::string_view bytes) {
    const auto at = [&](std::size_t i) -> std::uint32_t {
        return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
    };
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t triple = at(i) << 16U | at(i + 1) << 8U | at(i + 2);
        std::array<char, 4> quad{
            kAlphabet[triple >> 18U],
            kAlphabet[triple >> 12U & 63U],
            kAlphabet[triple >> 6U & 63U],
            kAlphabet[triple & 63U]
        };
        if (i + 2 >= bytes.size()) {
            quad[3] = '=';
        }
        if (i + 1 >= bytes.size()) {
            quad[2] = '=';
        }
        out.append(quad.data(), quad.size());
    }
}

}  // namespace lws::webhook
