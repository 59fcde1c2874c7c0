// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificate_directory.hpp"

#include <prometheus/gauge.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "pkg/lws/http/testing/test_server.hpp"

namespace lws::webhook {
namespace {

namespace fs = std::filesystem;

class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "certificates-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const std::string& name, const std::string& text) const {
        // Replaced as a whole, as kubelet does: another inode, so that no clock is needed.
        std::ofstream(path_ / "new") << text;
        fs::rename(path_ / "new", path_ / name);
    }
    void write_pair(const certs::KeyPair& pair) const {
        write("tls.crt", pair.certificate_pem);
        write("tls.key", pair.key_pem);
    }
    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    fs::path path_;
};

struct Fixture {
    Folder folder;
    boost::asio::io_context context;
    http::TlsContextSlot slot;
    prometheus::Gauge expiry;
    ServingCertificate serving{slot, {}, expiry};
    CertificateDirectory directory{context, folder.path(), serving, make_null_logger()};
};

TEST_CASE("a pair in the folder is served as soon as it is there", "[webhook][certificates]") {
    Fixture f;
    f.directory.look();
    CHECK_FALSE(f.serving.present());
    CHECK(f.slot.load() == nullptr);
    f.folder.write_pair(http::testing::make_test_leaf());
    f.directory.look();
    CHECK(f.serving.present());
    CHECK(f.slot.load() != nullptr);
    CHECK(f.expiry.Value() > 1'700'000'000);
}

TEST_CASE("a changed pair is taken, an unchanged one is left alone", "[webhook][certificates]") {
    Fixture f;
    f.folder.write_pair(http::testing::make_test_leaf("one"));
    f.directory.look();
    const auto first = f.slot.load();
    f.directory.look();
    CHECK(f.slot.load() == first);
    f.folder.write_pair(http::testing::make_test_leaf("two"));
    f.directory.look();
    CHECK(f.slot.load() != first);
    CHECK(certs::inspect(f.serving.certificate_pem())->common_name == "two");
}

TEST_CASE(
    "a broken or half-written pair keeps the last good one until it is whole",
    "[webhook][certificates]"
) {
    Fixture f;
    f.folder.write_pair(http::testing::make_test_leaf("one"));
    f.directory.look();
    const auto first = f.slot.load();
    const auto second = http::testing::make_test_leaf("two");
    f.folder.write("tls.crt", second.certificate_pem);
    f.directory.look();
    CHECK(f.slot.load() == first);
    f.folder.write("tls.crt", "garbage");
    f.directory.look();
    CHECK(f.slot.load() == first);
    fs::remove(fs::path(f.folder.path()) / "tls.key");
    f.directory.look();
    CHECK(f.slot.load() == first);
    f.folder.write_pair(second);
    f.directory.look();
    CHECK(f.slot.load() != first);
    CHECK(certs::inspect(f.serving.certificate_pem())->common_name == "two");
}

}  // namespace
}  // namespace lws::webhook
