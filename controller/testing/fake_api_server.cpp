// SPDX-License-Identifier: Apache-2.0
#include "controller/testing/fake_api_server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <stdexcept>

#include "certs/certificate.hpp"
#include "controller/testing/fake_api_state.hpp"

namespace lws::controller::testing {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr const char* kServerName = "fake-api.test";

struct TlsFiles {
    std::string ca_pem;
    certs::KeyPair leaf;
};

TlsFiles make_tls_files() {
    const auto now = std::chrono::system_clock::now();
    const auto from = now - std::chrono::hours(1);
    const auto until = now + std::chrono::hours(24);
    const auto ca = certs::make_ca(from, until).value();
    certs::LeafRequest request;
    request.dns_names = {kServerName};
    request.not_before = from;
    request.not_after = until;
    return {ca.certificate_pem, certs::make_leaf(ca, request).value()};
}

// An RSA key costs a second under the sanitizers: one for all tests of the process.
const TlsFiles& tls_files() {
    static const TlsFiles files = make_tls_files();
    return files;
}

// A session that throws is a bug of the fake; the test sees a broken connection.
void ignore_end(const std::exception_ptr&) {}

}  // namespace

FakeApiServer::State::State(asio::any_io_executor e, FakeCluster& c)
    : executor(std::move(e)), cluster(c), tls(asio::ssl::context::tls_server), acceptor(executor) {
    tls.use_certificate_chain(asio::buffer(tls_files().leaf.certificate_pem));
    tls.use_private_key(asio::buffer(tls_files().leaf.key_pem), asio::ssl::context::pem);
}

asio::awaitable<void> FakeApiServer::State::accept() {
    const auto self = shared_from_this();
    while (true) {
        auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (error) co_return;
        socket.set_option(tcp::no_delay(true));
        auto session = std::make_shared<Session>(std::move(socket), tls);
        sessions.push_back(session);
        asio::co_spawn(executor, serve(self, std::move(session)), ignore_end);
    }
}

std::vector<std::shared_ptr<Session>> FakeApiServer::State::live_sessions() {
    std::vector<std::shared_ptr<Session>> out;
    for (const auto& weak : sessions) {
        if (auto session = weak.lock()) out.push_back(std::move(session));
    }
    std::erase_if(sessions, [](const auto& weak) { return weak.expired(); });
    return out;
}

std::optional<Fault> FakeApiServer::State::take_fault(const RecordedRequest& request) {
    for (auto fault = faults.begin(); fault != faults.end(); ++fault) {
        const bool method_fits = fault->method.empty() || fault->method == request.method;
        if (!method_fits || request.target.find(fault->target_part) == std::string::npos) continue;
        Fault taken = *fault;
        if (--fault->count == 0) faults.erase(fault);
        return taken;
    }
    return std::nullopt;
}

FakeApiServer::FakeApiServer(asio::any_io_executor executor, FakeCluster& cluster)
    : state_(std::make_shared<State>(std::move(executor), cluster)) {
    cluster.on_change([state = state_.get()] {
        for (const auto& session : state->live_sessions()) session->wake.cancel();
    });
}

FakeApiServer::~FakeApiServer() {
    state_->cluster.on_change(nullptr);
    close();
}

void FakeApiServer::listen() {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), state_->port);
    state_->acceptor.open(endpoint.protocol());
    state_->acceptor.set_option(tcp::acceptor::reuse_address(true));
    state_->acceptor.bind(endpoint);
    state_->acceptor.listen();
    state_->port = state_->acceptor.local_endpoint().port();
    asio::co_spawn(state_->executor, state_->accept(), ignore_end);
}

void FakeApiServer::close() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    for (const auto& session : state_->live_sessions()) session->drop();
}

client::ConnectionSettings FakeApiServer::settings() const {
    client::ConnectionSettings out;
    out.host = "127.0.0.1";
    out.port = std::to_string(state_->port);
    out.server_name = kServerName;
    out.ca.pem = tls_files().ca_pem;
    out.token = "a-token";
    return out;
}

const std::vector<RecordedRequest>& FakeApiServer::requests() const {
    return state_->requests;
}

void FakeApiServer::forget_requests() {
    state_->requests.clear();
}

std::vector<std::string> FakeApiServer::writes() const {
    std::vector<std::string> out;
    for (const RecordedRequest& request : state_->requests) {
        if (request.method == "GET" || request.id.resource == "events") continue;
        std::string line = request.method + " " + to_text(request.id);
        if (!request.subresource.empty()) line += " " + request.subresource;
        out.push_back(std::move(line));
    }
    return out;
}

std::size_t FakeApiServer::count(std::string_view method, std::string_view target_part) const {
    return static_cast<std::size_t>(std::count_if(
        state_->requests.begin(),
        state_->requests.end(),
        [&](const RecordedRequest& request) {
            return request.method == method &&
                   request.target.find(target_part) != std::string::npos;
        }
    ));
}

void FakeApiServer::add_fault(Fault fault) {
    state_->faults.push_back(std::move(fault));
}

void FakeApiServer::clear_faults() {
    state_->faults.clear();
}

void FakeApiServer::drop_hung() {
    for (const auto& session : state_->live_sessions()) {
        if (session->hung) session->drop();
    }
}

std::size_t FakeApiServer::open_watches() const {
    std::size_t open = 0;
    for (const auto& session : state_->live_sessions()) {
        if (!session->watched.empty() && session->stream.next_layer().is_open()) ++open;
    }
    return open;
}

void FakeApiServer::cut_watches(std::string_view resource) {
    for (const auto& session : state_->live_sessions()) {
        const bool wanted = resource.empty() || session->watched == resource;
        if (!session->watched.empty() && wanted) session->drop();
    }
}

void FakeApiServer::end_watches() {
    for (const auto& session : state_->live_sessions()) {
        session->ending = !session->watched.empty();
        session->wake.cancel();
    }
}

void FakeApiServer::send_bookmarks() {
    for (const auto& session : state_->live_sessions()) {
        if (session->watched.empty()) continue;
        session->bookmark_at = state_->cluster.version();
        session->wake.cancel();
    }
}

void FakeApiServer::set_gone_style(GoneStyle style) {
    state_->gone_style = style;
}

void FakeApiServer::set_streaming_lists(bool on) {
    state_->streaming_lists = on;
}

}  // namespace lws::controller::testing
