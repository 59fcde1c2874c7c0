# SPDX-License-Identifier: Apache-2.0
"""The verdict of the soak finds what it looks for."""
import collections
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "bench/controller")]

import groups  # noqa: E402
import verdict  # noqa: E402
from verdict import Write  # noqa: E402

A, B = "system:serviceaccount:lws-system:a", "system:serviceaccount:lws-system:b"
BOTH = frozenset({A, B})


def write(user, at, resource="statefulsets", verb="patch", status=200, name="x", uid=""):
    return Write(user, verb, resource, "n", name, at, at + 0.01, status, uid)


def lease(user, at, status=200):
    return write(user, at, "leases", "update", status)


def test_a_line_of_the_log_is_read_with_the_uid_of_a_deletion():
    entry = {
        "user": {"username": A}, "verb": "delete", "responseStatus": {"code": 200},
        "objectRef": {"resource": "pods", "namespace": "n", "name": "s-0"},
        "requestObject": {"kind": "DeleteOptions", "preconditions": {"uid": "u"}},
        "requestReceivedTimestamp": "2026-01-01T00:00:00.250000Z",
        "stageTimestamp": "2026-01-01T00:00:00.500000Z"}
    read = verdict.read_write(json.dumps(entry))
    assert (read.user, read.verb, read.resource, read.name, read.uid) == (A, "delete", "pods", "s-0", "u")
    assert read.answered - read.received == 0.25
    assert read.accepted
    assert verdict.read_write(json.dumps({**entry, "verb": "get"})) is None


def test_a_write_of_a_leader_whose_lease_was_taken_is_found():
    log = [lease(A, 1), write(A, 2), lease(B, 3), write(B, 4), write(A, 5)]
    assert len(verdict.takeovers(log, BOTH)) == 1
    assert [line.split()[0] for line in verdict.stale_writes(log, BOTH)] == ["a"]


def test_refused_writes_events_and_writes_of_the_new_leader_are_no_finding():
    log = [lease(A, 1), lease(B, 3), write(A, 4, status=409), write(A, 5, "events"), write(B, 5),
           lease(A, 6, status=409), write(B, 7), lease(A, 8), write(A, 9)]
    assert verdict.stale_writes(log, BOTH) == []


def test_a_pod_that_was_deleted_twice_or_without_its_uid_is_found():
    log = [write(A, 1, "pods", "delete", name="s-0", uid="1"),
           write(B, 2, "pods", "delete", name="s-0", uid="2"),
           write(B, 3, "pods", "delete", name="s-1", uid="3", status=409)]
    assert verdict.double_deletions(log, BOTH) == []
    assert verdict.double_deletions([*log, write(A, 4, "pods", "delete", name="s-0", uid="1")], BOTH)
    assert verdict.double_deletions([write(A, 1, "pods", "delete", name="s-0")], BOTH)


def test_a_group_that_was_made_once_too_often_or_never_again_is_found():
    made = verdict.incarnations(
        [write(verdict.STATEFUL_SETS, at, "pods", "create", 201, "s-0") for at in (1, 2)], "n")
    assert made == collections.Counter({"s-0": 2})
    assert verdict.miscounts(made, {"s-0": 2}) == []
    assert verdict.miscounts(made, {"s-0": 1})
    assert verdict.miscounts(made, {"s-0": 2, "s-1": 1}) == ["s-1 was made 0 times, not 1"]


def test_a_leader_is_found_in_the_annotation_by_the_hash_of_its_uid():
    # The offset and the value for "a" that FNV's authors publish.
    assert int(groups.hash_of(""), 36) == 0xCBF29CE484222325
    assert int(groups.hash_of("a"), 36) == 0xAF63DC4C8601EC8C
