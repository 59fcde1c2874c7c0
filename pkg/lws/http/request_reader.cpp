// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/request_reader.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <tuple>

namespace lws::http {
namespace {

namespace wire = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kMaxHeader = std::size_t{8} * 1024;
constexpr std::size_t kReadBuffer = std::size_t{16} * 1024;

}  // namespace

RequestReader::RequestReader() : buffer_(kReadBuffer) {}

void RequestReader::begin() {
    parser_.reset();
    arena_.begin_again();
    parser_.emplace(
        std::piecewise_construct, std::make_tuple(), std::make_tuple(HeadAllocator<char>(arena_))
    );
    parser_->header_limit(kMaxHeader);
    parser_->body_limit(boost::none);
    filled_ = 0;
}

error_code RequestReader::read_more(Transport& transport) {
    const std::size_t room = kReadBuffer - buffer_.size();
    if (room == 0) {
        return wire::error::buffer_overflow;
    }
    error_code error;
    buffer_.commit(transport.read_now(buffer_.prepare(room), error));
    return error;
}

RequestReader::Progress RequestReader::read_head(Transport& transport) {
    error_code error = wire::error::need_more;
    if (has_bytes()) {
        buffer_.consume(parser_->put(buffer_.data(), error));
    }
    if (!error) {
        return Progress::whole;
    }
    if (error == wire::error::need_more) {
        error = read_more(transport);
        if (!error) {
            return Progress::part;
        }
        if (error == asio::error::would_block) {
            return Progress::blocked;
        }
        if (error != wire::error::buffer_overflow) {
            return Progress::gone;
        }
    }
    const bool too_large =
        error == wire::error::header_limit || error == wire::error::buffer_overflow;
    refusal_ = too_large ? 431 : 400;
    return Progress::malformed;
}

RequestReader::Progress RequestReader::read_body(
    Transport& transport, const BodyLimits& limits, std::string& body
) {
    const auto announced = parser_->content_length();
    const std::size_t wanted =
        announced ? static_cast<std::size_t>(std::min<std::uint64_t>(*announced, limits.most))
                  : limits.most;
    const bool all_came = announced ? filled_ == *announced : parser_->is_done();
    if (all_came || filled_ == wanted) {
        body.resize(filled_);
        return all_came ? Progress::whole : Progress::cut_short;
    }
    if (filled_ == body.size() && !grow(wanted, limits, body)) {
        return Progress::too_busy;
    }
    const error_code error =
        announced ? read_announced(transport, body) : read_chunks(transport, body);
    if (error == asio::error::would_block) {
        return Progress::blocked;
    }
    return error ? Progress::gone : Progress::part;
}

// Bytes of a body of known length go where they stay.
error_code RequestReader::read_announced(Transport& transport, std::string& body) {
    const asio::mutable_buffer room(body.data() + filled_, body.size() - filled_);
    error_code error;
    if (has_bytes()) {
        const std::size_t size = asio::buffer_copy(room, buffer_.data());
        buffer_.consume(size);
        filled_ += size;
    } else {
        filled_ += transport.read_now(room, error);
    }
    return error;
}

error_code RequestReader::read_chunks(Transport& transport, std::string& body) {
    auto& part = parser_->get().body();
    part.data = body.data() + filled_;
    part.size = body.size() - filled_;
    part.more = true;
    error_code error = wire::error::need_more;
    if (has_bytes()) {
        buffer_.consume(parser_->put(buffer_.data(), error));
        filled_ = body.size() - part.size;
    }
    if (error == wire::error::need_more) {
        return read_more(transport);
    }
    return error == wire::error::need_buffer ? error_code() : error;
}

bool RequestReader::grow(std::size_t wanted, const BodyLimits& limits, std::string& body) {
    const std::size_t size = std::min(wanted, std::max(kReadBuffer, 2 * filled_));
    const std::size_t held = std::max(filled_, kKept);
    if (size > held && !limits.held->take(size - held, limits.most_held)) {
        return false;
    }
    body.resize(size);
    return true;
}

error_code RequestReader::drop(Transport& transport) {
    buffer_.clear();
    error_code error;
    transport.read_now(buffer_.prepare(kReadBuffer), error);
    return error;
}

void RequestReader::release() {
    parser_.reset();
    arena_.release();
    buffer_.shrink_to_fit();
}

}  // namespace lws::http
