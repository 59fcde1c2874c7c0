# SPDX-License-Identifier: Apache-2.0
"""Turns core/v1 types of an API server's OpenAPI v3 into structural schemas for a CRD.

The shape is that of the schema in the released CRD of kubernetes-sigs/lws v0.10.0, which was made
from the Go types by controller-gen. Another shape (one more default, a kept enum) would change what
the API server stores for the same manifest, and with it the revision of every running set.
"""

import copy

_CORE = "io.k8s.api.core.v1."
_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"

# The format of k8s.io/apimachinery/pkg/api/resource.Quantity.
_QUANTITY_PATTERN = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)

# Defaults of optional fields that the released CRD carries: (type, field).
KEPT_DEFAULTS = frozenset(
    {
        ("AzureDiskVolumeSource", "fsType"),
        ("AzureDiskVolumeSource", "readOnly"),
        ("ConfigMapEnvSource", "name"),
        ("ConfigMapKeySelector", "name"),
        ("ConfigMapProjection", "name"),
        ("ConfigMapVolumeSource", "name"),
        ("ContainerPort", "protocol"),
        ("FileKeySelector", "optional"),
        ("GRPCAction", "service"),
        ("ISCSIVolumeSource", "iscsiInterface"),
        ("LocalObjectReference", "name"),
        ("RBDVolumeSource", "keyring"),
        ("RBDVolumeSource", "pool"),
        ("RBDVolumeSource", "user"),
        ("ScaleIOVolumeSource", "fsType"),
        ("ScaleIOVolumeSource", "storageMode"),
        ("SecretEnvSource", "name"),
        ("SecretKeySelector", "name"),
        ("SecretProjection", "name"),
    }
)

# Defaults of optional fields that the API server has and the released CRD has not.
DROPPED_DEFAULTS = frozenset(
    {
        ("AzureDiskVolumeSource", "cachingMode"),
        ("AzureDiskVolumeSource", "kind"),
    }
)

# Types that the released CRD marks atomic; the API server's OpenAPI leaves the mark out.
ATOMIC_TYPES = frozenset(
    {
        "ConfigMapEnvSource",
        "ConfigMapProjection",
        "ConfigMapVolumeSource",
        "SecretEnvSource",
        "SecretProjection",
    }
)

# Members that mean the same in OpenAPI v3 and in a structural schema.
_CARRIED = (
    "description",
    "format",
    "required",
    "type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
)

# Members that are left out on purpose: validation of enums belongs to the API server that gets the
# pod, and patch strategies belong to client-side strategic merge, which CRDs do not have.
_LEFT_OUT = frozenset(
    {
        "allOf",
        "default",
        "enum",
        "x-kubernetes-group-version-kind",
        "x-kubernetes-patch-merge-key",
        "x-kubernetes-patch-strategy",
        "x-kubernetes-unions",
    }
)

_MAX_DEPTH = 64


class SchemaError(Exception):
    """The OpenAPI document holds something that nobody has decided about yet."""


def _texts():
    return {"type": "string"}


def embedded_metadata():
    """The metadata of a template: the five members that users set, nothing that a server sets."""
    text_map = {"additionalProperties": _texts(), "type": "object"}
    return {
        "description": "Metadata of the objects made from this template.",
        "properties": {
            "annotations": copy.deepcopy(text_map),
            "finalizers": {"items": _texts(), "type": "array"},
            "labels": copy.deepcopy(text_map),
            "name": _texts(),
            "namespace": _texts(),
        },
        "type": "object",
    }


def quantity():
    """An amount with a unit, given as a number or as a text."""
    return {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "pattern": _QUANTITY_PATTERN,
        "x-kubernetes-int-or-string": True,
    }


def int_or_string():
    """A number or a text."""
    return {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "x-kubernetes-int-or-string": True,
    }


_SPECIAL = {
    _OBJECT_META: embedded_metadata,
    _QUANTITY: quantity,
    _INT_OR_STRING: int_or_string,
}


class TemplateSchemas:
    """Converts types of one OpenAPI document (`/openapi/v3/api/v1` of an API server)."""

    def __init__(self, openapi):
        try:
            self._components = openapi["components"]["schemas"]
        except (KeyError, TypeError):
            raise SchemaError("not an OpenAPI v3 document: components.schemas is missing") from None

    def convert(self, kind):
        """The structural schema of a core/v1 type, with every reference resolved."""
        return self._component(_CORE + kind, 0)

    def _component(self, name, depth):
        if depth > _MAX_DEPTH:
            raise SchemaError(f"{name}: types nest deeper than {_MAX_DEPTH}, is one recursive?")
        if name in _SPECIAL:
            return _SPECIAL[name]()
        if name not in self._components:
            raise SchemaError(f"{name}: referenced, but not in the document")
        schema = self._schema(self._components[name], name, depth)
        short = name.removeprefix(_CORE)
        if short in ATOMIC_TYPES:
            schema["x-kubernetes-map-type"] = "atomic"
        return dict(sorted(schema.items()))

    def _schema(self, node, owner, depth):
        target = _reference(node, owner)
        if target is not None:
            return self._referred(node, target, depth)
        unknown = set(node) - set(_CARRIED) - _LEFT_OUT
        unknown -= {"properties", "items", "additionalProperties"}
        if unknown:
            raise SchemaError(f"{owner}: no decision about {', '.join(sorted(unknown))}")
        result = {key: copy.deepcopy(node[key]) for key in _CARRIED if key in node}
        if "required" in result:
            result["required"].sort()
        if "properties" in node:
            result["properties"] = {
                field: self._field(node, field, owner, depth)
                for field in sorted(node["properties"])
            }
        for container in ("items", "additionalProperties"):
            if container in node:
                result[container] = self._schema(node[container], owner, depth)
        return dict(sorted(result.items()))

    def _referred(self, node, target, depth):
        """A reference, with the text beside it in place of the type's own."""
        result = self._component(target, depth + 1)
        if "description" in node:
            result["description"] = node["description"]
        for key in _CARRIED:
            if key.startswith("x-kubernetes-") and key in node:
                result[key] = copy.deepcopy(node[key])
        return dict(sorted(result.items()))

    def _field(self, parent, field, owner, depth):
        node = parent["properties"][field]
        result = self._schema(node, owner, depth)
        if self._keeps_default(parent, field, owner):
            result["default"] = copy.deepcopy(node["default"])
        return dict(sorted(result.items()))

    @staticmethod
    def _keeps_default(parent, field, owner):
        # Defaults of required fields and of whole objects are zero values that Go prints, not
        # defaults that the API applies.
        node = parent["properties"][field]
        default = node.get("default", {})
        if default == {} or field in parent.get("required", ()):
            return False
        name = (owner.removeprefix(_CORE), field)
        if name in KEPT_DEFAULTS:
            return True
        if name in DROPPED_DEFAULTS:
            return False
        raise SchemaError(f"{owner}.{field}: no decision about its default {default!r}")


def _reference(node, owner):
    """The name of the type that this node refers to, or None."""
    if "$ref" in node:
        return node["$ref"].rsplit("/", 1)[-1]
    parts = node.get("allOf")
    if parts is None:
        return None
    if len(parts) == 1 and "$ref" in parts[0]:
        return parts[0]["$ref"].rsplit("/", 1)[-1]
    raise SchemaError(f"{owner}: allOf with something other than one reference")
