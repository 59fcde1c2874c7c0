# SPDX-License-Identifier: Apache-2.0
"""RFC 6902 (JSON Patch) over RFC 6901 (JSON Pointer)."""
import copy


class PatchError(Exception):
    """The patch is malformed or does not fit the document."""


def same(one, other):
    """Equality of JSON values: a number is never a boolean."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other))
    return one == other


def tokens(pointer):
    """The unescaped parts of a pointer; none for the whole document."""
    if not isinstance(pointer, str):
        raise PatchError(f"a pointer is a string, not {pointer!r}")
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise PatchError(f"a pointer begins with a slash: {pointer!r}")
    return [t.replace("~1", "/").replace("~0", "~") for t in pointer[1:].split("/")]


def _index(token, length):
    """A position below `length`; no sign and no leading zeros, as RFC 6901 wants it."""
    if not (token.isascii() and token.isdigit()) or (len(token) > 1 and token[0] == "0"):
        raise PatchError(f"not an array index: {token!r}")
    index = int(token)
    if index >= length:
        raise PatchError(f"index {index} is beyond {length} elements")
    return index


def _child(value, token):
    if isinstance(value, dict):
        if token not in value:
            raise PatchError(f"no member {token!r}")
        return value[token]
    if isinstance(value, list):
        return value[_index(token, len(value))]
    raise PatchError(f"{token!r} leads into a scalar")


def _get(document, path):
    for token in path:
        document = _child(document, token)
    return document


def _add(document, path, value):
    if not path:
        return value
    parent = _get(document, path[:-1])
    if isinstance(parent, dict):
        parent[path[-1]] = value
    elif isinstance(parent, list):
        end = len(parent)
        parent.insert(end if path[-1] == "-" else _index(path[-1], end + 1), value)
    else:
        raise PatchError(f"{path[-1]!r} cannot be added to a scalar")
    return document


def _remove(document, path):
    if not path:
        raise PatchError("the whole document cannot be removed")
    parent = _get(document, path[:-1])
    _child(parent, path[-1])
    if isinstance(parent, dict):
        del parent[path[-1]]
    else:
        del parent[int(path[-1])]
    return document


def _step(document, operation):
    if not isinstance(operation, dict):
        raise PatchError("an operation is an object")
    kind = operation.get("op")
    path = tokens(operation.get("path"))
    if kind in ("add", "replace", "test") and "value" not in operation:
        raise PatchError(f"{kind} without a value")
    if kind == "add":
        return _add(document, path, copy.deepcopy(operation["value"]))
    if kind == "remove":
        return _remove(document, path)
    if kind == "replace":
        _get(document, path)
        if path:
            _remove(document, path)
        return _add(document, path, copy.deepcopy(operation["value"]))
    if kind == "test":
        if not same(_get(document, path), operation["value"]):
            raise PatchError(f"test failed at {operation['path']!r}")
        return document
    if kind in ("move", "copy"):
        source = tokens(operation.get("from"))
        if kind == "move" and path[:len(source)] == source and path != source:
            raise PatchError("a value cannot be moved into itself")
        value = copy.deepcopy(_get(document, source))
        if kind == "move" and path != source:
            document = _remove(document, source)
        return document if path == source else _add(document, path, value)
    raise PatchError(f"unknown operation {kind!r}")


def apply(document, operations):
    """A new document; the one given stays as it is. Raises PatchError."""
    if not isinstance(operations, list):
        raise PatchError("a patch is an array")
    document = copy.deepcopy(document)
    for operation in operations:
        document = _step(document, operation)
    return document
