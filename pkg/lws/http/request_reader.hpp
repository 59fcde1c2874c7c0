// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <string>

#include "pkg/lws/http/head_arena.hpp"
#include "pkg/lws/http/server_state.hpp"
#include "pkg/lws/http/transport.hpp"

// Private to this folder.
namespace lws::http {

// What a connection may keep between requests, and what a body may hold outside the shared limit.
inline constexpr std::size_t kKept = std::size_t{64} * 1024;

// Reads requests from a connection, one after the other, in steps that never wait. It keeps its
// memory for the next request until release().
class RequestReader {
public:
    enum class Progress {
        part,  // call again
        blocked,
        whole,
        gone,       // the peer, in the middle
        malformed,  // deserves refusal()
        cut_short,  // more came than the route takes
        too_busy,   // all connections together hold too much
    };

    // What bounds a body: the route, and what all bodies together may hold.
    struct BodyLimits {
        std::size_t most = 0;
        Lease* held = nullptr;
        std::size_t most_held = 0;
    };

    RequestReader();

    // Before each request. Bytes that have come stay.
    void begin();
    // Some bytes of the next request, at least one unless there is an error.
    boost::system::error_code read_more(Transport& transport);
    [[nodiscard]] bool has_bytes() const { return buffer_.size() > 0; }

    [[nodiscard]] Progress read_head(Transport& transport);
    // `body` grows with what has come, not with what was announced: an idle promise costs no
    // memory.
    [[nodiscard]] Progress read_body(
        Transport& transport, const BodyLimits& limits, std::string& body
    );
    // Reads and drops.
    boost::system::error_code drop(Transport& transport);

    // Valid until begin() or release().
    [[nodiscard]] const auto& head() const { return parser_->get(); }
    [[nodiscard]] bool is_done() const { return parser_->is_done(); }
    // HTTP status of what was malformed.
    [[nodiscard]] unsigned refusal() const { return refusal_; }

    void release();

private:
    using Parser =
        boost::beast::http::request_parser<boost::beast::http::buffer_body, HeadAllocator<char>>;

    boost::system::error_code read_announced(Transport& transport, std::string& body);
    boost::system::error_code read_chunks(Transport& transport, std::string& body);
    bool grow(std::size_t wanted, const BodyLimits& limits, std::string& body);

    boost::beast::flat_buffer buffer_;
    HeadArena arena_;
    std::optional<Parser> parser_;
    std::size_t filled_ = 0;  // of the body
    unsigned refusal_ = 400;
};

}  // namespace lws::http
