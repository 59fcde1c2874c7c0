// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/worker_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <csignal>

namespace lws::http {

WorkerPool::WorkerPool(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i) {
        contexts_.push_back(std::make_unique<asio::io_context>(1));
    }
}

WorkerPool::~WorkerPool() {
    stop_and_join();
}

std::vector<asio::io_context*> WorkerPool::contexts() const {
    std::vector<asio::io_context*> result;
    result.reserve(contexts_.size());
    for (const auto& context : contexts_) {
        result.push_back(context.get());
    }
    return result;
}

void WorkerPool::start() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (const auto& context : contexts_) {
        threads_.emplace_back([context = context.get()] {
            const auto work = asio::make_work_guard(*context);
            context->run();
        });
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void WorkerPool::stop_and_join() {
    for (const auto& context : contexts_) {
        context->stop();
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

}  // namespace lws::http
