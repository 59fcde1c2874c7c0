# SPDX-License-Identifier: Apache-2.0
"""For tests: webhooks in memory, and the answers that they give."""
import base64
import json

from . import model, run
from .exchange import read_answer


def valid_set(**spec):
    return {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet",
            "metadata": {"name": "vllm", "namespace": "default"},
            "spec": {"replicas": 2, "leaderWorkerTemplate": {"size": 2, "workerTemplate": {
                "spec": {"containers": [{"name": "c"}]}}},
                "rolloutStrategy": {"type": "RollingUpdate", "rollingUpdateConfiguration": {
                    "partition": 0, "maxUnavailable": 1, "maxSurge": 0}}, **spec}}


def answer(allowed=True, code=200, message="", reason=None, patch=None, warnings=None, **more):
    status = {"metadata": {}, "code": code, **({"message": message} if message else {}),
              **({"reason": reason} if reason else {})}
    response = {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": allowed, "status": status,
                **more}
    if patch is not None:
        response["patch"] = base64.b64encode(json.dumps(patch).encode()).decode()
        response["patchType"] = "JSONPatch"
    if warnings:
        response["warnings"] = warnings
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def denied(*errors):
    return answer(False, 403, model.join_errors(list(errors)), "Forbidden")


class Fake:
    """A webhook in memory: a function from case to the answer's JSON."""

    def __init__(self, function):
        self._function = function
        self.asked = 0

    def ask(self, case):
        self.asked += 1
        given = self._function(case)
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        return read_answer(case, 200, body)


def judge(case, ours, peer):
    return run.Judge(Fake(ours), Fake(peer)).judge(case)[2]


def constant(given):
    return lambda case: given
