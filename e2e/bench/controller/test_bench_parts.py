# SPDX-License-Identifier: Apache-2.0
"""The parts that need no cluster: counting requests, following the log, medians and limits."""

import json
import os
import time

import audit
import process_cost
import programs
import pytest
import report

USER = programs.user_of("lws-controller-manager")
USERS = frozenset({USER})


def line(verb: str, resource: str, status: int = 200, user: str = USER, **target: str) -> bytes:
    entry = {"user": {"username": user}, "verb": verb,
             "objectRef": {"resource": resource, **target}, "responseStatus": {"code": status}}
    return json.dumps(entry).encode() + b"\n"


def test_writes_events_and_reads_are_told_apart():
    calls = [audit.read_call(text) for text in (
        line("create", "statefulsets"), line("update", "leaderworkersets", subresource="status"),
        line("create", "events"), line("patch", "leases"), line("get", "leases"),
        line("get", "statefulsets", status=404))]
    counts = audit.Counts(calls)
    assert (counts.writes, counts.events, counts.reads) == (2, 1, 1)
    text = "\n".join(counts.lines())
    assert "leaderworkersets/status" in text
    assert "(1 refused)" in text


def test_a_request_without_an_object_is_named_by_its_path():
    entry = {"user": {"username": USER}, "verb": "get", "requestURI": "/readyz?verbose"}
    assert audit.read_call(json.dumps(entry).encode()).resource == "/readyz"


def test_the_log_is_read_from_where_the_last_look_ended(tmp_path):
    path = tmp_path / "audit.log"
    path.write_bytes(line("create", "pods"))
    with audit.AuditLog(path) as log, open(path, "ab") as server:
        assert not log.calls(USERS), "what was there before is nobody's"
        text = line("delete", "pods")
        server.write(text[:20])
        server.flush()
        assert not log.calls(USERS), "half a line is none"
        server.write(text[20:] + line("create", "pods", user="somebody"))
        server.flush()
        assert [call.verb for call in log.calls(USERS)] == ["delete"]


def test_a_rotated_log_is_read_to_its_end_and_then_the_new_one(tmp_path):
    path = tmp_path / "audit.log"
    path.touch()
    with audit.AuditLog(path) as log:
        path.write_bytes(line("create", "pods"))
        os.rename(path, tmp_path / "audit-1.log")
        path.write_bytes(line("delete", "pods"))
        assert [call.verb for call in log.calls(USERS)] == ["create", "delete"]


def test_leases_alone_are_quiet_and_writes_are_not(tmp_path):
    path = tmp_path / "audit.log"
    path.touch()
    with audit.AuditLog(path) as log:
        path.write_bytes(line("patch", "leases") + line("create", "pods"))
        began = time.monotonic()
        assert len(log.until_quiet(USERS, 0.3, 5)) == 2
        assert time.monotonic() - began >= 0.3
        with pytest.raises(TimeoutError):
            log.until_quiet(USERS, 5, 0.2)


def test_the_processor_time_of_a_process_is_that_of_its_own_clock():
    before = time.process_time()
    seen = process_cost.cpu_seconds(os.getpid())
    assert before <= seen <= time.process_time()


def test_memory_is_read_from_the_fields_of_status():
    memory = process_cost.parse_status("Name:\tx\nVmHWM:\t  30 kB\nVmRSS:\t  20 kB\nRssFile:\t 5 kB\n")
    assert memory + memory == process_cost.Memory(40 * 1024, 60 * 1024, 10 * 1024)


def test_medians_are_held_against_limits():
    rounds = report.Report()
    for value in (1.0, 9.0, 2.0):
        rounds.add("create", {"writes": value})
    assert rounds.medians() == {"create/writes": 2.0}
    assert not rounds.broken(report.parse_limits(["create/writes=2"]))
    assert rounds.broken(report.parse_limits(["create/writes=1.5"])) == [
        "create/writes: 2.00, at most 1.50"]
    assert rounds.broken({"create/gone": 1}) == ["create/gone: no such figure"]
    assert "(1.00 to 9.00)" in "\n".join(rounds.lines())


def test_documents_of_kubectl_come_one_after_another_or_as_a_list():
    one, two = {"kind": "A"}, {"kind": "B"}
    assert programs.read_documents(json.dumps(one) + "\n" + json.dumps(two) + "\n") == [one, two]
    assert programs.read_documents(json.dumps({"kind": "List", "items": [one, two]})) == [one, two]
