// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lws::testing {

// A CA and a leaf that it signed, made on the spot (P-256, valid for a day).
struct TestCertificates {
    std::string ca;  // PEM, as the two below
    std::string certificate;
    std::string key;

    TestCertificates() = default;
};

// `host` is a DNS name or an IP address and goes into the subject alternative names.
[[nodiscard]] TestCertificates make_test_certificates(std::string_view host);

// What happens after a step's bytes are out.
enum class Then {
    keep,     // the connection takes the next request
    close,    // TCP ends, without TLS's farewell
    hold,     // nothing more comes, the connection stays
    endless,  // the bytes come again and again
};

struct Step {
    std::string bytes;
    Then then{Then::keep};

    Step(std::string b, Then t) : bytes(std::move(b)), then(t) {}
};

// A JSON answer with Content-Length; `headers` are whole lines that end in \r\n.
[[nodiscard]] Step answer(int status, std::string_view body, std::string_view headers = {});
// The header of a chunked watch response, each event as a chunk with its newline, and its end if
// `then` is keep.
[[nodiscard]] Step watch_answer(const std::vector<std::string>& events, Then then);

struct SeenRequest {
    std::string method;
    std::string target;
    std::string host;
    std::string authorization;
    std::string user_agent;
    std::string content_type;
    std::string body;
    int connection{0};  // counted from 1
};

// An API server on loopback TLS (port chosen by the system) that answers the n-th request with the
// n-th step, whatever is asked, and records what was asked. All on the executor given, one thread.
class ScriptedApiServer {
public:
    ScriptedApiServer(boost::asio::any_io_executor executor, const TestCertificates& certificates);
    ~ScriptedApiServer();
    ScriptedApiServer(const ScriptedApiServer&) = delete;
    ScriptedApiServer& operator=(const ScriptedApiServer&) = delete;

    void expect(Step step);
    // Demands a client certificate of this CA.
    void require_client_certificate(const std::string& ca);
    // New connections meet these, as after a restart.
    void rotate(const TestCertificates& certificates);
    // Refuses from now on: the port is closed, and so are the connections.
    void stop();
    // Ends the connections, as a restart of the server does; keeps listening.
    void drop_connections();

    [[nodiscard]] unsigned short port() const;
    [[nodiscard]] const std::vector<SeenRequest>& requests() const;
    [[nodiscard]] int connections() const;  // accepted so far

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace lws::testing
