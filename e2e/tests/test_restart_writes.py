# SPDX-License-Identifier: Apache-2.0
"""What a recovery costs the API server."""

from failures import Writes, delete_by_force, remembered
from harness import IDLE, group_names, make_set, on_kwok, template, wait_until

SIZE = 3


def test_a_recovery_that_takes_no_time_costs_at_most_four_writes(namespace):
    namespace.apply(make_set("brief", replicas=2, size=SIZE, leaderWorkerTemplate={
        "workerTemplate": on_kwok(template(IDLE))}))
    names = group_names("brief", 2, SIZE)
    namespace.wait_ready("brief", names)
    namespace.wait_available("brief")
    wait_until("the controller knows all members", lambda: len(remembered(namespace, "brief")) == 2)
    before, known = namespace.uids("brief"), remembered(namespace, "brief")
    writes = Writes(namespace.name)
    delete_by_force(namespace, "brief-0-1")
    namespace.wait_renewed("brief", group_names("brief", 1, SIZE), before)
    wait_until("the controller knows the new members",
               lambda: remembered(namespace, "brief")[0] != known[0])
    assert namespace.uids("brief")["brief-1"] == before["brief-1"]
    made = writes.of_controller()
    assert {("delete", "pods", "brief-0"), ("create", "statefulsets", "brief-0")} < set(made)
    assert len(made) <= 4, made
