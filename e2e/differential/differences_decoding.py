# SPDX-License-Identifier: Apache-2.0
"""Deliberate differences in what counts as a review that can be read.

An API server decodes every object before it asks a webhook, so none of these ever meets a user.
"""
import copy
import dataclasses
import re

from .differences import Difference
from .exchange import MISSING
from .normalise import quantity

# Words of Go's decoders.
_DECODER = re.compile(
    r"couldn't get version/kind; json parse error: .*|json: .*|there is no content to decode|"
    r"no kind .* is registered .*|quantities must match the regular expression .*|"
    r"unable to parse quantity's suffix|parsing time .*|Time\.UnmarshalJSON: .*|"
    r"unexpected GroupVersion string: .*|Object '(Kind|apiVersion)' is missing .*|"
    r"unable to decode .* into .*|unexpected end of JSON input|invalid character .*|"
    r"converting \(.*\) to \(.*\): unknown conversion|"
    r"error converting YAML to JSON: .*|illegal base64 data .*|strconv\.\w+: parsing .*", re.DOTALL)
_FIELD = re.compile(r"json: cannot unmarshal .* into Go struct field \w+\.(\S+) of type .*",
                    re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_MOST_REPAIRS = 6


def _dropped_path(value, path):
    """Takes the member away wherever the path leads, through lists and maps."""
    if isinstance(value, list):
        for entry in value:
            _dropped_path(entry, path)
    elif isinstance(value, dict):
        if path[0] not in value:
            # Go names no keys of maps.
            for entry in value.values():
                if isinstance(entry, dict):
                    _dropped_path(entry, path)
        elif len(path) == 1:
            del value[path[0]]
        else:
            _dropped_path(value[path[0]], path[1:])


def _dropped_where(value, unwanted):
    if isinstance(value, list):
        for entry in value:
            _dropped_where(entry, unwanted)
    elif isinstance(value, dict):
        for key in [k for k, v in value.items() if unwanted(k, v)]:
            del value[key]
        for entry in value.values():
            _dropped_where(entry, unwanted)


def _bad_time(key, value):
    return key.endswith(("Timestamp", "Time")) and not (isinstance(value, str)
                                                        and _TIME.fullmatch(value))


def _bad_amount(_, value):
    return isinstance(value, (str, int, float)) and quantity(value) is None


def _repair(item, message):
    """A copy without the member that Go could not read; None when the message tells of none."""
    item = copy.deepcopy(item)
    if match := _FIELD.fullmatch(message):
        _dropped_path(item, match.group(1).split("."))
    elif message.startswith("parsing time"):
        _dropped_where(item, _bad_time)
    elif message.startswith(("quantities must", "unable to parse quantity")):
        for key in ("limits", "requests", "capacity", "overhead"):
            _dropped_where(item, lambda k, v, key=key: k == key and isinstance(v, dict)
                           and any(_bad_amount(None, a) for a in v.values()))
        _dropped_where(item, lambda k, v: k in ("sizeLimit", "divisor") and _bad_amount(k, v))
    else:
        return None
    return item


def _unread_member(c):
    """The peer is asked again without the member that it could not read, and must then agree."""
    if c.case.raw is not None or c.peer.code != 400 or c.ours.code == 400:
        return None
    case, peer = c.case, c.peer
    for _ in range(_MOST_REPAIRS):
        item, old = _repair(case.item, peer.message), _repair(case.old, peer.message)
        if (item, old) == (None, None) or (item, old) == (case.item, case.old):
            return None
        case = case.with_request(object=item, oldObject=old)
        peer = c.ask_peer(case)
        if peer.code != 400:
            break
    ours = c.ask_ours(case)

    def said(answer):
        return answer.allowed, answer.code, answer.reason, answer.message, answer.warnings
    return (ours, peer) if said(ours) == said(c.ours) else None


def _wording(c):
    both = c.ours.code == 400 and c.peer.code == 400 and not c.ours.reason and not c.peer.reason
    if not both or not c.ours.message or not _DECODER.fullmatch(c.peer.message):
        return None
    return dataclasses.replace(c.ours, message=c.peer.message), c.peer


def _envelope(c):
    """Without a decoded review the peer answers without apiVersion and kind."""
    if c.ours.code not in (400, 413) or c.peer.code != c.ours.code:
        return None
    if c.peer.envelope != f"{MISSING} {MISSING}" \
            or c.ours.envelope != "admission.k8s.io/v1 AdmissionReview":
        return None
    return dataclasses.replace(c.ours, envelope=c.peer.envelope), c.peer


def _depth(text):
    """How deep JSON text is nested; brackets inside of texts are rare enough in generated cases."""
    deepest = depth = 0
    for byte in text:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _deep(c):
    refused = c.ours.code == 400 and "nested deeper than 128 levels" in c.ours.message
    if not refused or _depth(c.case.body()) <= 128:
        return None
    return c.peer, c.peer


DIFFERENCES = [
    Difference("envelope",
               "an answer to an undecodable review has the apiVersion and kind that callers want",
               _envelope),
    Difference("decoder-wording", "an undecodable review is answered 400 by both, in our own words",
               _wording),
    Difference("unread-member",
               "a member that no rule reads is carried as it is; the API server has checked it",
               _unread_member),
    Difference("depth-limit", "more than 128 levels are refused; no object of the API comes near",
               _deep),
]
