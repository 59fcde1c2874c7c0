// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "pkg/lws/http/executor.hpp"

namespace lws::http {

// Some io_contexts with one thread each. Signals are blocked in these threads, so that they arrive
// at the thread that waits for them.
class WorkerPool {
public:
    explicit WorkerPool(std::size_t threads);
    // Stops and joins.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    [[nodiscard]] std::vector<asio::io_context*> contexts() const;
    void start();
    void stop_and_join();

private:
    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<std::thread> threads_;
};

}  // namespace lws::http
