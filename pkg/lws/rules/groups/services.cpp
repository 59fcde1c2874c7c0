// SPDX-License-Identifier: Apache-2.0
// Source: kubernetes-sigs/lws v0.10, pkg/utils/controller, CreateHeadlessServiceIfNotExists.
#include "pkg/lws/rules/groups/services.hpp"

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/groups/object_parts.hpp"

namespace lws::rules {
namespace {

struct HeadlessService {
    k8s::ObjectKey key;
    std::string_view set_name;
    api::StringMap selector;
    std::string_view owner_api_version;
    k8s::Owner owner;
};

std::string make_body(const HeadlessService& service) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    writer.member("apiVersion", "v1").member("kind", "Service");
    writer.key("metadata").begin_object();
    writer.member("name", service.key.name).member("namespace", service.key.namespace_);
    writer.key("labels").begin_object();
    writer.member(api::kSetNameLabel, service.set_name);
    writer.end_object();
    write_controller(writer, service.owner_api_version, service.owner);
    writer.end_object();
    writer.key("spec").begin_object();
    writer.member("clusterIP", "None");
    writer.key("selector");
    write_string_map(writer, service.selector);
    // Group members find each other before any of them is Ready.
    writer.member("publishNotReadyAddresses", true);
    writer.end_object();
    writer.end_object();
    return body;
}

}  // namespace

std::string make_shared_service(
    std::string_view namespace_, std::string_view set_name, std::string_view set_uid
) {
    return make_body(
        {{std::string(namespace_), std::string(set_name)},
         set_name,
         {{std::string(api::kSetNameLabel), std::string(set_name)}},
         api::kApiVersion,
         {std::string(api::kKind), std::string(set_name), std::string(set_uid)}}
    );
}

std::string make_group_service(
    std::string_view set_name, std::string_view group_index, const k8s::Pod& leader
) {
    return make_body(
        {leader.key,
         set_name,
         {{std::string(api::kSetNameLabel), std::string(set_name)},
          {std::string(api::kGroupIndexLabel), std::string(group_index)}},
         "v1",
         {"Pod", leader.key.name, leader.uid}}
    );
}

}  // namespace lws::rules
