# SPDX-License-Identifier: Apache-2.0
"""One review to be sent, and the names that its objects use."""
import dataclasses
import json

MUTATE_SET = "/mutate-leaderworkerset-x-k8s-io-v1-leaderworkerset"
VALIDATE_SET = "/validate-leaderworkerset-x-k8s-io-v1-leaderworkerset"
MUTATE_POD = "/mutate--v1-pod"
VALIDATE_POD = "/validate--v1-pod"
PATHS = (MUTATE_SET, VALIDATE_SET, MUTATE_POD, VALIDATE_POD)
SET_PATHS = (MUTATE_SET, VALIDATE_SET)

# A member of the review that nobody reads.
FILL = "xFill"

PREFIX = "leaderworkerset.sigs.k8s.io/"
NAME = PREFIX + "name"
GROUP_INDEX = PREFIX + "group-index"
WORKER_INDEX = PREFIX + "worker-index"
GROUP_KEY = PREFIX + "group-key"
REVISION = PREFIX + "template-revision-hash"
SUBGROUP_INDEX = PREFIX + "subgroup-index"
SUBGROUP_KEY = PREFIX + "subgroup-key"
SIZE = PREFIX + "size"
LEADER_NAME = PREFIX + "leader-name"
EXCLUSIVE = PREFIX + "exclusive-topology"
SUBGROUP_EXCLUSIVE = PREFIX + "subgroup-exclusive-topology"
SUBGROUP_SIZE = PREFIX + "subgroup-size"
SUBGROUP_TYPE = PREFIX + "subgroup-policy-type"
SUBDOMAIN_POLICY = PREFIX + "subdomainPolicy"
LEADER_TPUS = PREFIX + "leader-requests-tpus"
RESTART_GRACE = PREFIX + "restart-grace-period-seconds"
TERMINATION = PREFIX + "pod-termination-policy"
POD_GROUP = "scheduling.k8s.io/group-name"
TPU = "google.com/tpu"
JSON_TYPE = "application/json"


def member(value, *path):
    """The value below `path`, or None when a step is missing or leads into something else."""
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def items(value, *path):
    found = member(value, *path)
    return found if isinstance(found, list) else []


def mapping(value, *path):
    found = member(value, *path)
    return found if isinstance(found, dict) else {}


def odd_text(random):
    """A few characters of anywhere in Unicode, where printing and escaping have their corners."""
    ranges = [(0, 0x20), (0x20, 0x7f), (0x7f, 0xa1), (0xa1, 0x250), (0x250, 0x3000),
              (0x3000, 0xd800), (0xe000, 0x10000), (0x10000, 0x20000), (0xe0000, 0x110000)]
    return "".join(chr(random.randrange(*random.choice(ranges)))
                   for _ in range(random.randint(1, 4)))


def labels(item):
    return mapping(item, "metadata", "labels")


def annotations(item):
    return mapping(item, "metadata", "annotations")


@dataclasses.dataclass(frozen=True)
class Case:
    """What goes over the wire: a JSON review, or bytes that need not be one."""
    path: str
    review: object = None
    raw: bytes | None = None
    content_type: str | None = JSON_TYPE
    kind: str = ""

    def body(self):
        if self.raw is not None:
            return self.raw
        try:
            return json.dumps(self.review, separators=(",", ":"), ensure_ascii=False).encode()
        except UnicodeEncodeError:
            # Halves of surrogate pairs, which only escapes can carry.
            return json.dumps(self.review, separators=(",", ":")).encode()

    def parsed(self):
        """The review as a reader sees it for whom the last of duplicate members wins."""
        if self.raw is None:
            return self.review
        try:
            return json.loads(self.raw)
        except (ValueError, RecursionError):
            return None

    @property
    def request(self):
        return mapping(self.parsed(), "request")

    @property
    def operation(self):
        return self.request.get("operation")

    @property
    def item(self):
        return self.request.get("object")

    @property
    def old(self):
        return self.request.get("oldObject")

    def with_request(self, **members):
        """The same case with other members of the request. Not filled up: it would be too large."""
        review = {key: value for key, value in self.parsed().items() if key != FILL}
        review["request"] = {**self.request, **members}
        return dataclasses.replace(self, review=review, raw=None)

    @property
    def is_review(self):
        """True when the body is JSON with a request in it."""
        return isinstance(self.parsed(), dict) and isinstance(self.parsed().get("request"), dict)


def review_of(operation, item, old=None, uid="705ab4f5-6393-11e8-b7cc-42010a800002"):
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
            "request": {"uid": uid, "operation": operation, "object": item, "oldObject": old,
                        "dryRun": False, "options": None}}
