// SPDX-License-Identifier: Apache-2.0
// The floor under the webhook's cost: our listener, and behind it nothing but a parse in place and
// a constant answer. What the webhook takes more is the price of its decisions.
#include <rapidjson/document.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "pkg/lws/http/openssl_memory.hpp"
#include "pkg/lws/http/server.hpp"
#include "pkg/lws/http/worker_pool.hpp"

namespace {

namespace asio = boost::asio;
namespace http = lws::http;

constexpr std::string_view kAnswer =
    R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":)"
    R"({"uid":"00000000-0000-0000-0000-000000000000","allowed":true}})";
constexpr std::size_t kMaxBody = std::size_t{7} * 1024 * 1024;
constexpr std::size_t kArena = std::size_t{128} * 1024;

using Value = rapidjson::GenericValue<rapidjson::UTF8<>>;
using Arena = rapidjson::MemoryPoolAllocator<>;
using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, Arena, Arena>;

void answer(http::Request& request, http::Response& response) {
    // Values and the parser's stack live in memory that each thread keeps.
    thread_local std::array<char, kArena> values;
    thread_local std::array<char, kArena / 4> stack;
    Arena value_arena(values.data(), values.size());
    Arena stack_arena(stack.data(), stack.size());
    Document document(&value_arena, stack.size() / 2, &stack_arena);
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseInsituFlag;
    document.ParseInsitu<kFlags>(request.body.data());
    response.status = document.HasParseError() ? 400 : 200;
    response.content_type = "application/json";
    response.body = kAnswer;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Arguments {
    std::uint16_t port = 0;
    std::size_t threads = std::thread::hardware_concurrency();
    std::size_t connections = 2000;
    std::string certificates;
};

int serve(const Arguments& arguments) {
    const lws::Logger logger =
        lws::make_logger("floor", lws::LogFormat::console, spdlog::level::warn);
    http::TlsContextSlot slot;
    auto context = http::make_server_context(
        read_file(arguments.certificates + "/tls.crt"),
        read_file(arguments.certificates + "/tls.key"),
        {}
    );
    if (context.has_error()) {
        std::fprintf(stderr, "floor: %s\n", context.error().message.c_str());
        return 2;
    }
    slot.store(std::move(context).value());

    http::Router router;
    for (const char* const path :
         {"/mutate--v1-pod",
          "/validate--v1-pod",
          "/mutate-leaderworkerset-x-k8s-io-v1-leaderworkerset",
          "/validate-leaderworkerset-x-k8s-io-v1-leaderworkerset"}) {
        router.add({path, http::Method::post, kMaxBody, answer});
    }
    http::WorkerPool pool(arguments.threads);
    asio::io_context control(1);
    http::ServerOptions options;
    options.name = "floor";
    options.limits.connections = arguments.connections;
    http::Server server(control, pool.contexts(), options, router, logger);
    server.use_tls(slot);
    if (const auto listening = server.listen({"127.0.0.1", arguments.port});
        listening.has_error()) {
        std::fprintf(stderr, "floor: %s\n", listening.error().message.c_str());
        return 1;
    }
    asio::signal_set signals(control, SIGTERM, SIGINT);
    signals.async_wait([&](const boost::system::error_code&, int) { control.stop(); });
    pool.start();
    std::printf("%u\n", server.port());
    std::fflush(stdout);
    control.run();
    pool.stop_and_join();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    static_cast<void>(http::keep_openssl_blocks());
    CLI::App app("Parses reviews and allows them all; prints the port that it listens on.");
    Arguments arguments;
    app.add_option("--port", arguments.port, "0: any free one");
    app.add_option("--threads", arguments.threads)->check(CLI::Range(1, 64));
    app.add_option("--connections", arguments.connections, "the most at one time");
    app.add_option("--certificates", arguments.certificates, "folder of tls.crt and tls.key")
        ->required();
    CLI11_PARSE(app, argc, argv);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return serve(arguments);
}
