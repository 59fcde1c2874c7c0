// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/object_parts.hpp"

#include <string>

namespace lws::rules {
namespace {

api::StringMap read_string_map(json::View object) {
    api::StringMap map;
    for (const auto [key, value] : object.members()) {
        if (const auto text = value.string()) {
            map.insert_or_assign(std::string(key), std::string(*text));
        }
    }
    return map;
}

void write_template_metadata(
    json::Writer& writer, json::View metadata, const TemplateAdditions& additions
) {
    writer.key("metadata").begin_object();
    for (const auto [key, value] : metadata.members()) {
        // Go clients of the past printed `creationTimestamp: null` into templates.
        const bool replaced = key == "labels" || key == "annotations";
        if (!replaced && !value.is_null()) {
            writer.key(key).value(value);
        }
    }
    writer.key("labels");
    write_string_map(writer, merged(read_string_map(metadata["labels"]), additions.labels));
    writer.key("annotations");
    write_string_map(
        writer, merged(read_string_map(metadata["annotations"]), additions.annotations)
    );
    writer.end_object();
}

void write_template_spec(
    json::Writer& writer, json::View spec, const std::optional<TopologyPin>& pin
) {
    writer.key("spec");
    if (!pin) {
        writer.value(spec);
        return;
    }
    writer.begin_object();
    for (const auto [key, value] : spec.members()) {
        if (key != "nodeSelector") {
            writer.key(key).value(value);
        }
    }
    api::StringMap selector = read_string_map(spec["nodeSelector"]);
    selector.insert_or_assign(pin->key, pin->value);
    writer.key("nodeSelector");
    write_string_map(writer, selector);
    writer.end_object();
}

void write_claim_resources(json::Writer& writer, json::View resources) {
    const json::View requests = resources["requests"];
    const json::View limits = resources["limits"];
    if (requests.absent_or_null() && limits.absent_or_null()) {
        return;
    }
    writer.key("resources").begin_object();
    if (!limits.absent_or_null()) {
        writer.member("limits", limits);
    }
    if (!requests.absent_or_null()) {
        writer.member("requests", requests);
    }
    writer.end_object();
}

void write_claim(json::Writer& writer, json::View claim, std::string_view namespace_) {
    writer.begin_object();
    writer.member("apiVersion", "v1").member("kind", "PersistentVolumeClaim");
    writer.key("metadata").begin_object();
    writer.member("name", claim["metadata"]["name"].string_or(""));
    writer.member("namespace", namespace_);
    writer.end_object();
    const json::View spec = claim["spec"];
    writer.key("spec").begin_object();
    if (spec["accessModes"].size() > 0) {
        writer.member("accessModes", spec["accessModes"]);
    }
    write_claim_resources(writer, spec["resources"]);
    for (const std::string_view name : {"storageClassName", "volumeMode"}) {
        if (!spec[name].absent_or_null()) {
            writer.member(name, spec[name]);
        }
    }
    writer.end_object();
    writer.end_object();
}

}  // namespace

api::StringMap merged(const api::StringMap& base, const api::StringMap& over) {
    api::StringMap out = over;
    out.insert(boost::container::ordered_unique_range, base.begin(), base.end());
    return out;
}

void write_string_map(json::Writer& writer, const api::StringMap& map) {
    writer.begin_object();
    for (const auto& [key, value] : map) {
        writer.member(key, value);
    }
    writer.end_object();
}

void write_controller(
    json::Writer& writer, std::string_view api_version, const k8s::Owner& controller
) {
    writer.key("ownerReferences").begin_array().begin_object();
    writer.member("apiVersion", api_version);
    writer.member("kind", controller.kind);
    writer.member("name", controller.name);
    writer.member("uid", controller.uid);
    writer.member("controller", true);
    writer.member("blockOwnerDeletion", true);
    writer.end_object().end_array();
}

void write_pod_template(
    json::Writer& writer, json::View pod_template, const TemplateAdditions& additions
) {
    writer.begin_object();
    write_template_metadata(writer, pod_template["metadata"], additions);
    write_template_spec(writer, pod_template["spec"], additions.pin);
    for (const auto [key, value] : pod_template.members()) {
        if (key != "metadata" && key != "spec") {
            writer.key(key).value(value);
        }
    }
    writer.end_object();
}

void write_volume_claim_templates(
    json::Writer& writer, json::View templates, std::string_view namespace_
) {
    if (templates.size() == 0) {
        return;
    }
    writer.key("volumeClaimTemplates").begin_array();
    for (const json::View claim : templates.items()) {
        write_claim(writer, claim, namespace_);
    }
    writer.end_array();
}

void write_retention_policy(
    json::Writer& writer, const std::optional<api::ClaimRetentionPolicy>& policy
) {
    if (!policy) {
        return;
    }
    writer.key("persistentVolumeClaimRetentionPolicy").begin_object();
    if (!policy->when_deleted.empty()) {
        writer.member("whenDeleted", policy->when_deleted);
    }
    if (!policy->when_scaled.empty()) {
        writer.member("whenScaled", policy->when_scaled);
    }
    writer.end_object();
}

}  // namespace lws::rules
