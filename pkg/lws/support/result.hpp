// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace lws {

// What a caller can do about a failure; the text is for people. One function per process edge maps
// it to a log line, a metav1.Status or a requeue.
enum class ErrorCode {
    invalid_input,      // bytes or an object that break a rule; retrying cannot help
    too_large,          // over a limit on size, depth or count
    not_found,          // HTTP 404, missing file
    already_exists,     // HTTP 409 with reason AlreadyExists
    conflict,           // HTTP 409, another writer was first: read again
    gone,               // HTTP 410, the resourceVersion is too old: list again
    unauthorized,       // HTTP 401
    forbidden,          // HTTP 403
    unprocessable,      // HTTP 422, the API server refuses the object
    too_many_requests,  // HTTP 429
    timeout,            // a deadline of ours passed
    unavailable,        // connection refused, reset, DNS, TLS, HTTP 5xx: retrying can help
    cancelled,          // we are shutting down
    internal,           // a bug or an answer that makes no sense
};

// `message` names the place first: `spec.replicas: expected integer, got string`.
struct Error {
    ErrorCode code{ErrorCode::internal};
    std::string message;

    Error() = default;
    Error(ErrorCode c, std::string m) : code(c), message(std::move(m)) {}

    friend bool operator==(const Error&, const Error&) = default;
};

// Reached only by calling value() on a result that holds an error, which is a bug.
[[noreturn]] inline void
throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::runtime_error(error.message);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace lws
