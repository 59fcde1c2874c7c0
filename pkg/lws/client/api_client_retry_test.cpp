// SPDX-License-Identifier: Apache-2.0
// What the client tries again, after what, and with which credentials.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/client/api_client_fixture.hpp"

using namespace lws;
using namespace lws::client;
using namespace lws::testing;
using namespace std::chrono_literals;

namespace {

// A file that lives as long as this.
class TempFile {
public:
    explicit TempFile(const std::string& text) {
        const int fd = mkstemp(path_.data());
        REQUIRE(fd >= 0);
        close(fd);
        write(text);
    }
    ~TempFile() { (void)std::remove(path_.c_str()); }
    TempFile(const TempFile&) = delete;
    TempFile& operator=(const TempFile&) = delete;

    void write(const std::string& text) {
        std::FILE* file = std::fopen(path_.c_str(), "w");
        REQUIRE(file != nullptr);
        (void)std::fputs(text.c_str(), file);
        (void)std::fclose(file);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/lws-client-test-XXXXXX";
};

// A variable of our environment while this lives.
class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~Variable() { unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
};

}  // namespace

TEST_CASE("a kept connection that died is replaced", "[client][api_client]") {
    ClientWorld w;
    w.server->expect(answer(200, "{}"));
    REQUIRE(w.call(get_pod()).has_value());
    w.server->drop_connections();
    w.io.restart();
    w.io.poll();
    w.server->expect(answer(201, "{}"));
    CHECK(w.call(create_pod()).has_value());
    CHECK(w.server->connections() == 2);
}

TEST_CASE(
    "a request that died on a kept connection is sent again if that is harmless",
    "[client][api_client]"
) {
    ClientWorld w;
    w.server->expect(answer(200, "{}"));
    w.server->expect(Step("", Then::close));
    w.server->expect(answer(200, "{}"));
    REQUIRE(w.call(get_pod()).has_value());
    SECTION("a read is repeated on a new connection") {
        CHECK(w.call(get_pod()).has_value());
        CHECK(w.server->requests().size() == 3);
        CHECK(w.server->connections() == 2);
    }
    SECTION("a create is not") {
        CHECK(code_of(w.call(create_pod())) == ErrorCode::unavailable);
        CHECK(w.server->requests().size() == 2);
    }
}

TEST_CASE("a 401 is tried again with the rotated token", "[client][api_client]") {
    TempFile file("old\n");
    ClientWorld w;
    w.settings.token_file = file.path();
    w.server->expect(answer(200, "{}"));
    w.server->expect(answer(401, R"({"message":"Unauthorized"})"));
    w.server->expect(answer(200, "{}"));
    REQUIRE(w.call(get_pod()).has_value());
    SECTION("rotated") {
        file.write("new\n");
        CHECK(w.call(get_pod()).has_value());
        REQUIRE(w.server->requests().size() == 3);
        CHECK(w.server->requests()[1].authorization == "Bearer old");
        CHECK(w.server->requests()[2].authorization == "Bearer new");
    }
    SECTION("not rotated") {
        CHECK(code_of(w.call(get_pod())) == ErrorCode::unauthorized);
        CHECK(w.server->requests().size() == 2);
    }
}

TEST_CASE("a 401 is tried again with the rotated client certificate", "[client][api_client]") {
    const TestCertificates before = make_test_certificates("before");
    const TestCertificates after = make_test_certificates("after");
    TempFile certificate(before.certificate);
    TempFile key(before.key);
    ClientWorld w;
    w.settings.client_certificate.file = certificate.path();
    w.settings.client_key.file = key.path();
    w.server->require_client_certificate(before.ca);
    w.server->require_client_certificate(after.ca);
    w.server->expect(answer(200, "{}"));
    w.server->expect(answer(401, R"({"message":"Unauthorized"})"));
    w.server->expect(answer(200, "{}"));
    REQUIRE(w.call(get_pod()).has_value());
    SECTION("rotated") {
        certificate.write(after.certificate);
        key.write(after.key);
        CHECK(w.call(get_pod()).has_value());
        REQUIRE(w.server->requests().size() == 3);
        CHECK(w.server->requests()[1].connection == 1);
        CHECK(w.server->requests()[2].connection == 2);
    }
    SECTION("not rotated") {
        CHECK(code_of(w.call(get_pod())) == ErrorCode::unauthorized);
        CHECK(w.server->requests().size() == 2);
    }
}

TEST_CASE("a rotated certificate authority is read again", "[client][api_client]") {
    const TestCertificates rotated = make_test_certificates("127.0.0.1");
    TempFile ca(loopback_certificates().ca);
    ClientWorld w;
    w.settings.ca.pem.clear();
    w.settings.ca.file = ca.path();
    w.server->expect(answer(200, "{}"));
    w.server->expect(answer(200, "{}"));
    REQUIRE(w.call(get_pod()).has_value());
    w.server->rotate(rotated);
    w.server->drop_connections();
    w.io.restart();
    w.io.poll();
    CHECK(code_of(w.call(get_pod())) == ErrorCode::unavailable);
    ca.write(rotated.ca);
    CHECK(w.call(get_pod()).has_value());
}

TEST_CASE("proxies of the environment are ignored", "[client][api_client]") {
    const std::vector<const char*> names{
        "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"
    };
    std::deque<Variable> variables;
    for (const char* name : names) variables.emplace_back(name, "http://127.0.0.1:1");
    ClientWorld w;
    w.server->expect(answer(200, "{}"));
    CHECK(w.call(get_pod()).has_value());
}

TEST_CASE("a 5xx with Retry-After is tried again if that is harmless", "[client][api_client]") {
    const int status = GENERATE(500, 503, 504);
    DYNAMIC_SECTION(status) {
        ClientWorld w;
        w.server->expect(answer(status, R"({"message":"not now"})", "Retry-After: 0\r\n"));
        w.server->expect(answer(200, "{}"));
        CHECK(w.call(get_pod()).has_value());
        CHECK(w.server->requests().size() == 2);
        w.server->expect(answer(status, R"({"message":"not now"})", "Retry-After: 0\r\n"));
        CHECK(code_of(w.call(create_pod())) == ErrorCode::unavailable);
        CHECK(w.server->requests().size() == 3);
    }
}

TEST_CASE("a 429 with Retry-After is waited out within the deadline", "[client][api_client]") {
    ClientWorld w;
    w.server->expect(answer(429, R"({"message":"slow down"})", "Retry-After: 0\r\n"));
    w.server->expect(answer(201, "{}"));
    CHECK(w.call(create_pod()).has_value());
    CHECK(w.server->requests().size() == 2);
    w.server->expect(answer(429, R"({"message":"slow down"})", "Retry-After: 60\r\n"));
    CHECK(code_of(w.call(create_pod(), 1s)) == ErrorCode::too_many_requests);
}
