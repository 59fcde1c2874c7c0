# SPDX-License-Identifier: Apache-2.0
"""Prints JSON-like values as YAML, always the same bytes for the same value.

The standard library has no YAML writer, and the output of the ones on the package index changes with
their version. This one knows exactly what a CustomResourceDefinition needs: mappings, sequences,
texts, whole numbers, booleans. Every text that is not plainly a word is printed as a JSON string,
which is also a YAML double-quoted scalar.
"""

import json
import re

# Words that YAML 1.1 readers take for something other than text.
_RESERVED = frozenset(
    "y n yes no on off true false null none nan inf".split()
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*\Z")


def _scalar(value):
    if isinstance(value, str):
        if _WORD.match(value) and value.lower() not in _RESERVED:
            return value
        return json.dumps(value, ensure_ascii=False)
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"a {type(value).__name__} has no place in a schema: {value!r}")


def _lines(value, indent):
    """Yields the lines of a non-empty mapping or sequence."""
    pad = " " * indent
    if isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, (dict, list)) and member:
                yield f"{pad}{_scalar(key)}:"
                yield from _lines(member, indent + 2)
            else:
                yield f"{pad}{_scalar(key)}: {_leaf(member)}"
        return
    for member in value:
        if isinstance(member, (dict, list)) and member:
            nested = list(_lines(member, indent + 2))
            yield f"{pad}- {nested[0].lstrip(' ')}"
            yield from nested[1:]
        else:
            yield f"{pad}- {_leaf(member)}"


def _leaf(value):
    if value == {} and isinstance(value, dict):
        return "{}"
    if value == [] and isinstance(value, list):
        return "[]"
    return _scalar(value)


def to_yaml(document):
    """The document as YAML text with a trailing newline; mappings keep the order they have."""
    return "\n".join(_lines(document, 0)) + "\n"
