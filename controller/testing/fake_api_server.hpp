// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/testing/fake_cluster.hpp"
#include "pkg/lws/client/connection_settings.hpp"

namespace lws::controller::testing {

struct RecordedRequest {
    std::string method;
    std::string target;  // path and query as sent
    ObjectId id;         // the name is empty for a collection
    std::string subresource;
    std::string body;
    int status = 0;  // 0 when no answer was given
};

enum class FaultKind {
    answer,       // with `status`, and the request is not carried out
    close,        // the connection, likewise
    hang,         // until drop_hung()
    lose_answer,  // carried out, then the connection is closed
};

// What happens to the next `count` requests of this method (empty: any) whose target contains
// `target_part`.
struct Fault {
    std::string method;
    std::string target_part;
    FaultKind kind = FaultKind::answer;
    int status = 500;
    std::string reason{"InternalError"};
    std::size_t count = 1;
};

enum class GoneStyle { http_status, error_event };

// A FakeCluster behind HTTPS on an ephemeral loopback port, on the executor of the test, so that
// test, server and controller share one thread. The cluster must outlive it.
class FakeApiServer {
public:
    FakeApiServer(boost::asio::any_io_executor executor, FakeCluster& cluster);
    ~FakeApiServer();
    FakeApiServer(const FakeApiServer&) = delete;
    FakeApiServer& operator=(const FakeApiServer&) = delete;

    // On the first call an ephemeral port, later the same again.
    void listen();
    // Connections are refused, and those that are open break.
    void close();
    [[nodiscard]] client::ConnectionSettings settings() const;

    [[nodiscard]] const std::vector<RecordedRequest>& requests() const;
    void forget_requests();
    // `PUT leaderworkersets ml/vllm status`, one for each request that would change an object, in
    // order; events are left out.
    [[nodiscard]] std::vector<std::string> writes() const;
    [[nodiscard]] std::size_t count(std::string_view method, std::string_view target_part) const;

    void add_fault(Fault fault);
    void clear_faults();
    void drop_hung();

    [[nodiscard]] std::size_t open_watches() const;
    // Breaks the connections of the watches of this resource; empty: of all.
    void cut_watches(std::string_view resource = {});
    // Ends them as a server does whose timeoutSeconds are over.
    void end_watches();
    void send_bookmarks();
    void set_gone_style(GoneStyle style);
    // Off: sendInitialEvents is refused with 422, as before Kubernetes 1.34.
    void set_streaming_lists(bool on);

    struct State;  // opaque

private:
    std::shared_ptr<State> state_;
};

}  // namespace lws::controller::testing
