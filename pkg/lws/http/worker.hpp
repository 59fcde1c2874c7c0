// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>

#include "pkg/lws/http/server_state.hpp"

// Private to this folder.
namespace lws::http {

using Clock = std::chrono::steady_clock;

// A connection as its worker sees it: something with a deadline that can be cut.
class Connection {
public:
    Connection() = default;
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Closes the socket; whoever waits on it goes on with an error.
    virtual void cut() = 0;
    // Gives back what the next request can take anew; called from `rest_at` on.
    virtual void rest() = 0;

    Clock::time_point deadline = Clock::time_point::max();
    Clock::time_point rest_at = Clock::time_point::max();
    bool idle = false;
};

enum class Admission {
    serve,
    refuse,  // over the limit: answer 503
};

// The connections of one io_context and the sweep that holds them to their deadlines: one timer for
// all of them, which costs a request nothing. Used on that context's thread only, except open().
class Worker : public std::enable_shared_from_this<Worker> {
public:
    Worker(asio::io_context& context, std::shared_ptr<ServerState> state);

    void start(Socket socket, Admission admission);
    void cut_idle();
    void cut_all();

    [[nodiscard]] asio::io_context& context() { return context_; }
    [[nodiscard]] ServerState& state() { return *state_; }
    // Connections here, those on their way included. Any thread.
    [[nodiscard]] std::atomic<std::size_t>& open() { return open_; }

    // The Date header's value, made once a second.
    [[nodiscard]] std::string_view date();

    // Registers a connection for its lifetime.
    class Registration {
    public:
        Registration(std::shared_ptr<Worker> worker, Connection& connection);
        ~Registration();
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;

    private:
        std::shared_ptr<Worker> worker_;
        std::list<Connection*>::iterator place_;
    };

private:
    void arm();
    void sweep();

    asio::io_context& context_;
    std::shared_ptr<ServerState> state_;
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer_;
    Clock::duration interval_;
    std::list<Connection*> connections_;
    std::atomic<std::size_t> open_ = 0;
    bool armed_ = false;
    std::time_t date_second_ = 0;
    std::string date_;
};

// Session's entry point: serves the connection to its end.
void start_session(std::shared_ptr<Worker> worker, Socket socket, Admission admission);

}  // namespace lws::http
