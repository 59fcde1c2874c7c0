// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/packed.hpp"

#include <array>
#include <cstring>

namespace lws::k8s {
namespace {

// The first byte of a text: its length below these, a length of four bytes that follows, or the
// sixteen bytes of a UUID.
constexpr unsigned char kLong = 254;
constexpr unsigned char kUuid = 255;
constexpr std::size_t kUuidText = 36;
constexpr std::size_t kUuidBytes = 16;

// Dashes stand before these digits.
constexpr bool is_dash(std::size_t at) {
    return at == 8 || at == 13 || at == 18 || at == 23;
}

constexpr std::string_view kDigits = "0123456789abcdef";

// Lower case and dashes in their places: only that comes back as the same text.
std::optional<std::array<char, kUuidBytes>> parse_uuid(std::string_view text) {
    if (text.size() != kUuidText) {
        return std::nullopt;
    }
    std::array<char, kUuidBytes> out{};
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash(i)) {
            if (text[i] != '-') {
                return std::nullopt;
            }
            continue;
        }
        const std::size_t digit = kDigits.find(text[i]);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        char& byte = out.at(digits / 2);
        const std::size_t before = static_cast<unsigned char>(byte);
        byte = static_cast<char>(before << 4U | digit);
        ++digits;
    }
    return out;
}

void print_uuid(std::string_view bytes, std::string& out) {
    out.resize(kUuidText);
    std::size_t at = 0;
    for (const char c : bytes) {
        if (is_dash(at)) {
            out[at++] = '-';
        }
        const auto byte = static_cast<unsigned char>(c);
        out[at++] = kDigits[byte >> 4U];
        out[at++] = kDigits[byte & 15U];
    }
}

template <class T>
void append(std::string& out, T value) {
    std::array<char, sizeof(T)> bytes{};
    std::memcpy(bytes.data(), &value, sizeof(T));
    out.append(bytes.data(), bytes.size());
}

std::string_view cut(std::string_view& from, std::size_t count) {
    const std::string_view front = from.substr(0, count);
    from.remove_prefix(front.size());
    return front;
}

template <class T>
T cut_as(std::string_view& from) {
    T value{};
    const std::string_view bytes = cut(from, sizeof(T));
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
}

}  // namespace

void PackWriter::put(std::string_view text) {
    if (const auto uuid = parse_uuid(text)) {
        out_.push_back(static_cast<char>(kUuid));
        out_.append(uuid->data(), uuid->size());
        return;
    }
    if (text.size() < kLong) {
        out_.push_back(static_cast<char>(text.size()));
    } else {
        out_.push_back(static_cast<char>(kLong));
        append(out_, static_cast<std::uint32_t>(text.size()));
    }
    out_.append(text);
}

// Small numbers of either sign in one byte, others in more: seven bits in each.
void PackWriter::put(std::int64_t number) {
    auto bits = static_cast<std::uint64_t>(number) << 1U ^ static_cast<std::uint64_t>(number >> 63);
    while (bits >= 128) {
        out_.push_back(static_cast<char>(bits | 128U));
        bits >>= 7U;
    }
    out_.push_back(static_cast<char>(bits));
}

void PackWriter::put(std::uint64_t bits) {
    append(out_, bits);
}

void PackReader::take(std::string& text) {
    const auto first = static_cast<unsigned char>(cut_as<char>(rest_));
    if (first == kUuid) {
        print_uuid(cut(rest_, kUuidBytes), text);
        return;
    }
    const std::size_t size = first == kLong ? cut_as<std::uint32_t>(rest_) : first;
    text = cut(rest_, size);
}

void PackReader::take(std::int64_t& number) {
    std::uint64_t bits = 0;
    unsigned shift = 0;
    while (true) {
        const auto byte = static_cast<unsigned char>(cut_as<char>(rest_));
        bits |= static_cast<std::uint64_t>(byte & 127U) << shift;
        if (byte < 128) {
            break;
        }
        shift += 7;
    }
    number = static_cast<std::int64_t>(bits >> 1U) ^ -static_cast<std::int64_t>(bits & 1U);
}

void PackReader::take(std::uint64_t& bits) {
    bits = cut_as<std::uint64_t>(rest_);
}

PackedBlock::PackedBlock(std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    block_ = std::make_unique_for_overwrite<char[]>(sizeof size + bytes.size());
    std::memcpy(block_.get(), &size, sizeof size);
    if (!bytes.empty()) {
        std::memcpy(block_.get() + sizeof size, bytes.data(), bytes.size());
    }
}

std::string_view PackedBlock::bytes() const {
    std::uint32_t size = 0;
    std::memcpy(&size, block_.get(), sizeof size);
    return {block_.get() + sizeof size, size};
}

}  // namespace lws::k8s
