// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/tls_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <thread>
#include <tuple>

#include "pkg/lws/http/testing/raw_tls_client.hpp"
#include "pkg/lws/http/testing/test_server.hpp"

namespace lws::http {
namespace {

using namespace testing;
using boost::system::error_code;

constexpr auto kResult = asio::as_tuple(kUseAwaitable);

using Transfer = std::tuple<error_code, std::size_t>;

// What a session does: attempts until it is not told to wait.
template <class Attempt>
Awaitable<error_code> complete(TlsStream& stream, Attempt attempt) {
    error_code error = attempt();
    while (error == asio::error::would_block) {
        const auto [broken] = co_await stream.socket().async_wait(stream.wanted(), kResult);
        error = broken ? broken : attempt();
    }
    co_return error;
}

Awaitable<Transfer> read_some(TlsStream& stream, asio::mutable_buffer buffer) {
    std::size_t size = 0;
    const auto attempt = [&] {
        error_code error;
        size = stream.read_now(buffer, error);
        return error;
    };
    const error_code error = co_await complete(stream, attempt);
    co_return Transfer(error, size);
}

Awaitable<Transfer> read_all(TlsStream& stream, asio::mutable_buffer buffer) {
    std::size_t total = 0;
    error_code error;
    while (!error && total < buffer.size()) {
        const auto [failure, size] = co_await read_some(stream, buffer + total);
        total += size;
        error = failure;
    }
    co_return Transfer(error, total);
}

Awaitable<Transfer> write_all(TlsStream& stream, asio::const_buffer buffer) {
    std::size_t total = 0;
    const auto attempt = [&] {
        error_code error;
        total += stream.write_now(buffer + total, error);
        // A part is a success: the next attempt says what to wait for.
        return !error && total < buffer.size() ? asio::error::would_block : error;
    };
    const error_code error = co_await complete(stream, attempt);
    co_return Transfer(error, total);
}

// What the server's end of a connection came to.
struct Outcome {
    error_code handshake;
    error_code error;
    error_code shutdown;
    std::size_t size = 0;
    std::string text;
    int renegotiations = 0;
};

// One connection: its server's end runs `script` on a thread of its own after the handshake.
class Peer {
public:
    using Script = std::function<Awaitable<void>(TlsStream&, Outcome&)>;

    explicit Peer(Script script) : script_(std::move(script)) {
        const auto leaf = make_test_leaf();
        tls_ = make_server_context(leaf.certificate_pem, leaf.key_pem, {}).value();
        thread_ = std::thread([this] {
            asio::co_spawn(context_.get_executor(), run(*this), [](const std::exception_ptr& e) {
                if (e) {
                    std::rethrow_exception(e);
                }
            });
            context_.run();
        });
    }
    ~Peer() { static_cast<void>(outcome()); }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    // Waits for the script's end.
    const Outcome& outcome() {
        if (thread_.joinable()) {
            thread_.join();
        }
        return outcome_;
    }
    // On the server's thread.
    void post(std::function<void()> what) { asio::post(context_, std::move(what)); }

private:
    static Awaitable<void> run(Peer& self) {
        auto [error, socket] = co_await self.acceptor_.async_accept(kResult);
        TlsStream stream(std::move(socket), *self.tls_);
        const auto attempt = [&stream = stream] { return stream.handshake_now(); };
        self.outcome_.handshake = co_await complete(stream, attempt);
        if (!self.outcome_.handshake) {
            co_await self.script_(stream, self.outcome_);
        }
    }

    Script script_;
    TlsContext tls_;
    asio::io_context context_{1};
    Acceptor acceptor_{
        context_.get_executor(), asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)
    };
    std::uint16_t port_ = acceptor_.local_endpoint().port();
    Outcome outcome_;
    std::thread thread_;
};

Awaitable<void> read_to_end(TlsStream& stream, Outcome& outcome) {
    std::array<char, 4096> block{};
    while (!outcome.error) {
        const auto [error, size] = co_await read_some(stream, asio::buffer(block));
        outcome.text.append(block.data(), size);
        outcome.error = error;
    }
}

Awaitable<void> echo_until_end(TlsStream& stream, Outcome& outcome) {
    std::array<char, 1000> block{};
    while (!outcome.error) {
        const auto [error, size] = co_await read_some(stream, asio::buffer(block));
        outcome.error = error;
        outcome.size += size;
        const auto [broken, sent] = co_await write_all(stream, asio::buffer(block.data(), size));
        outcome.error = outcome.error ? outcome.error : broken;
    }
}

TEST_CASE("bytes go both ways in TLS 1.2 and 1.3, whatever their number", "[http][tls]") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    Peer peer(echo_until_end);
    RawTlsClient client(peer.port(), version);
    REQUIRE(client.connected());
    std::size_t total = 0;
    for (const std::size_t size : {1, 999, 1000, 1001, 16'383, 16'384, 16'385, 100'000}) {
        std::string text(size, '\0');
        for (std::size_t i = 0; i < size; ++i) {
            text[i] = static_cast<char>(i * 31 + size);
        }
        REQUIRE(client.send(text));
        REQUIRE(client.receive(size) == text);
        total += size;
    }
    client.say_goodbye();
    CHECK(peer.outcome().error == asio::error::eof);
    CHECK(peer.outcome().size == total);
}

TEST_CASE("several records arrive in one read where they are there", "[http][tls]") {
    std::promise<void> sent;
    Peer peer([ready = sent.get_future().share()](TlsStream& stream, Outcome& outcome) {
        ready.wait();
        return read_to_end(stream, outcome);
    });
    RawTlsClient client(peer.port());
    std::string all;
    for (int i = 0; i < 200; ++i) {
        const std::string text(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
        REQUIRE((text.empty() || client.send(text)));
        all += text;
    }
    sent.set_value();
    client.say_goodbye();
    CHECK(peer.outcome().error == asio::error::eof);
    CHECK(peer.outcome().text == all);
}

TEST_CASE("a large answer waits for who reads slowly, and arrives whole", "[http][tls]") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    std::string large(std::size_t{8} << 20, '\0');
    for (std::size_t i = 0; i < large.size(); ++i) {
        large[i] = static_cast<char>(i ^ (i >> 9));
    }
    struct Writer {
        static Awaitable<void> write(TlsStream& stream, Outcome& outcome, const std::string& text) {
            error_code part;
            // Fills the socket's buffer, so that the rest must wait.
            const std::size_t begun = stream.write_now(asio::buffer(text), part);
            outcome.size = begun;
            const auto [error, size] = co_await write_all(stream, asio::buffer(text) + begun);
            outcome.error = error;
            const auto attempt = [&stream] { return stream.say_goodbye_now(); };
            outcome.shutdown = co_await complete(stream, attempt);
        }
    };
    Peer peer([&large](TlsStream& stream, Outcome& outcome) {
        return Writer::write(stream, outcome, large);
    });
    RawTlsClient client(peer.port(), version);
    std::string received;
    while (received.size() < large.size()) {
        const std::string part =
            client.receive(std::min<std::size_t>(large.size() - received.size(), 50'000));
        REQUIRE_FALSE(part.empty());
        received += part;
    }
    client.say_goodbye();
    CHECK(received == large);
    CHECK_FALSE(peer.outcome().error);
    CHECK_FALSE(peer.outcome().shutdown);
    CHECK(peer.outcome().size > 0);
    CHECK(peer.outcome().size < large.size());
}

TEST_CASE("both sides say goodbye", "[http][tls]") {
    struct Leaver {
        static Awaitable<void> leave(TlsStream& stream, Outcome& outcome) {
            const auto attempt = [&stream] { return stream.say_goodbye_now(); };
            outcome.shutdown = co_await complete(stream, attempt);
        }
    };
    Peer peer(&Leaver::leave);
    RawTlsClient client(peer.port());
    CHECK(client.receive(1).empty());
    CHECK(SSL_get_shutdown(client.native_handle()) == SSL_RECEIVED_SHUTDOWN);
    client.say_goodbye();
    CHECK_FALSE(peer.outcome().shutdown);
}

TEST_CASE("who said goodbye still gets an answer", "[http][tls]") {
    struct Answerer {
        static Awaitable<void> answer(TlsStream& stream, Outcome& outcome) {
            co_await read_to_end(stream, outcome);
            const std::string text = "you said " + outcome.text;
            const auto [error, size] = co_await write_all(stream, asio::buffer(text));
            outcome.shutdown = error;
        }
    };
    Peer peer(&Answerer::answer);
    RawTlsClient client(peer.port());
    client.send("hello");
    client.say_goodbye();
    CHECK(client.receive(14) == "you said hello");
    CHECK(peer.outcome().error == asio::error::eof);
    CHECK_FALSE(peer.outcome().shutdown);
}

TEST_CASE("who goes without a word is told from who says goodbye", "[http][tls]") {
    Peer peer(read_to_end);
    RawTlsClient client(peer.port());
    client.send("hello");
    client.hang_up();
    CHECK(peer.outcome().error == asio::ssl::error::stream_truncated);
    CHECK(peer.outcome().text == "hello");
}

TEST_CASE("a reset ends a read, and a write raises no signal", "[http][tls]") {
    struct Writer {
        static Awaitable<void> write(TlsStream& stream, Outcome& outcome) {
            co_await read_to_end(stream, outcome);
            error_code error;
            for (int i = 0; i < 3; ++i) {
                stream.write_now(asio::buffer("more", 4), error);
            }
            outcome.shutdown = error;
        }
    };
    Peer peer(&Writer::write);
    RawTlsClient client(peer.port());
    client.hang_up(true);
    CHECK(peer.outcome().error == asio::error::connection_reset);
    CHECK(peer.outcome().shutdown);
}

TEST_CASE("bytes that are no TLS end handshake or connection with TLS's error", "[http][tls]") {
    SECTION("instead of the handshake") {
        Peer peer(read_to_end);
        asio::io_context context;
        auto socket = connect_raw(context, peer.port());
        asio::write(socket, asio::buffer(std::string_view("GET / HTTP/1.1\r\n\r\n")));
        CHECK(peer.outcome().handshake.category() == asio::error::get_ssl_category());
    }
    SECTION("a peer that goes during the handshake") {
        Peer peer(read_to_end);
        asio::io_context context;
        auto socket = connect_raw(context, peer.port());
        // A record of 512 bytes of which five come.
        asio::write(socket, asio::buffer("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03", 10));
        socket.close();
        CHECK(peer.outcome().handshake == asio::ssl::error::stream_truncated);
    }
    SECTION("after it") {
        Peer peer(read_to_end);
        RawTlsClient client(peer.port());
        client.send("hello");
        client.send_raw(std::string_view("\x17\x03\x03\x00\x20 these are not encrypted bytes!!", 37)
        );
        CHECK(peer.outcome().error.category() == asio::error::get_ssl_category());
        CHECK(peer.outcome().text == "hello");
        // The alert that says so.
        CHECK(client.receive(1).empty());
    }
}

TEST_CASE("a renegotiation is refused", "[http][tls]") {
    struct Reader {
        static Awaitable<void> read(TlsStream& stream, Outcome& outcome) {
            co_await read_to_end(stream, outcome);
            outcome.renegotiations =
                static_cast<int>(SSL_total_renegotiations(stream.native_handle()));
        }
    };
    Peer peer(&Reader::read);
    RawTlsClient client(peer.port(), TLS1_2_VERSION);
    client.send("hello");
    CHECK(SSL_renegotiate(client.native_handle()) == 1);
    CHECK(SSL_do_handshake(client.native_handle()) != 1);
    client.hang_up();
    CHECK(peer.outcome().renegotiations == 0);
    CHECK(peer.outcome().text == "hello");
    CHECK(peer.outcome().error);
}

TEST_CASE("keys may change in TLS 1.3, and ours change with them", "[http][tls]") {
    Peer peer(echo_until_end);
    RawTlsClient client(peer.port());
    for (int i = 0; i < 3; ++i) {
        REQUIRE(SSL_key_update(client.native_handle(), SSL_KEY_UPDATE_REQUESTED) == 1);
        REQUIRE(client.send("hello"));
        REQUIRE(client.receive(5) == "hello");
    }
    client.say_goodbye();
    CHECK(peer.outcome().error == asio::error::eof);
}

TEST_CASE("closing the socket ends what waits on it, and what comes after", "[http][tls]") {
    std::promise<TlsStream*> waiting;
    struct Reader {
        static Awaitable<void> read(TlsStream& stream, Outcome& outcome) {
            co_await read_to_end(stream, outcome);
            error_code error;
            stream.write_now(asio::buffer("late", 4), error);
            outcome.shutdown = error;
        }
    };
    Peer peer([&waiting](TlsStream& stream, Outcome& outcome) {
        waiting.set_value(&stream);
        return Reader::read(stream, outcome);
    });
    RawTlsClient client(peer.port());
    TlsStream& stream = *waiting.get_future().get();
    peer.post([&stream] { stream.socket().close(); });
    CHECK(peer.outcome().error == asio::error::operation_aborted);
    // Never into whatever has the descriptor by now.
    CHECK(peer.outcome().shutdown == asio::error::bad_descriptor);
}

TEST_CASE(
    "nothing there is `would_block`, and buffers can be given back meanwhile", "[http][tls]"
) {
    struct Script {
        static Awaitable<void> run(TlsStream& stream, Outcome& outcome) {
            std::array<char, 3> block{};
            for (int i = 0; i < 2; ++i) {
                error_code error;
                const std::size_t none = stream.read_now(asio::buffer(block), error);
                outcome.size += none;
                outcome.shutdown = error;
                stream.release_buffers();
                error_code asked;
                stream.write_now(asio::buffer("?", 1), asked);
                const auto [failed, size] = co_await read_some(stream, asio::buffer(block));
                outcome.text.append(block.data(), size);
                // More is there than was asked for: it stays, and so do the buffers.
                outcome.text += stream.has_pending() ? '+' : '-';
                stream.release_buffers();
                const auto [broken, rest] =
                    co_await read_all(stream, asio::buffer(block.data(), 2));
                outcome.text.append(block.data(), rest);
                outcome.text += stream.has_pending() ? '+' : '-';
            }
        }
    };
    Peer peer(&Script::run);
    RawTlsClient client(peer.port());
    for (int i = 0; i < 2; ++i) {
        REQUIRE(client.receive(1) == "?");
        REQUIRE(client.send("hello"));
    }
    CHECK(peer.outcome().shutdown == asio::error::would_block);
    CHECK(peer.outcome().size == 0);
    CHECK(peer.outcome().text == "hel+lo-hel+lo-");
}

TEST_CASE("an empty buffer is done at once", "[http][tls]") {
    struct Script {
        static Awaitable<void> run(TlsStream& stream, Outcome& outcome) {
            const asio::mutable_buffer nothing;
            const auto [read, got] = co_await read_some(stream, nothing);
            const auto [write, sent] = co_await write_all(stream, nothing);
            outcome.error = read ? read : write;
            outcome.size = got + sent;
        }
    };
    Peer peer(&Script::run);
    RawTlsClient client(peer.port());
    CHECK_FALSE(peer.outcome().error);
    CHECK(peer.outcome().size == 0);
}

}  // namespace
}  // namespace lws::http
