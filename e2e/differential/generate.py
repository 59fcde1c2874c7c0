# SPDX-License-Identifier: Apache-2.0
"""Case number i of a seed, the same on every machine and in every order."""
import copy
import dataclasses
import json
import random as randomness

from . import generate_pods, generate_sets
from .cases import FILL, MUTATE_POD, PATHS, VALIDATE_SET, Case, review_of
from .set_mutations import MUTATIONS

_SCALARS = [None, True, False, 0, 1, -1, 1.5, 1e300, 2147483648, -2147483649, 9223372036854775808,
            "", "x", [], {}, [None], [1], {"a": 1}, "é", "1"]
_CONTENT_TYPES = [None, "", "text/plain", "application/json; charset=utf-8", "APPLICATION/JSON",
                  "application/yaml", "application/vnd.kubernetes.protobuf", "application/json "]
_MOST_BYTES = 7 * 1024 * 1024
_OPERATIONS = ["", None, "create", "PATCH", "CREATE ", "GET", "\u00e9", "a\"b", "CONNECT"]


def _any(random):
    """A plain review of any path."""
    return random.choice([generate_sets.mutation, generate_sets.creation, generate_sets.update,
                          generate_pods.mutation, generate_pods.mutation,
                          generate_pods.validation])(random)


def _named(case, kind, **changes):
    return dataclasses.replace(case, kind=kind, **changes)


def _nodes(value, out):
    """Every (holder, key) below a JSON value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in entries:
        out.append((value, key))
        if isinstance(child, (dict, list)):
            _nodes(child, out)
    return out


def _request(case):
    return case.review["request"]


def _object_key(request):
    return "object" if isinstance(request["object"], dict) else "oldObject"


def _v1beta1(random):
    case = _any(random)
    case.review["apiVersion"] = random.choice(["admission.k8s.io/v1beta1"] * 3 + ["v9", "other/v1",
                                                                                  "a/b/c", ""])
    return _named(case, "v1beta1 and other versions")


def _missing_object(random):
    case = _any(random)
    key = random.choice(["object", "oldObject"])
    kind = random.random()
    if kind < 0.5:
        _request(case)[key] = None
    else:
        _request(case).pop(key, None)
    return _named(case, "missing object")


def _operation(random):
    case = _any(random)
    if random.random() < 0.1:
        _request(case).pop("operation")
    else:
        _request(case)["operation"] = random.choice(_OPERATIONS)
    return _named(case, "unknown operation")


def _wrong_type(random):
    """One member anywhere in the object has another type, a number out of range or is null."""
    case = copy.deepcopy(_any(random))
    nodes = _nodes(_request(case)[_object_key(_request(case))] or {}, [])
    if nodes:
        holder, key = random.choice(nodes)
        holder[key] = copy.deepcopy(random.choice(_SCALARS))
    return _named(case, "wrong type in the object")


def _wrong_envelope(random):
    case = copy.deepcopy(_any(random))
    holder = case.review if random.random() < 0.3 else _request(case)
    key = random.choice(list(holder))
    holder[key] = copy.deepcopy(random.choice(_SCALARS))
    return _named(case, "wrong type in the review")


def _unknown_members(random):
    case = copy.deepcopy(_any(random))
    for holder, key in random.sample(_nodes(case.review, []), 3):
        if isinstance(holder, dict) and key not in ("a", "matchLabels"):
            holder["xUnknown"] = random.choice([1, None, {"deep": [{"a": None}]}, "~1", True])
    return _named(case, "unknown members")


def _other_kind(random):
    case = _any(random)
    item = _request(case)[_object_key(_request(case))]
    if isinstance(item, dict):
        key, value = random.choice([("kind", "Pod"), ("kind", "Service"), ("kind", ""),
                                    ("apiVersion", "v1"), ("kind", None), ("apiVersion", "apps/v1"),
                                    ("apiVersion", "a/b/c"), ("apiVersion", None)])
        item[key] = value
    return _named(case, "other kind of object")


def _not_an_object(random):
    case = _any(random)
    _request(case)[random.choice(["object", "oldObject"])] = copy.deepcopy(random.choice(_SCALARS))
    return _named(case, "object that is none")


def _content_type(random):
    return _named(_any(random), "content type", content_type=random.choice(_CONTENT_TYPES))


def _empty(random):
    path = random.choice(PATHS)
    return Case(path, raw=random.choice([b"", b"", b" ", b"\n", b"null", b"{}", b"[]", b"0",
                                         b"\"\"", b"{\"request\":{}}"]),
                kind="empty body")


def _broken_text(random):
    """Bytes cut off, exchanged or put in."""
    case = _any(random)
    body = bytearray(case.body())
    kind = random.random()
    at = random.randrange(len(body))
    if kind < 0.4:
        del body[at:]
    elif kind < 0.7:
        body[at] = random.choice(b"{}[],:\"\\ 0e-")
    elif kind < 0.85:
        body[at:at] = random.choice([b"\x00", b",", b"{", b"\\u00", b"1"])
    else:
        body += random.choice([b"{}", b" ", b"\n", b"x", b"]"])
    return _named(case, "broken text", review=None, raw=bytes(body))


def _duplicates(random):
    """A member of the object stands twice, with another value first."""
    case = _any(random)
    nodes = [(holder, key) for holder, key in _nodes(case.review, []) if isinstance(holder, dict)]
    holder, key = random.choice(nodes)
    name = json.dumps(key) + ":"
    first = random.choice(["1", '"x"', "null", '{"xUnknown":1}', '{"name":"twice"}', "[]",
                           json.dumps(holder[key])])
    body = case.body().replace(name.encode(), (name + first + "," + name).encode(), 1)
    return _named(case, "duplicate members", review=None, raw=body)


def _not_unicode(random):
    """Bytes and escapes that are no text."""
    case = _any(random)
    body = case.body()
    texts = [i for i, byte in enumerate(body) if byte == ord('"')]
    at = random.choice(texts) + 1
    wrong = random.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\xaf",
                           b"\\ud800", b"\\udc00", b"\\ud800\\u0041"])
    return _named(case, "text that is no Unicode", review=None, raw=body[:at] + wrong + body[at:])


def _yaml(random):
    case = _any(random)
    before = random.choice([b"# a comment\n", b"---\n", b"%YAML 1.2\n---\n"])
    return _named(case, "YAML", review=None, raw=before + case.body())


def _large_body(random):
    """About as large as is read at all, or larger."""
    case = _any(random)
    case.review[FILL] = ""
    fill = _MOST_BYTES - len(case.body()) + random.choice([-1000, -1, 0, 1, 1000, 500_000])
    case.review[FILL] = "x" * fill
    return _named(case, "large body")


def _escapes(random):
    """The same review with every text beyond ASCII and some letters as escapes, and odd blanks."""
    case = _any(random)
    text = json.dumps(case.review, indent=random.choice([None, 1, 4]))
    if random.random() < 0.5:
        text = text.replace('"name"', '"\\u006eame"').replace("/", "\\/")
    return _named(case, "escapes and blanks", review=None, raw=text.encode())


def _nested(value, depth, random):
    opening, closing = random.choice([("[", "]"), ('{"a":', "}")])
    return opening * depth + value + closing * depth


def _deep(random):
    """Nesting in a member that nobody knows, or in one that has a type."""
    case = _any(random)
    depth = random.choice([2, 20, 100, 200, 1000, 9000, 20000, 100000])
    body = case.body().decode()
    deep = _nested("0", depth, random)
    if random.random() < 0.6:
        body = body.replace('"spec":{', '"spec":{"xDeep":' + deep + ",", 1)
    else:
        body = body.replace('"namespace":"default"', '"namespace":' + deep, 1)
    return _named(case, "deep nesting", review=None, raw=body.encode())


def _many_errors(random):
    """Nearly every rule of a set broken at once."""
    item = generate_sets.valid_set(random)
    for mutation in random.sample(MUTATIONS, 12):
        mutation(item, random)
    return Case(VALIDATE_SET, review_of("CREATE", item), kind="many rules at once")


def _large_pod(random):
    case = generate_pods.mutation(random)
    spec = (_request(case)["object"] or {}).get("spec") or {}
    for container in spec.get("containers") or []:
        container["env"] = [{"name": f"V{random.randrange(120)}", "value": "x" * 50}
                            for _ in range(100)]
    return _named(case, "large pod")


def _patched_twice(random):
    """A pod that has all that the webhook writes."""
    case = generate_pods.mutation(random)
    item = _request(case)["object"]
    for container in item["spec"]["containers"]:
        container["env"] = [{"name": "LWS_LEADER_ADDRESS", "value": "vllm-0.vllm.default"},
                            {"name": "LWS_GROUP_SIZE", "value": "4"},
                            {"name": "LWS_WORKER_INDEX", "value": "0"}]
    return Case(MUTATE_POD, case.review, kind="environment that is there")


CODEC = [_v1beta1, _missing_object, _operation, _wrong_type, _wrong_type, _wrong_envelope,
         _unknown_members, _other_kind, _not_an_object, _content_type, _empty, _broken_text,
         _escapes, _deep, _duplicates, _not_unicode, _yaml]
# (weight, generator): such that every rule is met by one case in a hundred or more.
_KINDS = [(10, generate_sets.mutation), (20, generate_sets.creation), (18, generate_sets.update),
          (1.2, generate_sets.deletion), (34, generate_pods.mutation),
          (0.8, generate_pods.validation), (0.5, _many_errors), (0.3, _large_pod),
          (0.5, _patched_twice), (0.02, _large_body), (20.5, None)]
_WEIGHTS = [weight for weight, _ in _KINDS]


def case_number(seed, index):
    random = randomness.Random(f"{seed}/{index}")
    maker = random.choices(_KINDS, _WEIGHTS)[0][1]
    if maker is None:
        maker = CODEC[index % len(CODEC)]
    return maker(random)
