# SPDX-License-Identifier: Apache-2.0
"""Workers of very many groups are deleted by force, while the machine is busy: is each failure
answered, once? Judged by the API server's audit log."""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import control_plane
from api import Api
from audit import CONTROLLER, STATEFUL_SETS, AuditLog, Call, is_write
from programs import CONTROLLER_COMMAND, WEBHOOK_COMMAND, Commands, prepare_cluster, running, wait_until
from scenes import Stage, make_set

GROUPS_OF_SET = 50
PODS_OF_NODE = 200
USERS = frozenset({CONTROLLER, STATEFUL_SETS})
# What is remembered of groups is written up to 5 s after it changed.
QUIET = 8.0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="recovery campaign")
    number = {"type": int, "metavar": "N"}
    parser.add_argument("--groups", default=1000, **number)
    parser.add_argument("--size", default=3, **number)
    parser.add_argument("--busy", default=os.cpu_count(), help="processes that only burn time", **number)
    parser.add_argument("--writers", default=8, help="deletions at once", **number)
    parser.add_argument("--timeout", default=1200, help="seconds for all to be Ready", **number)
    parser.add_argument("--command", default=CONTROLLER_COMMAND, help="of the controller")
    parser.add_argument("--webhook-command", default=WEBHOOK_COMMAND,
                        help="empty: the controller is the webhook, too")
    parser.add_argument("--backoff", action="store_true", help="as it is by default; else it is off")
    options = parser.parse_args(arguments)
    options.nodes = options.groups * options.size // PODS_OF_NODE + 2
    return options


class Busy:
    """Takes every processor's time for as long as the block runs."""

    def __init__(self, count: int) -> None:
        self._words, self._count = [sys.executable, "-c", "while True: pass"], count
        self._processes: list[subprocess.Popen] = []

    def __enter__(self) -> Busy:
        self._processes = [subprocess.Popen(self._words) for _ in range(self._count)]
        return self

    def __exit__(self, *_) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


class Campaign:
    def __init__(self, stage: Stage, log: AuditLog, options: argparse.Namespace) -> None:
        self.stage, self.log, self.options = stage, log, options
        sizes = [min(GROUPS_OF_SET, options.groups - at)
                 for at in range(0, options.groups, GROUPS_OF_SET)]
        self.sets = {f"set-{i:03}": count for i, count in enumerate(sizes)}
        self.leaders = [f"{name}-{group}" for name, count in self.sets.items()
                        for group in range(count)]

    def members(self, leader: str) -> list[str]:
        return [leader, *(f"{leader}-{worker}" for worker in range(1, self.options.size))]

    def are_ready(self, before: dict[str, str] | None = None) -> bool:
        """All pods; with `before`, each leader is another one than that."""
        pods = dict(self.stage.table.pods)
        return all(name in pods and pods[name].ready for leader in self.leaders
                   for name in self.members(leader)) and (
            before is None or all(pods[leader].uid != before[leader] for leader in self.leaders))

    def create(self) -> None:
        self.stage.api.create_all(
            (self.stage.sets_path, make_set(name, count, self.options.size))
            for name, count in self.sets.items())
        wait_until("all pods Ready", self.are_ready, self.options.timeout, 0.5)
        self.calls_until_quiet()

    def calls_until_quiet(self) -> list[Call]:
        found = self.log.until_quiet(USERS, QUIET, self.options.timeout)
        return [c for c in found if c.namespace == self.stage.namespace and c.status < 300]

    def delete_workers(self) -> None:
        """One of each group, by force; the first and the last in turn."""
        victims = [self.members(leader)[1 + i % (self.options.size - 1)]
                   for i, leader in enumerate(self.leaders)]

        def delete(name: str) -> None:
            self.stage.api.delete(f"{self.stage.pods_path}/{name}?gracePeriodSeconds=0")
        with concurrent.futures.ThreadPoolExecutor(self.options.writers) as pool:
            for done in [pool.submit(delete, name) for name in victims]:
                done.result()

    def run(self) -> int:
        before = {leader: self.stage.table.pods[leader].uid for leader in self.leaders}
        began = time.monotonic()
        with Busy(self.options.busy):
            self.delete_workers()
            deleted = time.monotonic()
            try:
                wait_until("all groups anew", lambda: self.are_ready(before),
                           self.options.timeout / 4, 0.5)
            except TimeoutError as e:
                print(f"campaign: {e}")
            recovered = time.monotonic()
            calls = self.calls_until_quiet()
        print(f"{len(self.leaders)} workers of as many groups of {self.options.size} deleted by force "
              f"in {deleted - began:.1f} s, all groups Ready again after {recovered - began:.1f} s, "
              f"{self.options.busy} busy processes beside")
        return self.judge(calls)

    def judge(self, calls: list[Call]) -> int:
        made = collections.Counter(
            c.name for c in calls if c.user == STATEFUL_SETS and (c.verb, c.resource) ==
            ("create", "pods"))
        deleted = collections.Counter(
            c.name for c in calls if c.user == CONTROLLER and (c.verb, c.resource) ==
            ("delete", "pods"))
        wrong = [leader for leader in self.leaders if made[leader] != 1 or deleted[leader] != 1]
        for title, counts in (("leader's UID changed", made), ("leader deleted by us", deleted)):
            times = collections.Counter(counts[leader] for leader in self.leaders)
            print(f"{title}: " + ", ".join(f"{n} times: {c} groups" for n, c in sorted(times.items())))
        writes = sum(c.user == CONTROLLER and is_write(c.verb, c.resource) for c in calls)
        print(f"writes of the controller: {writes / len(self.leaders):.2f} a recovery")
        for leader in wrong[:10]:
            print(f"wrong: {leader}: made {made[leader]} times, deleted {deleted[leader]} times")
        return 1 if wrong else 0


def measure(options: argparse.Namespace) -> int:
    api = Api()
    with tempfile.TemporaryDirectory() as name, AuditLog(control_plane.audit_log()) as log:
        folder = pathlib.Path(name)
        prepare_cluster(api, folder)
        command = options.command
        if not options.backoff and command == CONTROLLER_COMMAND:
            extra = folder / "extra.yaml"
            extra.write_text("apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: ExtraConfiguration\n"
                             "controller: {recreationBackoff: {first: 0s}}\n", encoding="ascii")
            command += f" --extra-config={extra}"
        with running(api, Commands(command, options.webhook_command or None), folder) as programs:
            stage = Stage(api, "campaign", programs, log)
            try:
                campaign = Campaign(stage, log, options)
                campaign.create()
                return campaign.run()
            finally:
                stage.close()
