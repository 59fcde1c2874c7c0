# SPDX-License-Identifier: Apache-2.0
"""The sets of the soak: what is done to their groups, and what must have come of it."""

from __future__ import annotations

import collections
import json
import random
from collections.abc import Callable

import programs
from api import MERGE_PATCH, Api

NAMESPACE = "soak"
PREFIX = "leaderworkerset.sigs.k8s.io/"
SETS, REPLICAS, SIZE = 4, 4, 2
_LWS = f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/{NAMESPACE}/leaderworkersets"
_STATEFUL_SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets"
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
# Where the controller that leads keeps what the next one must know (group_mark.hpp):
# `1;SET;GROUP=LEADER.MEMBERS;…` with a hash of the leader's UID.
MEMORY = PREFIX + "group-memory"


def hash_of(uid: str) -> str:
    """FNV-1a of 64 bits, in base 36."""
    number = 0xCBF29CE484222325
    for byte in uid.encode():
        number = (number ^ byte) * 0x100000001B3 % 2**64
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + text
    return text


def leaders_of(name: str) -> list[str]:
    return [f"{name}-{group}" for group in range(REPLICAS)]


def names_of(name: str) -> set[str]:
    return {pod for leader in leaders_of(name) for pod in
            [leader] + [f"{leader}-{worker}" for worker in range(1, SIZE)]}


def make_set(name: str, image: str) -> dict:
    template = {"spec": {
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
        "containers": [{"name": "main", "image": image}],
    }}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": {"replicas": REPLICAS,
                 "leaderWorkerTemplate": {"size": SIZE, "workerTemplate": template}},
    }


def is_ready(pod: dict) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and any(
        c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


def is_available(body: dict) -> bool:
    status = body.get("status", {})
    return status.get("observedGeneration") == body["metadata"]["generation"] and any(
        c["type"] == "Available" and c["status"] == "True" for c in status.get("conditions", []))


class Groups:
    def __init__(self, api: Api, chance: random.Random) -> None:
        self._api, self._chance = api, chance
        self._sets = [f"set-{i}" for i in range(SETS)]
        # Of each leader: how often it must have been made, and its UID when all was well.
        self.expected: dict[str, int] = collections.Counter()
        self._uids: dict[str, str] = {}
        self._renewed: set[str] = set()  # leaders that must be others at the next look
        self.failures = self.rollouts = 0

    def create(self) -> None:
        self._api.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        for name in self._sets:
            self._api.create(_LWS, make_set(name, "registry.local/none:0"))
            self._renew(leaders_of(name))
        self.wait_settled(120)

    def _renew(self, leaders: list[str]) -> None:
        for leader in leaders:
            self.expected[leader] += 1
            self._renewed.add(leader)

    def _remembered(self) -> dict[str, str]:
        """{leader: hash of the UID under which the annotation knows its group as complete}."""
        found = {}
        for body in self._api.get(_STATEFUL_SETS)["items"]:
            mark = body["metadata"].get("annotations", {}).get(MEMORY, "")
            for entry in mark.split(";")[2:]:
                group, _, text = entry.partition("=")
                found[f"{body['metadata']['name']}-{group}"] = text.partition(".")[0]
        return found

    def roll(self, number: int) -> str:
        """A new template for one of the sets, which is returned."""
        name = self._sets[number % len(self._sets)]
        image = f"registry.local/none:{number + 1}"
        template = make_set(name, image)["spec"]["leaderWorkerTemplate"]["workerTemplate"]
        patch = {"spec": {"leaderWorkerTemplate": {"workerTemplate": template}}}
        self._api.request("PATCH", f"{_LWS}/{name}", patch, MERGE_PATCH)
        self._renew(leaders_of(name))
        self.rollouts += 1
        return name

    def fail(self, count: int, besides: str) -> None:
        """Force-deletes a worker in so many groups of the other sets. Only groups that the annotation
        knows as they are: it is written every 5 s at most, and what happened after that is unknown to a
        controller that begins after a crash (docs/restarts.md)."""
        remembered = self._remembered()
        known = [leader for name in self._sets if name != besides for leader in leaders_of(name)
                 if leader not in self._renewed
                 and remembered.get(leader) == hash_of(self._uids[leader])]
        for leader in self._chance.sample(known, min(count, len(known))):
            self._api.request("DELETE", f"{_PODS}/{leader}-{self._chance.randrange(1, SIZE)}",
                              {"gracePeriodSeconds": 0})
            self._renew([leader])
            self.failures += 1

    def wait_settled(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Until every set is Available with exactly its pods, all Ready, and every leader that must be
        another is; then the others must be those that they were."""
        try:
            programs.wait_until("all groups", lambda: meanwhile() or self._is_settled(), seconds, 0.2)
        except TimeoutError as e:
            raise TimeoutError(f"lost: {json.dumps(self._why)}") from e
        pods = self._pods()
        for leader in sorted(self._uids.keys() - self._renewed):
            if pods[leader]["metadata"]["uid"] != self._uids[leader]:
                raise AssertionError(f"{leader} was restarted, and nothing had happened to its group")
        self._uids = {leader: pods[leader]["metadata"]["uid"] for leader in self.expected}
        self._renewed = set()

    def _pods(self) -> dict[str, dict]:
        return {pod["metadata"]["name"]: pod for pod in self._api.get(_PODS)["items"]}

    def _is_settled(self) -> bool:
        pods = self._pods()
        wanted = set().union(*map(names_of, self._sets))
        self._why = {
            "absent": sorted(wanted - pods.keys()), "too many": sorted(pods.keys() - wanted),
            "not ready": sorted(name for name, pod in pods.items() if not is_ready(pod)),
            "not restarted": sorted(leader for leader in self._renewed & pods.keys()
                                    if pods[leader]["metadata"]["uid"] == self._uids.get(leader)),
        }
        if any(self._why.values()):
            return False
        self._why["not available"] = [body["metadata"]["name"] for body in
                                      self._api.get(_LWS)["items"] if not is_available(body)]
        return not self._why["not available"]
