# SPDX-License-Identifier: Apache-2.0
"""The generator on small documents, and the shape of the checked-in CRD."""

import pathlib
import sys

import pytest
import yaml

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))

import generate  # noqa: E402
import template_schema  # noqa: E402
from yaml_printer import to_yaml  # noqa: E402

_CORE = "io.k8s.api.core.v1."
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


def _reference(name, **more):
    return {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "default": {}, **more}


def _document(**types):
    named = {_CORE + kind: {"type": "object", **schema} for kind, schema in types.items()}
    named[_META] = {"type": "object", "properties": {"uid": {"type": "string"}}}
    named[_QUANTITY] = {"oneOf": [{"type": "string"}, {"type": "number"}]}
    return {"components": {"schemas": named}}


def _convert(**types):
    return template_schema.TemplateSchemas(_document(**types)).convert(next(iter(types)))


@pytest.fixture(scope="module", name="crd")
def _crd():
    text = generate._OUTPUT.read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@pytest.fixture(scope="module", name="version")
def _version(crd):
    return crd["spec"]["versions"][0]


@pytest.fixture(scope="module", name="templates")
def _templates(version):
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return spec["properties"]["leaderWorkerTemplate"]["properties"]


def _walk(schema, path=()):
    """Every schema below this one, with its path of field names."""
    yield path, schema
    for name, member in schema.get("properties", {}).items():
        yield from _walk(member, path + (name,))
    for container in ("items", "additionalProperties"):
        if isinstance(schema.get(container), dict):
            yield from _walk(schema[container], path + ("*",))


def _inside_templates(templates):
    for name in ("leaderTemplate", "workerTemplate", "volumeClaimTemplates"):
        yield from _walk(templates[name], (name,))


def test_a_reference_is_resolved_and_keeps_the_text_beside_it():
    schema = _convert(
        Outer={"properties": {"inner": _reference(_CORE + "Inner", description="here")}},
        Inner={"description": "there", "properties": {"a": {"type": "string"}}},
    )
    inner = schema["properties"]["inner"]
    assert inner["description"] == "here"
    assert inner["properties"] == {"a": {"type": "string"}}
    assert "allOf" not in inner and "default" not in inner


def test_embedded_metadata_has_the_five_members_that_users_set():
    schema = _convert(Outer={"properties": {"metadata": _reference(_META)}})
    members = schema["properties"]["metadata"]["properties"]
    assert sorted(members) == ["annotations", "finalizers", "labels", "name", "namespace"]


def test_a_quantity_is_an_int_or_a_string_with_a_pattern():
    quantity = _convert(Outer={"properties": {"q": _reference(_QUANTITY)}})["properties"]["q"]
    assert quantity["x-kubernetes-int-or-string"] is True
    assert quantity["anyOf"] == [{"type": "integer"}, {"type": "string"}]
    assert "pattern" in quantity and "type" not in quantity


def test_enums_are_dropped():
    schema = _convert(Outer={"properties": {"e": {"type": "string", "enum": ["A", "B"]}}})
    assert schema["properties"]["e"] == {"type": "string"}


def test_a_default_of_a_required_field_is_dropped_and_required_fields_are_sorted():
    field = {"type": "string", "default": ""}
    schema = _convert(Outer={"properties": {"b": field, "a": field}, "required": ["b", "a"]})
    assert schema["properties"]["a"] == {"type": "string"}
    assert schema["required"] == ["a", "b"]


def test_a_listed_default_is_kept():
    port = {"properties": {"protocol": {"type": "string", "default": "TCP"}}}
    assert _convert(ContainerPort=port)["properties"]["protocol"]["default"] == "TCP"


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"type": "string", "default": "x"}}},
        {"properties": {"a": {"type": "string", "x-new": True}}},
        {"properties": {"a": {"allOf": [{"type": "string"}]}}},
        {"properties": {"a": _reference(_CORE + "Outer")}},
        {"properties": {"a": _reference(_CORE + "Missing")}},
    ],
    ids=["default", "keyword", "allOf", "recursion", "dangling"],
)
def test_what_nobody_decided_about_is_an_error(schema):
    with pytest.raises(template_schema.SchemaError):
        _convert(Outer=schema)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"components": []}', "{"])
def test_an_input_that_is_no_openapi_document_is_refused(text, tmp_path, capsys):
    path = tmp_path / "openapi.json"
    path.write_text(text, encoding="utf-8")
    assert generate.main([str(path), "--output", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith(str(path))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "value",
    [
        {"a": "no", "b": "1", "c": "", "d": "x: y", "e": "# z", "f": "null", "g": "~"},
        {"a": "two\nlines", "b": "tab\t", "c": 'quote"', "d": "naïve", "e": " blank "},
        {"a": [], "b": {}, "c": [{"d": [1, 2]}, [3, [4]], "e"], "f": {"g": {"h": True}}},
        {"on": False, "x-y": 0, "1": -5},
    ],
)
def test_printed_yaml_reads_back_as_the_same_value(value):
    assert yaml.safe_load(to_yaml(value)) == value


def test_the_crd_has_the_names_columns_and_subresources_of_the_api(crd, version):
    assert crd["metadata"]["name"] == "leaderworkersets.leaderworkerset.x-k8s.io"
    assert crd["spec"]["conversion"] == {"strategy": "None"}
    assert crd["spec"]["scope"] == "Namespaced"
    assert crd["spec"]["names"]["shortNames"] == ["lws"]
    assert [v["name"] for v in crd["spec"]["versions"]] == ["v1"]
    columns = [(c["name"], c["jsonPath"]) for c in version["additionalPrinterColumns"]]
    assert columns == [
        ("Ready", ".status.readyReplicas"),
        ("Desired", ".spec.replicas"),
        ("Up-to-date", ".status.updatedReplicas"),
        ("Age", ".metadata.creationTimestamp"),
    ]
    assert version["subresources"] == {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.hpaPodSelector",
        },
    }


def test_own_fields_have_the_defaults_and_limits_of_the_api(version):
    rules = ("type", "format", "default", "enum", "minimum", "maximum", "required")
    own = {}
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    for path, schema in _walk(spec):
        if not {"leaderTemplate", "workerTemplate", "volumeClaimTemplates"} & set(path):
            own[".".join(path)] = {key: schema[key] for key in rules if key in schema}
    number = {"type": "integer", "format": "int32"}
    lwt = "leaderWorkerTemplate"
    rolling = "rolloutStrategy.rollingUpdateConfiguration"
    assert own == {
        "": {"type": "object", "required": [lwt]},
        "replicas": {**number, "default": 1, "minimum": 0, "maximum": 1000000},
        "startupPolicy": {
            "type": "string",
            "default": "LeaderCreated",
            "enum": ["LeaderCreated", "LeaderReady"],
        },
        "networkConfig": {"type": "object", "required": ["subdomainPolicy"]},
        "networkConfig.subdomainPolicy": {"type": "string", "enum": ["Shared", "UniquePerReplica"]},
        "rolloutStrategy": {"type": "object", "required": ["type"]},
        "rolloutStrategy.type": {
            "type": "string",
            "default": "RollingUpdate",
            "enum": ["RollingUpdate"],
        },
        rolling: {"type": "object"},
        f"{rolling}.partition": {**number, "default": 0},
        f"{rolling}.maxUnavailable": {"default": 1},
        f"{rolling}.maxSurge": {"default": 0},
        lwt: {"type": "object", "required": ["workerTemplate"]},
        f"{lwt}.size": {**number, "default": 1},
        f"{lwt}.restartPolicy": {
            "type": "string",
            "default": "RecreateGroupOnPodRestart",
            "enum": ["Default", "RecreateGroupOnPodRestart", "RecreateGroupAfterStart", "None"],
        },
        f"{lwt}.subGroupPolicy": {"type": "object"},
        f"{lwt}.subGroupPolicy.subGroupPolicyType": {
            "type": "string",
            "default": "LeaderWorker",
            "enum": ["LeaderWorker", "LeaderExcluded"],
        },
        f"{lwt}.subGroupPolicy.subGroupSize": number,
        f"{lwt}.persistentVolumeClaimRetentionPolicy": {"type": "object"},
        f"{lwt}.persistentVolumeClaimRetentionPolicy.whenDeleted": {"type": "string"},
        f"{lwt}.persistentVolumeClaimRetentionPolicy.whenScaled": {"type": "string"},
    }


def test_a_set_without_a_spec_is_accepted_by_the_schema(version):
    assert "required" not in version["schema"]["openAPIV3Schema"]


def test_status_has_the_fields_of_the_api(version):
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    assert sorted(status) == [
        "conditions",
        "hpaPodSelector",
        "observedGeneration",
        "readyReplicas",
        "replicas",
        "updatedReplicas",
    ]
    assert status["conditions"]["x-kubernetes-list-type"] == "map"
    assert status["conditions"]["x-kubernetes-list-map-keys"] == ["type"]


def test_no_enum_is_left_inside_templates(templates):
    assert [path for path, schema in _inside_templates(templates) if "enum" in schema] == []


def test_every_default_inside_templates_is_one_that_the_released_crd_has(templates):
    allowed = {
        "name": {""},
        "service": {""},
        "protocol": {"TCP"},
        "optional": {False},
        "readOnly": {False},
        "fsType": {"ext4", "xfs"},
        "iscsiInterface": {"default"},
        "pool": {"rbd"},
        "user": {"admin"},
        "keyring": {"/etc/ceph/keyring"},
        "storageMode": {"ThinProvisioned"},
    }
    found = [
        (path, schema["default"])
        for path, schema in _inside_templates(templates)
        if "default" in schema
    ]
    # 47 in each of the two pod templates, none in the claim templates.
    assert len(found) == 94
    for path, default in found:
        assert default in allowed[path[-1]], ".".join(path)


def test_config_map_and_secret_sources_are_atomic(templates):
    atomic = {
        path[1:]
        for path, schema in _walk(templates["workerTemplate"], ("workerTemplate",))
        if schema.get("x-kubernetes-map-type") == "atomic"
    }
    for kind in ("containers", "initContainers", "ephemeralContainers"):
        for source in ("configMapRef", "secretRef"):
            assert ("spec", kind, "*", "envFrom", "*", source) in atomic
    assert ("spec", "volumes", "*", "configMap") in atomic
    for source in ("configMap", "secret"):
        assert ("spec", "volumes", "*", "projected", "sources", "*", source) in atomic


def test_metadata_inside_templates_is_cut_down_everywhere(templates):
    found = [
        (path, sorted(schema.get("properties", {})))
        for path, schema in _inside_templates(templates)
        if path[-1] == "metadata"
    ]
    # Each pod template has its own and that of an ephemeral volume's claim; the claims have one.
    assert len(found) == 5
    for path, members in found:
        assert members == ["annotations", "finalizers", "labels", "name", "namespace"], path


def test_descriptions_are_kept_inside_templates(templates):
    container = templates["workerTemplate"]["properties"]["spec"]["properties"]["containers"]
    image = container["items"]["properties"]["image"]
    assert image["description"].startswith("Container image name")
