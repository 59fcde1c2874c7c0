# SPDX-License-Identifier: Apache-2.0
"""The judges of recorded rollouts see what is wrong."""

import pytest
from harness import PREFIX
from recording import (
    Change,
    Step,
    check_conditions,
    check_partition_falls,
    serving,
    steps,
    told_by,
)


def pod(name: str, key: str = "a", ready: bool = True, **metadata) -> dict:
    return {"metadata": {"name": name, "labels": {PREFIX + "template-revision-hash": key},
                         **metadata},
            "status": {"conditions": [{"type": "Ready", "status": str(ready)}]}}


WHOLE = [Change("LISTED", pod(n)) for n in ("x-0", "x-0-1", "x-1", "x-1-1")]


@pytest.mark.parametrize("change, left", [
    (Change("MODIFIED", pod("x-1-1", ready=False)), {0}),
    (Change("MODIFIED", pod("x-1", deletionTimestamp="now")), {0}),
    (Change("DELETED", pod("x-0-1")), {1}),
    (Change("DELETED", pod("x-0")), {1}),
    (Change("MODIFIED", pod("x-0-1", key="b")), {1}),
    (Change("ADDED", pod("x-2")), {0, 1}),
])
def test_a_group_serves_while_all_of_its_pods_do_and_are_of_one_revision(change, left):
    assert list(serving([*WHOLE, change], "x", 2)) == [{0, 1}, left]


def test_a_group_above_the_replicas_counts_when_it_serves():
    added = [Change("ADDED", pod(n)) for n in ("x-2", "x-2-1")]
    assert list(serving([*WHOLE, *added], "x", 2))[-1] == {0, 1, 2}


def test_a_partition_may_rise_only_with_another_revision():
    check_partition_falls([Step("a", 0, 3), Step("b", 3, 3), Step("b", 2, 3), Step("b", 0, 3)])
    with pytest.raises(AssertionError, match="rose"):
        check_partition_falls([Step("b", 2, 3), Step("b", 3, 3)])


def test_steps_are_the_changes_of_what_is_decided():
    def stateful_set(key: str, partition: int, replicas: int) -> dict:
        return {"metadata": {"name": "x", "labels": {PREFIX + "template-revision-hash": key}},
                "spec": {"replicas": replicas, "updateStrategy": {
                    "rollingUpdate": {"partition": partition}}}}
    changes = [Change("MODIFIED", stateful_set(*step))
               for step in (("a", 0, 2), ("a", 0, 2), ("b", 2, 2), ("b", 1, 3), ("b", 1, 3))]
    assert steps(changes) == [Step("a", 0, 2), Step("b", 2, 2), Step("b", 1, 3)]


def test_the_notes_of_steps_are_those_of_the_api():
    assert told_by("x", [Step("a", 0, 4), Step("b", 4, 6), Step("b", 1, 6), Step("b", 0, 5),
                         Step("b", 0, 4)]) == {
        "Updating replicas 1 to 3 (inclusive)", "Updating replica 0",
        "deleting surge replica x-5", "deleting surge replica x-4"}
    assert told_by("x", [Step("b", 0, 6), Step("b", 0, 4)]) == {
        "deleting surge replicas from x-4 to x-5"}


def with_conditions(**statuses: str) -> Change:
    return Change("MODIFIED", {"metadata": {"name": "x"}, "status": {"conditions": [
        {"type": kind, "status": status} for kind, status in statuses.items()]}})


UPDATING = with_conditions(Available="False", Progressing="True", UpdateInProgress="True")
AVAILABLE = with_conditions(Available="True", Progressing="False", UpdateInProgress="False")


@pytest.mark.parametrize("changes", [
    [AVAILABLE],
    [UPDATING],
    [UPDATING, with_conditions(Available="True", UpdateInProgress="True"), AVAILABLE],
])
def test_conditions_of_a_rollout_tell_of_it_and_exclude_each_other(changes):
    check_conditions([UPDATING, AVAILABLE])
    with pytest.raises(AssertionError):
        check_conditions(changes)
