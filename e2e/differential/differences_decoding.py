# SPDX-License-Identifier: Apache-2.0
"""Deliberate differences in what counts as a review that can be read.

An API server decodes every object before it asks a webhook, so none of these ever meets a user.
"""
import copy
import dataclasses
import json
import re

from .cases import MUTATE_POD, MUTATE_SET, member
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
    r"error converting YAML to JSON: .*|yaml: .*|illegal base64 data .*|"
    r"strconv\.\w+: parsing .*", re.DOTALL)
_FIELD = re.compile(r"json: cannot unmarshal (?P<found>\w+).* into Go struct field "
                    r"\w+\.(?P<path>\S+) of type (?P<wanted>\S+)", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_MOST_REPAIRS = 6


def _mended(value, found, wanted):
    """What may stand in the place of a value of which Go found `found` instead of `wanted`."""
    if isinstance(value, list) and wanted.startswith("v1."):
        mended = [v if v is None or isinstance(v, dict) else {} for v in value]
        return None if found == "array" and mended == value else mended
    if found == "number" and wanted.startswith(("int", "uint")):
        # A fraction, or beyond the type; some rules ask only whether there is a number.
        return 1
    if wanted.startswith("[]"):
        # As many elements as make a difference to a rule: none or some.
        return [{}] if isinstance(value, (dict, list)) and value else []
    return None


def _mend_path(value, path, found, wanted):
    """Mends or takes away the member wherever the path leads, through lists and maps."""
    if isinstance(value, list):
        for entry in value:
            _mend_path(entry, path, found, wanted)
    elif isinstance(value, dict):
        if path[0] not in value:
            # Go names no keys of maps.
            for entry in value.values():
                if isinstance(entry, dict):
                    _mend_path(entry, path, found, wanted)
        elif len(path) == 1:
            value[path[0]] = _mended(value[path[0]], found, wanted)
        else:
            _mend_path(value[path[0]], path[1:], found, wanted)


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


def _bad_amounts(key, value):
    """True for a single amount that is none; takes such amounts out of a map of them."""
    def bad(amount):
        return amount is not None and quantity(amount) is None
    if key in ("limits", "requests", "capacity", "overhead") and isinstance(value, dict):
        for name in [name for name, amount in value.items() if bad(amount)]:
            del value[name]
    return key in ("sizeLimit", "divisor") and bad(value)


def _repaired(review, message):
    """A copy without the member that Go could not read; None when the message tells of none."""
    review = copy.deepcopy(review)
    if match := _FIELD.fullmatch(message):
        # Members of the API begin with a small letter; others are embedded structs of Go.
        path = [name for name in match.group("path").split(".") if name[:1].islower()]
        places = [review] if path[0] == "request" else [
            member(review, "request", key) for key in ("object", "oldObject")]
        for place in places:
            _mend_path(place, path, match.group("found"), match.group("wanted"))
    elif message.startswith("parsing time"):
        _dropped_where(review, _bad_time)
    elif message.startswith(("quantities must", "unable to parse quantity")):
        _dropped_where(review, _bad_amounts)
    else:
        return None
    return review


def _unread_member(c):
    """The peer is asked again without the member that it could not read, and must then agree."""
    if not c.case.is_review or c.peer.code != 400 or c.ours.code == 400:
        return None
    review, peer = c.case.parsed(), c.peer
    for _ in range(_MOST_REPAIRS):
        repaired = _repaired(review, peer.message)
        if repaired in (None, review):
            return None
        review = repaired
        case = dataclasses.replace(c.case, review=review, raw=None)
        peer = c.ask_peer(case)
        if peer.code != 400:
            break
    ours = c.ask_ours(case)

    def said(answer):
        return answer.allowed, answer.code, answer.reason, answer.message, answer.warnings
    return (ours, peer, case) if said(ours) == said(c.ours) else None


def _wording(c):
    both = c.ours.code == 400 and c.peer.code == 400 and not c.ours.reason and not c.peer.reason
    if not both or not c.ours.message:
        return None
    # Blanks and null are an empty review to the peer.
    of_nothing = c.peer.message == 'unknown operation ""' and not c.case.is_review
    if not of_nothing and not _DECODER.fullmatch(c.peer.message):
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


def _connect(c):
    if c.case.path not in (MUTATE_SET, MUTATE_POD) or c.case.operation != "CONNECT" \
            or c.case.item is not None or c.ours.allowed is not True:
        return None
    if c.peer.code != 400 or c.peer.message != "there is no content to decode":
        return None
    return c.peer, c.peer


def _half_envelope(c):
    """A review that names only one of apiVersion and kind gets only that one from the peer."""
    review = c.case.parsed() if c.case.is_review else {}
    parts = review.get("apiVersion") or None, review.get("kind") or None
    if (parts[0] is None) == (parts[1] is None):
        return None
    filled = f"{parts[0] or 'admission.k8s.io/v1'} {parts[1] or 'AdmissionReview'}"
    half = f"{parts[0] or MISSING} {parts[1] or MISSING}"
    if (c.ours.envelope, c.peer.envelope) != (filled, half):
        return None
    return dataclasses.replace(c.ours, envelope=half), c.peer


def _not_unicode(c):
    """The peer puts U+FFFD in the place of what is no text."""
    if c.ours.code != 400 or c.case.raw is None:
        return None
    try:
        c.case.raw.decode()
    except UnicodeDecodeError:
        return c.peer, c.peer
    halves = re.findall(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", c.case.raw)
    return (c.peer, c.peer) if halves else None


def _yaml(c):
    """The peer reads YAML under any content type."""
    if c.ours.code != 400 or c.case.raw is None or c.case.raw.lstrip()[:1] == b"{":
        return None
    return c.peer, c.peer


def _duplicates(c):
    """The peer merges objects of one name; it is asked again with only the last of each."""
    if c.case.raw is None or not c.case.is_review or c.ours.code == c.peer.code == 400:
        return None
    found = []

    def members(pairs):
        found.extend({k for k, _ in pairs if sum(name == k for name, _ in pairs) > 1})
        return dict(pairs)
    json.loads(c.case.raw, object_pairs_hook=members)
    if not found:
        return None
    case = dataclasses.replace(c.case, review=c.case.parsed(), raw=None)
    peer = c.ask_peer(case)
    # Where they make no difference to the peer they explain none.
    return None if peer == c.ask_peer(c.case) else (c.ours, peer, case)


DIFFERENCES = [
    Difference("duplicate-members", "the last member of a name counts, whole", _duplicates),
    Difference("depth-limit", "more than 128 levels are refused; no object of the API comes near",
               _deep),
    Difference("no-unicode", "bytes that are no UTF-8 and halves of surrogate pairs are refused",
               _not_unicode),
    Difference("yaml", "a body that is no JSON is refused, whatever else it may be", _yaml),
    Difference("unread-member", "a member that no rule reads is carried as it is; the API server "
               "has checked it", _unread_member),
    Difference("envelope", "an answer to an undecodable review has the apiVersion and kind that "
               "callers want", _envelope),
    Difference("half-envelope", "an answer has apiVersion and kind, even if the review has but one",
               _half_envelope),
    Difference("connect-without-object", "CONNECT has no object to be defaulted; it is allowed",
               _connect),
    Difference("decoder-wording", "an undecodable review is answered 400 by both, in our own words",
               _wording),
]
