# SPDX-License-Identifier: Apache-2.0
"""The part of the CRD that is LeaderWorkerSet's own: fields, defaults, limits, columns.

Names, types, defaults and limits are those of kubernetes-sigs/lws v0.10.0 (api/leaderworkerset/v1),
so that manifests, clients and stored objects stay valid in both directions.
"""

from template_schema import int_or_string

GROUP = "leaderworkerset.x-k8s.io"
PLURAL = "leaderworkersets"


def _described(schema, description):
    return {**schema, "description": description}


def _number(description, **more):
    return {"description": description, "format": "int32", "type": "integer", **more}


def _choice(description, values, **more):
    return {"description": description, "enum": list(values), "type": "string", **more}


def _record(description, properties, required=()):
    schema = {"description": description, "properties": dict(sorted(properties.items()))}
    if required:
        schema["required"] = list(required)
    schema["type"] = "object"
    return schema


def _sub_group_policy():
    return _record(
        "Divides each group into subgroups of equal size, which can be placed one to a topology "
        "domain. Cannot be added to or removed from an existing set.",
        {
            "subGroupPolicyType": _choice(
                "Whether the leader belongs to the first subgroup (LeaderWorker) or to none "
                "(LeaderExcluded, only the workers are divided).",
                ("LeaderWorker", "LeaderExcluded"),
                default="LeaderWorker",
            ),
            "subGroupSize": _number(
                "Pods in a subgroup. The size of the group, or the size less one, must be a "
                "multiple of it. Cannot be changed."
            ),
        },
    )


def _retention_policy():
    return _record(
        "What happens to the claims made from volumeClaimTemplates, with the meaning of the field "
        "of the same name in a StatefulSet. A restarted group is deleted and made anew.",
        {
            "whenDeleted": {
                "description": "Retain (default) or Delete: the claims when the StatefulSet that "
                "made them is deleted.",
                "type": "string",
            },
            "whenScaled": {
                "description": "Retain (default) or Delete: the claims of pods that are scaled "
                "away.",
                "type": "string",
            },
        },
    )


def _leader_worker_template(pod_template, claim):
    return _record(
        "The pods of one group: what they are, how many, and what is done when one fails. A "
        "change here rolls the groups.",
        {
            "leaderTemplate": _described(
                pod_template,
                "Template of the leader pod. Without it the worker template serves the leader too.",
            ),
            "persistentVolumeClaimRetentionPolicy": _retention_policy(),
            "restartPolicy": _choice(
                "What happens when a pod of a group fails or one of its containers restarts. "
                "RecreateGroupOnPodRestart: the whole group is made anew. "
                "RecreateGroupAfterStart: the same, once all pods of the group have started. "
                "None: only the failed pod, as its StatefulSet does it. Default: old name of None.",
                (
                    "Default",
                    "RecreateGroupOnPodRestart",
                    "RecreateGroupAfterStart",
                    "None",
                ),
                default="RecreateGroupOnPodRestart",
            ),
            "size": _number(
                "Pods in a group, the leader included. At least 1; with 1 there are no workers.",
                default=1,
            ),
            "subGroupPolicy": _sub_group_policy(),
            "volumeClaimTemplates": {
                "description": "Claims that every pod of a group gets for itself, with the meaning "
                "of the field of the same name in a StatefulSet.",
                "items": claim,
                "type": "array",
            },
            "workerTemplate": _described(
                pod_template,
                "Template of the worker pods.",
            ),
        },
        required=("workerTemplate",),
    )


def _rollout_strategy():
    return _record(
        "How groups are replaced when leaderWorkerTemplate or networkConfig changes.",
        {
            "rollingUpdateConfiguration": _record(
                "Pace and extent of a rolling update, counted in groups.",
                {
                    "maxSurge": _described(
                        {**int_or_string(), "default": 0},
                        "Groups that may exist beyond spec.replicas during an update: a number, or "
                        "a percentage of spec.replicas rounded up.",
                    ),
                    "maxUnavailable": _described(
                        {**int_or_string(), "default": 1},
                        "Groups that may be unavailable at once during an update: a number, or a "
                        "percentage of spec.replicas rounded down. Not 0 while maxSurge is 0.",
                    ),
                    "partition": _number(
                        "Groups with a lower index keep the old template; the others are updated, "
                        "from the highest index down.",
                        default=0,
                    ),
                },
            ),
            "type": _choice(
                "Kind of rollout. Only RollingUpdate exists.",
                ("RollingUpdate",),
                default="RollingUpdate",
            ),
        },
        required=("type",),
    )


def _network_config():
    return _record(
        "How the pods of a set find each other by name. A change here rolls the groups.",
        {
            "subdomainPolicy": _choice(
                "Shared: one headless Service for the set. UniquePerReplica: one for each group, "
                "named like its leader pod.",
                ("Shared", "UniquePerReplica"),
            )
        },
        required=("subdomainPolicy",),
    )


def _spec(pod_template, claim):
    return _record(
        "What is wanted.",
        {
            "leaderWorkerTemplate": _leader_worker_template(pod_template, claim),
            "networkConfig": _network_config(),
            "replicas": _number(
                "Groups wanted. A group is one leader pod and size - 1 worker pods.",
                default=1,
                maximum=1000000,
                minimum=0,
            ),
            "rolloutStrategy": _rollout_strategy(),
            "startupPolicy": _choice(
                "When the workers of a group are made: as soon as the leader pod exists "
                "(LeaderCreated), or when it is ready (LeaderReady).",
                ("LeaderCreated", "LeaderReady"),
                default="LeaderCreated",
            ),
        },
        required=("leaderWorkerTemplate",),
    )


def _condition():
    # Limits and patterns of metav1.Condition.
    return _record(
        "One aspect of the state of the set: Available, Progressing or UpdateInProgress.",
        {
            "lastTransitionTime": {
                "description": "When the status of the condition changed last.",
                "format": "date-time",
                "type": "string",
            },
            "message": {
                "description": "The reason in words, for people.",
                "maxLength": 32768,
                "type": "string",
            },
            "observedGeneration": {
                "description": "The metadata.generation that the condition was judged on.",
                "format": "int64",
                "minimum": 0,
                "type": "integer",
            },
            "reason": {
                "description": "The reason in one word, for programs.",
                "maxLength": 1024,
                "minLength": 1,
                "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                "type": "string",
            },
            "status": {
                "description": "Whether the condition holds.",
                "enum": ["True", "False", "Unknown"],
                "type": "string",
            },
            "type": {
                "description": "Name of the condition.",
                "maxLength": 316,
                "pattern": (
                    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
                    r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
                ),
                "type": "string",
            },
        },
        required=("lastTransitionTime", "message", "reason", "status", "type"),
    )


def _status():
    return _record(
        "What was found, written by the controller.",
        {
            "conditions": {
                "description": "Aspects of the state of the set, one entry for each type.",
                "items": _condition(),
                "type": "array",
                "x-kubernetes-list-map-keys": ["type"],
                "x-kubernetes-list-type": "map",
            },
            "hpaPodSelector": {
                "description": "Label selector of the leader pods, for autoscalers: the scale "
                "subresource reports it.",
                "type": "string",
            },
            "observedGeneration": {
                "description": "The metadata.generation that the controller acted on last.",
                "format": "int64",
                "type": "integer",
            },
            "readyReplicas": _number("Groups whose pods are all ready."),
            "replicas": _number("Groups that exist."),
            "updatedReplicas": _number("Groups that have the current template."),
        },
    )


def _root(pod_template, claim):
    return _record(
        "A LeaderWorkerSet runs a number of equal groups of pods. A group has one leader and its "
        "workers, and is started, updated, restarted and scaled as one.",
        {
            "apiVersion": {
                "description": "Version of the API that this object is written in.",
                "type": "string",
            },
            "kind": {"description": "Kind of this object.", "type": "string"},
            "metadata": {"type": "object"},
            "spec": _spec(pod_template, claim),
            "status": _status(),
        },
    )


def _columns():
    return [
        {
            "description": "Groups that are ready",
            "jsonPath": ".status.readyReplicas",
            "name": "Ready",
            "type": "integer",
        },
        {
            "description": "Groups that are wanted",
            "jsonPath": ".spec.replicas",
            "name": "Desired",
            "type": "integer",
        },
        {
            "description": "Groups with the current template",
            "jsonPath": ".status.updatedReplicas",
            "name": "Up-to-date",
            "type": "integer",
        },
        {"jsonPath": ".metadata.creationTimestamp", "name": "Age", "type": "date"},
    ]


def custom_resource_definition(pod_template, claim):
    """The whole CRD, given the schemas of core/v1 PodTemplateSpec and PersistentVolumeClaim."""
    version = {
        "additionalPrinterColumns": _columns(),
        "name": "v1",
        "schema": {"openAPIV3Schema": _root(pod_template, claim)},
        "served": True,
        "storage": True,
        "subresources": {
            "scale": {
                "labelSelectorPath": ".status.hpaPodSelector",
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.replicas",
            },
            "status": {},
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            # Said explicitly: the CRD of kubernetes-sigs/lws as its manifests install it asks for a
            # conversion webhook, which must go when that CRD is taken over.
            "conversion": {"strategy": "None"},
            "group": GROUP,
            "names": {
                "kind": "LeaderWorkerSet",
                "listKind": "LeaderWorkerSetList",
                "plural": PLURAL,
                "shortNames": ["lws"],
                "singular": "leaderworkerset",
            },
            "scope": "Namespaced",
            "versions": [version],
        },
    }
