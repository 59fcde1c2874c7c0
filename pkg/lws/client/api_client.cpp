// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/api_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "pkg/lws/client/api_client_impl.hpp"
#include "pkg/lws/k8s/status.hpp"

namespace lws::client {
namespace {

namespace asio = boost::asio;

Error cancelled() {
    return {ErrorCode::cancelled, "API client: stopped"};
}

Result<json::Document> read_answer(HttpAnswer answer, std::size_t max_bytes) {
    json::ParseLimits limits;
    limits.max_bytes = max_bytes;
    const bool good = answer.status >= 200 && answer.status < 300;
    if (answer.body.empty()) answer.body = "null";
    auto document = json::parse(std::move(answer.body), limits);
    if (good && document) return document;
    if (good) {
        return Error(document.error().code, "API server's answer: " + document.error().message);
    }
    return k8s::error_from_response(answer.status, document ? document->root() : json::View());
}

// Gives the place in the pool back, also when the coroutine is destroyed.
class Place {
public:
    explicit Place(ApiClient::Impl* owner) : owner_(owner) {}
    ~Place() { owner_->release(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    ApiClient::Impl* owner_;
};

}  // namespace

ApiClient::Impl::Impl(asio::any_io_executor e, ConnectionSettings s, ApiClientOptions o, Logger l)
    : executor(std::move(e)),
      settings(std::move(s)),
      options(std::move(o)),
      logger(std::move(l)),
      tokens(settings),
      tls(settings),
      bucket(options.qps, options.burst),
      outage("API server"),
      sweep_timer(executor) {}

asio::awaitable<Result<json::Document>> ApiClient::Impl::call(
    Request request, std::chrono::milliseconds timeout
) {
    const Deadline deadline = Clock::now() + timeout;
    Retries retries;
    while (true) {
        const Result<Deadline> admitted = co_await admit(&request, deadline);
        if (!admitted) co_return admitted.error();
        Attempted attempted = co_await attempt(&request, *admitted);
        if (stopped) co_return cancelled();
        const RetryDecision decision =
            decide_retry(summarize(request, attempted, deadline), retries);
        Exchange& exchange = attempted.exchange;
        if (!decision.retry) {
            if (exchange.progress != Progress::answered) {
                co_return transport_failure(request, exchange.error);
            }
            co_return read_answer(std::move(exchange.answer), options.max_body_bytes);
        }
        if (decision.delay.count() > 0) co_await sleep_until(Clock::now() + decision.delay);
    }
}

asio::awaitable<Result<Deadline>> ApiClient::Impl::admit(
    const Request* request, Deadline deadline
) {
    if (stopped) co_return cancelled();
    const auto now = Clock::now();
    const auto pace = bucket.reserve(now, deadline - now);
    if (!pace.granted) {
        co_return Error(ErrorCode::timeout, "client-side rate limit: deadline passed");
    }
    if (pace.wait.count() > 0 && !co_await sleep_until(now + pace.wait)) co_return cancelled();
    const Result<std::chrono::milliseconds> allowed = allowed_time(*request);
    if (!allowed) co_return allowed.error();
    const auto begun = Clock::now();
    // In milliseconds: max() of them overflows as anything finer.
    const auto left = std::chrono::floor<std::chrono::milliseconds>(deadline - begun);
    if (*allowed < left) co_return begun + *allowed;
    co_return deadline;
}

Result<std::chrono::milliseconds> ApiClient::Impl::allowed_time(const Request& request) const {
    if (!allowance) return std::chrono::milliseconds::max();
    const auto allowed = allowance(request);
    if (allowed.count() > 0) return allowed;
    return Error(ErrorCode::cancelled, "not sent: this process does not lead (any more)");
}

asio::awaitable<ApiClient::Impl::Attempted> ApiClient::Impl::attempt(
    const Request* request, Deadline deadline
) {
    Attempted out;
    const Result<void> acquired = co_await acquire(deadline);
    if (!acquired) {
        out.exchange.error = acquired.error();
        co_return out;
    }
    const Place place(this);
    ConnectionPtr connection = take_idle();
    out = co_await perform(&connection, request, deadline);
    // After a 401 the next attempt shall not be made as the same somebody.
    const bool keep = connection && connection->reusable() && out.exchange.answer.status != 401;
    if (keep && !stopped) put_idle(std::move(connection));
    co_return out;
}

asio::awaitable<ApiClient::Impl::Attempted> ApiClient::Impl::perform(
    ConnectionPtr* connection, const Request* request, Deadline deadline
) {
    const auto began = Clock::now();
    Attempted out;
    if (!*connection) {
        const Result<void> connected = co_await connect(connection, deadline);
        if (!connected) {
            out.exchange.error = connected.error();
            record(*request, out.exchange, began);
            co_return out;
        }
    }
    if (const auto allowed = allowed_time(*request); !allowed) {
        out.exchange.error = allowed.error();
        co_return out;
    }
    out.kept_connection = (*connection)->used();
    out.token = tokens.current(began);
    out.context = (*connection)->context();
    const HttpRequest http = make_http(*request, out.token);
    const Enlisted<Connection> enlisted(live, connection->get());
    out.exchange = co_await (*connection)->exchange(&http, options.max_body_bytes, deadline);
    record(*request, out.exchange, began);
    co_return out;
}

asio::awaitable<Result<void>> ApiClient::Impl::connect(
    ConnectionPtr* connection, Deadline deadline
) {
    const auto now = Clock::now();
    const Result<ClientTlsContext> context = tls.current(now);
    if (!context) co_return context.error();
    *connection = std::make_unique<Connection>(executor, *context);
    const Enlisted<Connection> enlisted(live, connection->get());
    const Deadline latest = std::min<Deadline>(deadline, now + options.connect_timeout);
    const Result<void> connected = co_await (*connection)->connect(&settings, latest);
    if (connected) co_return success();
    tls.look_again();
    co_return connected.error();
}

Attempt ApiClient::Impl::summarize(
    const Request& request, const Attempted& attempted, Deadline deadline
) {
    const auto now = Clock::now();
    Attempt out;
    out.progress = attempted.exchange.progress;
    out.idempotent = is_idempotent(request);
    out.kept_connection = attempted.kept_connection;
    out.status = attempted.exchange.answer.status;
    out.retry_after = attempted.exchange.answer.retry_after;
    out.remaining = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now);
    if (out.status == 401) {
        const bool token_changed = tokens.refresh(attempted.token, now);
        out.credentials_changed = tls.refresh(attempted.context, now) || token_changed;
    }
    return out;
}

Error ApiClient::Impl::transport_failure(const Request& request, const Error& error) const {
    if (stopped) return cancelled();
    std::string message(method_name(request.verb));
    message.append(" ").append(request.target.substr(0, request.target.find('?')));
    message.append(": ").append(error.message);
    return {error.code, std::move(message)};
}

HttpRequest ApiClient::Impl::make_http(const Request& request, const std::string& token) const {
    std::string http;
    const auto header = [&http](std::string_view name, std::string_view value) {
        http.append(name).append(": ").append(value).append("\r\n");
    };
    http.reserve(512 + token.size() + request.target.size() + request.body.size());
    http.append(method_name(request.verb)).append(" ");
    http.append(settings.base_path).append(request.target).append(" HTTP/1.1\r\n");
    const bool ipv6 = settings.host.find(':') != std::string::npos;
    std::string host = ipv6 ? "[" + settings.host + "]" : settings.host;
    if (settings.port != "443") host += ":" + settings.port;
    header("Host", host);
    header("User-Agent", options.user_agent);
    header("Accept", "application/json");
    if (!token.empty()) header("Authorization", "Bearer " + token);
    if (!request.content_type.empty()) {
        header("Content-Type", request.content_type);
        header("Content-Length", std::to_string(request.body.size()));
    }
    http.append("\r\n");
    if (!request.content_type.empty()) http.append(request.body);
    return http;
}

void ApiClient::Impl::record(
    const Request& request, const Exchange& exchange, Clock::time_point began
) {
    note_reachable(exchange);
    if (!options.on_call) return;
    const bool answered = exchange.progress == Progress::answered;
    options.on_call(
        CallRecord{request.verb, answered ? exchange.answer.status : 0, Clock::now() - began}
    );
}

void ApiClient::Impl::note_reachable(const Exchange& exchange) {
    if (stopped) return;
    const auto now = Clock::now();
    if (exchange.progress == Progress::answered) {
        if (const auto line = outage.succeeded(now)) logger->info(*line);
        return;
    }
    // A dead kept connection proves nothing: the second try will tell.
    if (exchange.progress != Progress::not_connected && !outage.ongoing()) return;
    if (const auto line = outage.failed(now, "unreachable: " + exchange.error.message)) {
        logger->warn(*line);
    }
}

ApiClient::ApiClient(
    asio::any_io_executor executor,
    ConnectionSettings settings,
    ApiClientOptions options,
    Logger logger
)
    : impl_(std::make_shared<Impl>(
          std::move(executor), std::move(settings), std::move(options), std::move(logger)
      )) {}

ApiClient::~ApiClient() {
    impl_->stop();
}

asio::awaitable<Result<json::Document>> ApiClient::call(
    Request request, std::chrono::milliseconds timeout
) {
    const auto impl = impl_;
    co_return co_await impl->call(std::move(request), timeout);
}

asio::awaitable<Result<std::unique_ptr<WatchStream>>> ApiClient::open_watch(
    Request request, std::chrono::milliseconds timeout
) {
    const auto impl = impl_;
    co_return co_await impl->open_watch(std::move(request), timeout);
}

void ApiClient::set_allowance(Allowance allowance) {
    impl_->allowance = std::move(allowance);
}

void ApiClient::stop() {
    impl_->stop();
}

bool ApiClient::stopped() const {
    return impl_->stopped;
}

bool ApiClient::unreachable() const {
    return impl_->outage.ongoing();
}

asio::any_io_executor ApiClient::get_executor() const {
    return impl_->executor;
}

}  // namespace lws::client
