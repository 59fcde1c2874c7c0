# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of a seed over several processes and adds up what they found."""
import collections
import concurrent.futures
import dataclasses
import re
import time

from .differences import Comparison, judge
from .differences_decoding import DIFFERENCES as OF_DECODING
from .differences_pods import DIFFERENCES as OF_PODS
from .differences_sets import DIFFERENCES as OF_SETS
from .exchange import Target
from .generate import case_number
from .rules import rules_of
from .shrink import shrink

KNOWN = OF_DECODING + OF_PODS + OF_SETS
CHUNK = 250
# A mismatch of a kind that was seen is counted, not shrunk again.
MOST_KINDS = 40


@dataclasses.dataclass(frozen=True)
class Settings:
    seed: str
    ours: str
    peer: str
    ours_ca: str | None = None
    peer_ca: str | None = None
    insecure: bool = False


@dataclasses.dataclass
class Mismatch:
    index: int
    signature: str
    case: object
    verdict: object


@dataclasses.dataclass
class Totals:
    cases: int = 0
    seconds: float = 0.0
    rules: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    explained: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    unexplained: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    examples: dict = dataclasses.field(default_factory=dict)

    def add(self, other):
        self.cases += other.cases
        self.rules += other.rules
        self.explained += other.explained
        self.unexplained += other.unexplained
        for signature, mismatch in other.examples.items():
            self.examples.setdefault(signature, mismatch)


def _plain(message):
    """A message without the case's own words, so that alike mismatches are counted together."""
    return re.sub(r'"(?:[^"\\]|\\.)*"|-?\d+', "*", message)[:160]


def signature(case, verdict):
    """What kind of mismatch it is."""
    said = ""
    if verdict.aspects != ("after_text",):
        ours, peer = (f"{a.code} {_plain(a.message)}" for a in (verdict.ours, verdict.peer))
        said = f" [{ours} | {peer}]"
    return f"{case.path} {','.join(verdict.aspects)}{said}"


class Judge:
    """Two targets and everything known about them. Used by one thread."""

    def __init__(self, ours, peer, known=None):
        self._ours, self._peer = ours, peer
        self._known = KNOWN if known is None else known

    def judge(self, case):
        ours, peer = self._ours.ask(case), self._peer.ask(case)
        comparison = Comparison(case, ours, peer, self._ours.ask, self._peer.ask)
        return ours, peer, judge(comparison, self._known)

    def require_both(self, index):
        """Raises ConnectionError when one is gone: what it does not answer would be noise."""
        for target in (self._ours, self._peer):
            try:
                target.wait_until_reachable()
            except OSError as e:
                raise ConnectionError(f"case {index}: no answer any more: {e}") from e


def targets(settings):
    return (Target(settings.ours, settings.ours_ca, settings.insecure),
            Target(settings.peer, settings.peer_ca, settings.insecure))


def _run(judge_of_two, seed, indices):
    totals = Totals()
    for index in indices:
        case = case_number(seed, index)
        ours, peer, verdict = judge_of_two.judge(case)
        if not (ours.http_status and peer.http_status):
            judge_of_two.require_both(index)
        totals.cases += 1
        totals.rules.update(set(rules_of(case, ours, peer)))
        totals.explained.update(verdict.explained)
        if verdict.aspects:
            kind = signature(case, verdict)
            totals.unexplained[kind] += 1
            totals.examples.setdefault(kind, Mismatch(index, kind, case, verdict))
    return totals


_judge = None  # of this worker process, set once when it starts


def _start(settings):
    global _judge  # pylint: disable=global-statement
    _judge = Judge(*targets(settings))


def _chunk(seed, first, last):
    return _run(_judge, seed, range(first, last))


def _shrunk(settings, mismatch):
    """The mismatch with the smallest review that differs in the same aspects."""
    judge_of_two = Judge(*targets(settings))
    shown = mismatch.verdict.shown()
    case = shrink(mismatch.case, lambda smaller: judge_of_two.judge(smaller)[2].shown() == shown)
    return dataclasses.replace(mismatch, case=case, verdict=judge_of_two.judge(case)[2])


def run(settings, count, first, workers, say):
    """Totals whose examples are shrunk. `say` is told how far it is."""
    for target in targets(settings):
        target.wait_until_reachable()
    began = time.monotonic()
    totals = Totals()
    with concurrent.futures.ProcessPoolExecutor(workers, initializer=_start,
                                                initargs=(settings,)) as pool:
        pending = {pool.submit(_chunk, settings.seed, at, min(at + CHUNK, first + count))
                   for at in range(first, first + count, CHUNK)}
        for future in concurrent.futures.as_completed(pending):
            totals.add(future.result())
            say(totals, time.monotonic() - began)
        totals.seconds = time.monotonic() - began
        kept = sorted(totals.examples.values(), key=lambda m: m.index)[:MOST_KINDS]
        shrunk = pool.map(_shrunk, [settings] * len(kept), kept)
        totals.examples = {m.signature: m for m in shrunk}
    return totals
