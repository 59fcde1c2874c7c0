# SPDX-License-Identifier: Apache-2.0
"""What two objects may differ in and still be the same to Kubernetes.

An implementation that decodes into Go structs and encodes them again leaves traces: zero values of
members that Go always writes, and canonical quantities. Only these are evened out, on both sides:

- a member that is null is absent; null inside a map of texts is "", inside one of amounts 0,
  and as an element of a list an empty object;
- `status: {}`, `resources: {}`, `metadata: {}`, `spec: {}` and `workerTemplate: {}` are absent;
- `name: ""` of a container or variable, `value: ""` of a variable, `startupPolicy: ""`,
  `subdomain: ""` and `divisor: "0"` are absent;
- an amount below `limits`, `requests`, `capacity`, `overhead` or in `sizeLimit` counts as a number.
"""
import json
import re
from fractions import Fraction

_EMPTY_OBJECTS = {"status", "resources", "metadata", "spec", "workerTemplate"}
_EMPTY_TEXTS = {"name", "value", "startupPolicy", "subdomain"}
_STRING_MAPS = {"labels", "annotations", "nodeSelector", "matchLabels"}
_AMOUNTS = {"limits", "requests", "capacity", "overhead"}
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([a-zA-Z]*|[eE][+-]?[0-9]+)")
_SUFFIXES = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000),
             "": Fraction(1), "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9),
             "T": Fraction(10**12), "P": Fraction(10**15), "E": Fraction(10**18),
             "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30),
             "Ti": Fraction(2**40), "Pi": Fraction(2**50), "Ei": Fraction(2**60)}


def quantity(value):
    """The amount of a Kubernetes quantity as a Fraction; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if not match:
        return None
    number, suffix = match.groups()
    if suffix in _SUFFIXES:
        factor = _SUFFIXES[suffix]
    elif re.fullmatch(r"[eE][+-]?[0-9]{1,3}", suffix):
        factor = Fraction(10) ** int(suffix[1:])
    else:
        return None
    return Fraction(number) * factor


def _amount(value):
    number = quantity(value)
    return value if number is None else f"{number.numerator}/{number.denominator}"


def _is_noise(key, value, parent):
    if value is None or (value == {} and isinstance(value, dict) and key in _EMPTY_OBJECTS):
        return True
    # A selector term or an owner has a name or value of its own; only variables and containers
    # are told by their other members, and those that have none are variables.
    return (value == "" and key in _EMPTY_TEXTS and "operator" not in parent
            and "kind" not in parent) \
        or (key == "divisor" and value == "0")


def _map(key, value):
    """A member that holds a map, whose keys are the user's; nothing for any other member."""
    if key in _STRING_MAPS:
        return {k: "" if v is None else v for k, v in value.items()}
    if key in _AMOUNTS:
        return {k: _amount(0 if v is None else v) for k, v in value.items()}
    return None


def normalised(value):
    """A copy without the differences above."""
    if isinstance(value, list):
        return [{} if item is None else normalised(item) for item in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, member in value.items():
        if isinstance(member, dict):
            known = _map(key, member)
            member = normalised(member) if known is None else known
        elif isinstance(member, list):
            member = normalised(member)
        elif key == "sizeLimit":
            member = _amount(member)
        if not _is_noise(key, member, value):
            out[key] = member
    return out


def canonical_text(value):
    """Equal for objects that are the same to Kubernetes; 1 and true differ."""
    return json.dumps(normalised(value), sort_keys=True)
