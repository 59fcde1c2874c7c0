// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificate_keeper.hpp"

#include <prometheus/gauge.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "pkg/lws/json/writer.hpp"

namespace lws::webhook {
namespace {

namespace asio = boost::asio;
using certs::CertificateData;

const std::string kSecretName = "lws-webhook-server-cert";

// An API server in memory with its rules on names and versions, and faults to order.
class FakeObjects final : public ApiObjects {
public:
    std::optional<std::string> secret;  // `data` member as JSON, without its braces' owner
    std::string secret_uid = "1";
    int version = 1;
    std::map<WebhookConfigurationKind, std::string> bundles{
        {WebhookConfigurationKind::mutating, ""}, {WebhookConfigurationKind::validating, ""}
    };
    std::function<void()> before_write;  // called once, between a read and the write that follows
    std::optional<Error> outage;
    int secret_writes = 0;
    int patches = 0;

    Answer<json::Document> read_secret() override {
        if (outage) {
            co_return *outage;
        }
        if (!secret) {
            co_return Error(ErrorCode::not_found, "no such Secret");
        }
        co_return stored();
    }

    Answer<json::Document> create_secret(std::string body) override {
        race();
        if (outage) {
            co_return *outage;
        }
        if (secret) {
            co_return Error(ErrorCode::already_exists, "there is one");
        }
        ++secret_writes;
        store(json::parse(body)->root()["data"]);
        co_return stored();
    }

    Answer<json::Document> replace_secret(std::string body) override {
        race();
        const auto document = json::parse(body);
        const auto root = document->root();
        if (!secret) {
            co_return Error(ErrorCode::not_found, "no such Secret");
        }
        if (root["metadata"]["resourceVersion"].string() != std::to_string(version)) {
            co_return Error(ErrorCode::conflict, "changed");
        }
        ++secret_writes;
        store(root["data"]);
        co_return stored();
    }

    Answer<json::Document> read_configuration(WebhookConfigurationKind kind) override {
        const auto found = bundles.find(kind);
        if (found == bundles.end()) {
            co_return Error(ErrorCode::not_found, "no such configuration");
        }
        co_return json::parse(
            R"({"metadata":{"resourceVersion":"1"},"webhooks":[{"clientConfig":{"caBundle":")" +
            found->second + R"("}}]})"
        );
    }

    Answer<json::Document> patch_configuration(
        WebhookConfigurationKind kind, std::string json_patch
    ) override {
        const auto patch = json::parse(json_patch);
        const auto operation = patch->root().at(1);
        CHECK(operation["path"].string() == "/webhooks/0/clientConfig/caBundle");
        bundles[kind] = operation["value"].string_or("");
        ++patches;
        co_return json::parse("{}");
    }

    [[nodiscard]] CertificateData data() const { return certs::read_secret(stored()->root()); }
    void store_data(const CertificateData& data) {
        store(json::parse(certs::make_secret("ns", kSecretName, data))->root()["data"]);
    }

private:
    void race() {
        if (before_write) {
            std::exchange(before_write, nullptr)();
        }
    }
    void store(json::View data) {
        secret = json::to_text(data);
        ++version;
    }
    [[nodiscard]] Result<json::Document> stored() const {
        return json::parse(
            R"({"kind":"Secret","metadata":{"resourceVersion":")" + std::to_string(version) +
            R"("},"data":)" + secret.value_or("{}") + "}"
        );
    }
};

struct Replica {
    explicit Replica(FakeObjects& objects)
        : keeper(std::make_shared<CertificateKeeper>(
              context, objects, serving, options(), make_null_logger()
          )) {}

    static KeeperOptions options() {
        KeeperOptions result;
        result.policy.service_name = "lws-webhook-service";
        result.policy.service_namespace = "lws-system";
        result.secret_name = kSecretName;
        return result;
    }

    CertificateKeeper::Look look() {
        std::optional<CertificateKeeper::Look> seen;
        asio::co_spawn(
            context,
            keeper->look(),
            [&seen](const std::exception_ptr& failure, CertificateKeeper::Look look) {
                if (!failure) {
                    seen = look;
                }
            }
        );
        context.restart();
        context.run();
        REQUIRE(seen.has_value());
        return *seen;
    }

    asio::io_context context;
    http::TlsContextSlot slot;
    prometheus::Gauge expiry;
    ServingCertificate serving{slot, {}, expiry};
    std::shared_ptr<CertificateKeeper> keeper;
};

TEST_CASE("from nothing the Secret is made, served and trusted", "[webhook][certificates]") {
    FakeObjects objects;
    Replica replica(objects);
    CHECK_FALSE(replica.keeper->ready());
    const auto look = replica.look();
    CHECK(look.good);
    CHECK(look.repaired);
    CHECK(replica.keeper->ready());
    CHECK(replica.serving.certificate_pem() == objects.data().certificate);
    const std::string bundle = certs::encode_base64(objects.data().ca_certificate);
    CHECK(objects.bundles[WebhookConfigurationKind::mutating] == bundle);
    CHECK(objects.bundles[WebhookConfigurationKind::validating] == bundle);
    CHECK(certs::verify_server(
              replica.serving.certificate_pem(),
              objects.data().ca_certificate,
              "lws-webhook-service.lws-system.svc",
              std::chrono::system_clock::now()
    )
              .has_value());
}

TEST_CASE("when all is well nothing is written", "[webhook][certificates]") {
    FakeObjects objects;
    Replica replica(objects);
    replica.look();
    const int writes = objects.secret_writes;
    const int patches = objects.patches;
    const auto look = replica.look();
    CHECK(look.good);
    CHECK_FALSE(look.repaired);
    CHECK(objects.secret_writes == writes);
    CHECK(objects.patches == patches);
}

TEST_CASE("a Secret that the peer's manifests made empty is filled", "[webhook][certificates]") {
    FakeObjects objects;
    objects.secret = "{}";
    Replica replica(objects);
    CHECK(replica.look().good);
    CHECK(replica.serving.certificate_pem() == objects.data().certificate);
}

TEST_CASE(
    "of two replicas that create at once the loser serves what the winner made",
    "[webhook][certificates]"
) {
    const bool empty = GENERATE(false, true);
    FakeObjects objects;
    if (empty) {
        objects.secret = "{}";
    }
    Replica winner(objects);
    Replica loser(objects);
    objects.before_write = [&] { winner.look(); };
    CHECK(loser.look().good);
    CHECK(objects.secret_writes == 1);
    CHECK(loser.serving.certificate_pem() == winner.serving.certificate_pem());
    CHECK(loser.keeper->ready());
    CHECK(objects.patches == 2);
}

TEST_CASE("a second replica takes over what it finds", "[webhook][certificates]") {
    FakeObjects objects;
    Replica first(objects);
    first.look();
    Replica second(objects);
    CHECK(second.look().good);
    CHECK(objects.secret_writes == 1);
    CHECK(second.serving.certificate_pem() == first.serving.certificate_pem());
}

TEST_CASE("a deleted or emptied Secret is put back from memory", "[webhook][certificates]") {
    const bool deleted = GENERATE(false, true);
    FakeObjects objects;
    Replica replica(objects);
    replica.look();
    const CertificateData before = objects.data();
    if (deleted) {
        objects.secret.reset();
    } else {
        objects.secret = "{}";
    }
    CHECK(replica.look().good);
    CHECK(objects.data() == before);
}

TEST_CASE(
    "a Secret renewed by another replica is served without a restart", "[webhook][certificates]"
) {
    FakeObjects objects;
    Replica replica(objects);
    replica.look();
    const auto policy = Replica::options().policy;
    const auto renewed = certs::apply_plan(
        {certs::CertificateAction::renew_leaf, ""},
        objects.data(),
        policy,
        std::chrono::system_clock::now()
    );
    objects.store_data(renewed.value());
    CHECK(replica.look().good);
    CHECK(replica.serving.certificate_pem() == renewed->certificate);
}

TEST_CASE("a bundle that someone reverted is put right", "[webhook][certificates]") {
    FakeObjects objects;
    Replica replica(objects);
    replica.look();
    const std::string bundle = objects.bundles[WebhookConfigurationKind::mutating];
    objects.bundles[WebhookConfigurationKind::mutating] = "Cg==";
    CHECK(replica.look().repaired);
    CHECK(objects.bundles[WebhookConfigurationKind::mutating] == bundle);
    CHECK(objects.patches == 3);
}

TEST_CASE(
    "without the configurations it serves and is not ready, then becomes so",
    "[webhook][certificates]"
) {
    FakeObjects objects;
    objects.bundles.erase(WebhookConfigurationKind::validating);
    Replica replica(objects);
    CHECK_FALSE(replica.look().good);
    CHECK(replica.serving.present());
    CHECK_FALSE(replica.keeper->ready());
    objects.bundles[WebhookConfigurationKind::validating] = "";
    CHECK(replica.look().good);
    CHECK(replica.keeper->ready());
}

TEST_CASE("with the API server out of reach the last answer stands", "[webhook][certificates]") {
    FakeObjects objects;
    Replica replica(objects);
    objects.outage = Error(ErrorCode::unavailable, "connection refused");
    CHECK_FALSE(replica.look().good);
    CHECK_FALSE(replica.keeper->ready());
    objects.outage.reset();
    CHECK(replica.look().good);
    objects.outage = Error(ErrorCode::unavailable, "connection refused");
    CHECK_FALSE(replica.look().good);
    CHECK(replica.keeper->ready());
    CHECK(replica.serving.present());
}

TEST_CASE("a refusal is an error and not a race", "[webhook][certificates]") {
    FakeObjects objects;
    objects.outage = Error(ErrorCode::forbidden, "secrets is forbidden");
    Replica replica(objects);
    CHECK_FALSE(replica.look().good);
    CHECK(objects.secret_writes == 0);
}

TEST_CASE("the keeper looks until it is stopped", "[webhook][certificates]") {
    FakeObjects objects;
    Replica replica(objects);
    bool ended = false;
    asio::co_spawn(
        replica.context,
        CertificateKeeper::run(replica.keeper),
        [&ended](const std::exception_ptr& failure) { ended = !failure; }
    );
    replica.context.restart();
    while (!replica.keeper->ready()) {
        REQUIRE(replica.context.run_one() > 0);
    }
    CHECK_FALSE(ended);
    replica.keeper->stop();
    replica.context.run();
    CHECK(ended);
}

}  // namespace
}  // namespace lws::webhook
