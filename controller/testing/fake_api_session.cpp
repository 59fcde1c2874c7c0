// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>

#include "controller/testing/fake_api_state.hpp"

namespace lws::controller::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using State = std::shared_ptr<FakeApiServer::State>;
using SessionPtr = std::shared_ptr<Session>;

enum class Fate { keep, drop };

Answer read_object(FakeCluster& cluster, const ApiPath& path) {
    if (!path.id.name.empty()) return cluster.get(path.id);
    ListRequest list;
    list.resource = path.id.resource;
    list.ns = path.id.ns;
    list.label_selector = path.query_value("labelSelector");
    const std::string limit = path.query_value("limit");
    list.limit = limit.empty() ? 0 : std::stoul(limit);
    list.continue_token = path.query_value("continue");
    return cluster.list(list);
}

Answer patch_object(FakeCluster& cluster, const ApiPath& path, const HttpRequest& request) {
    const std::string_view type(
        request[http::field::content_type].data(), request[http::field::content_type].size()
    );
    if (type == "application/apply-patch+yaml") {
        if (path.query_value("fieldManager") != "lws" || path.query_value("force") != "true") {
            return make_failure(400, "BadRequest", "the fake knows one forcing manager, lws");
        }
        return cluster.apply(path.id, parse_body(request.body()));
    }
    if (type == "application/merge-patch+json")
        return cluster.patch(path.id, parse_body(request.body()));
    return make_failure(415, "UnsupportedMediaType", "the fake does not know this patch");
}

Answer carry_out(FakeCluster& cluster, const ApiPath& path, const HttpRequest& request) {
    if (path.id.resource.empty()) return make_failure(404, "NotFound", "404 page not found");
    switch (request.method()) {
        case http::verb::get:
            return read_object(cluster, path);
        case http::verb::post:
            return cluster.create(path.id.resource, path.id.ns, parse_body(request.body()));
        case http::verb::put:
            return cluster.replace(
                path.id,
                parse_body(request.body()),
                path.subresource == "status" ? Subresource::status : Subresource::none
            );
        case http::verb::patch:
            return patch_object(cluster, path, request);
        case http::verb::delete_:
            return cluster.remove(path.id, parse_body(request.body()));
        default:
            return make_failure(405, "MethodNotAllowed", "method");
    }
}

asio::awaitable<Fate> send(SessionPtr session, Answer answer) {
    http::response<http::string_body> response;
    response.version(11);
    response.result(static_cast<unsigned>(answer.status));
    response.set(http::field::content_type, "application/json");
    response.body() = to_text(answer.body);
    response.prepare_payload();
    const auto [error, size] =
        co_await http::async_write(session->stream, response, asio::as_tuple(asio::use_awaitable));
    co_return error ? Fate::drop : Fate::keep;
}

std::string watch_line(std::string_view type, const JsonObject& object) {
    return to_text(JsonObject{{"type", type}, {"object", object}}) + "\n";
}

// The event of a change as a watch with this selector sees it; empty when it sees none.
std::string visible_event(const FakeCluster::Change& change, const ApiPath& path) {
    const std::string selector = path.query_value("labelSelector");
    if (change.id.resource != path.id.resource) return {};
    if (!path.id.ns.empty() && change.id.ns != path.id.ns) return {};
    const bool now = matches_selector(change.object, selector) && change.type != "DELETED";
    const bool before = change.before && matches_selector(*change.before, selector);
    if (now) return watch_line(before ? "MODIFIED" : "ADDED", change.object);
    return before ? watch_line("DELETED", change.object) : std::string();
}

std::string bookmark(const ApiPath& path, std::uint64_t version, JsonObject annotations = {}) {
    const KindOf kind = kind_of(path.id.resource);
    const JsonObject object{
        {"kind", kind.kind},
        {"apiVersion", kind.api_version},
        {"metadata",
         JsonObject{
             {"resourceVersion", std::to_string(version)}, {"annotations", std::move(annotations)}
         }}
    };
    return watch_line("BOOKMARK", object);
}

// The present state, and the bookmark that says so.
std::string initial_events(const FakeCluster& cluster, const ApiPath& path) {
    std::string text;
    for (const JsonObject& object : cluster.all(path.id.resource)) {
        if (!matches_selector(object, path.query_value("labelSelector"))) continue;
        text += watch_line("ADDED", object);
    }
    const JsonObject end{{"k8s.io/initial-events-end", "true"}};
    return text + bookmark(path, cluster.version(), end);
}

asio::awaitable<Fate> send_chunk(SessionPtr session, std::string text) {
    const auto chunk = http::make_chunk(asio::buffer(text));
    const auto [error, size] =
        co_await asio::async_write(session->stream, chunk, asio::as_tuple(asio::use_awaitable));
    co_return error ? Fate::drop : Fate::keep;
}

asio::awaitable<Fate> send_watch_head(SessionPtr session) {
    http::response<http::empty_body> head;
    head.version(11);
    head.result(http::status::ok);
    head.set(http::field::content_type, "application/json");
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer(head);
    const auto [error, size] = co_await http::async_write_header(
        session->stream, serializer, asio::as_tuple(asio::use_awaitable)
    );
    co_return error ? Fate::drop : Fate::keep;
}

// What is new since `seen`, which moves on.
std::string collect_events(
    FakeApiServer::State& state, Session& session, const ApiPath& path, std::size_t& seen
) {
    std::string text;
    const auto& history = state.cluster.history();
    for (; seen < history.size(); ++seen) text += visible_event(history[seen], path);
    if (session.bookmark_at != 0) text += bookmark(path, std::exchange(session.bookmark_at, 0));
    return text;
}

asio::awaitable<Fate> stream_changes(
    State state, SessionPtr session, ApiPath path, std::uint64_t from
) {
    std::size_t seen = 0;
    while (seen < state->cluster.history().size() && state->cluster.history()[seen].version <= from
    ) {
        ++seen;
    }
    while (session->stream.next_layer().is_open()) {
        std::string text = collect_events(*state, *session, path, seen);
        if (!text.empty()) {
            if (co_await send_chunk(session, std::move(text)) == Fate::drop) co_return Fate::drop;
            continue;
        }
        if (session->ending) break;
        session->wake.expires_at(asio::steady_timer::time_point::max());
        co_await session->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    session->ending = false;
    const auto last = http::make_chunk_last();
    const auto [error, size] =
        co_await asio::async_write(session->stream, last, asio::as_tuple(asio::use_awaitable));
    co_return error ? Fate::drop : Fate::keep;
}

asio::awaitable<Fate> refuse_stream(State state, SessionPtr session, std::size_t record) {
    state->requests[record].status = 422;
    Answer refusal = make_failure(
        422,
        "Invalid",
        "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the "
        "WatchList feature gate is enabled"
    );
    co_return co_await send(session, std::move(refusal));
}

asio::awaitable<Fate> watch(State state, SessionPtr session, ApiPath path, std::size_t record) {
    const bool initial = path.query_value("sendInitialEvents") == "true";
    if (initial && !state->streaming_lists) {
        co_return co_await refuse_stream(state, session, record);
    }
    const std::uint64_t from =
        initial ? state->cluster.version() : std::stoull(path.query_value("resourceVersion"));
    std::string list = initial ? initial_events(state->cluster, path) : std::string();
    const bool gone = from < state->cluster.oldest_version();
    Answer too_old = make_failure(410, "Expired", "too old resource version");
    if (gone && state->gone_style == GoneStyle::http_status) {
        state->requests[record].status = 410;
        co_return co_await send(session, std::move(too_old));
    }
    state->requests[record].status = 200;
    if (co_await send_watch_head(session) == Fate::drop) co_return Fate::drop;
    if (gone) {
        std::string text = watch_line("ERROR", too_old.body.as_object());
        co_await send_chunk(session, std::move(text));
        co_return Fate::drop;
    }
    if (initial && co_await send_chunk(session, std::move(list)) == Fate::drop) {
        co_return Fate::drop;
    }
    session->watched = path.id.resource;
    const Fate fate = co_await stream_changes(state, session, std::move(path), from);
    session->watched.clear();
    co_return fate;
}

asio::awaitable<void> hang(SessionPtr session) {
    session->hung = true;
    while (session->stream.next_layer().is_open()) {
        session->wake.expires_at(asio::steady_timer::time_point::max());
        co_await session->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<Fate> answer(State state, SessionPtr session, HttpRequest request) {
    RecordedRequest record;
    record.method = std::string(request.method_string());
    record.target = std::string(request.target());
    ApiPath path = parse_api_path(record.target);
    record.id = path.id;
    record.subresource = path.subresource;
    record.body = request.body();
    const std::optional<Fault> fault = state->take_fault(record);
    state->requests.push_back(record);
    const std::size_t index = state->requests.size() - 1;
    if (fault && fault->kind == FaultKind::close) co_return Fate::drop;
    if (fault && fault->kind == FaultKind::hang) {
        co_await hang(session);
        co_return Fate::drop;
    }
    if (fault && fault->kind == FaultKind::answer) {
        state->requests[index].status = fault->status;
        Answer refused = make_failure(fault->status, fault->reason, "injected by the test");
        co_return co_await send(session, std::move(refused));
    }
    if (path.query_value("watch") == "true") {
        co_return co_await watch(state, session, std::move(path), index);
    }
    Answer made = carry_out(state->cluster, path, request);
    state->requests[index].status = made.status;
    if (fault) co_return Fate::drop;
    co_return co_await send(session, std::move(made));
}

}  // namespace

asio::awaitable<void> serve(State state, SessionPtr session) {
    const auto [failed] = co_await session->stream.async_handshake(
        asio::ssl::stream_base::server, asio::as_tuple(asio::use_awaitable)
    );
    if (failed) co_return;
    beast::flat_buffer buffer;
    while (true) {
        HttpRequest request;
        const auto [error, size] = co_await http::async_read(
            session->stream, buffer, request, asio::as_tuple(asio::use_awaitable)
        );
        if (error) co_return;
        const Fate fate = co_await answer(state, session, std::move(request));
        if (fate == Fate::drop) break;
    }
    session->drop();
}

}  // namespace lws::controller::testing
