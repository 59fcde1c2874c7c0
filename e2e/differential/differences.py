# SPDX-License-Identifier: Apache-2.0
"""The frame of the deliberate differences: what one is, and how a pair of answers is judged.

A difference takes away from the two answers exactly what it stands for. What is left must be equal;
so several may meet in one case, and none hides what it does not name.
"""
import dataclasses
from typing import Callable

from .cases import Case
from .exchange import Answer, differing, with_object
from .model import join_errors, split_errors


@dataclasses.dataclass(frozen=True)
class Comparison:
    case: Case
    ours: Answer
    peer: Answer
    ask_ours: Callable
    ask_peer: Callable

    def with_answers(self, ours, peer, case=None):
        return dataclasses.replace(self, ours=ours, peer=peer, case=case or self.case)


@dataclasses.dataclass(frozen=True)
class Difference:
    """`reconcile` gives the two answers without the difference, or None when it is not there.

    It may give a third value: the case that was asked in place of the first one.
    """
    name: str
    reason: str
    reconcile: Callable


@dataclasses.dataclass(frozen=True)
class Verdict:
    explained: tuple
    aspects: tuple  # that differ still
    ours: Answer
    peer: Answer

    def shown(self):
        """What a smaller case must show to be the same mismatch."""
        return self.aspects, self.ours.code, self.peer.code


def judge(comparison, known):
    """Explains as much as `known` can."""
    explained = []
    while True:
        aspects = differing(comparison.ours, comparison.peer)
        rest = [d for d in known if d.name not in explained]
        for difference in rest if aspects else ():
            answers = difference.reconcile(comparison)
            if answers and answers[:2] != (comparison.ours, comparison.peer):
                comparison = comparison.with_answers(*answers)
                explained.append(difference.name)
                break
        else:
            return Verdict(tuple(explained), tuple(aspects), comparison.ours, comparison.peer)


def allowed_like(answer, case):
    """The answer to a validated object without any error."""
    return with_object(dataclasses.replace(answer, allowed=True, code=200, reason=None, message=""),
                       case.item)


def without_errors(answer, unwanted, case):
    """The denial without the errors for which `unwanted(text)`; None when there is none of them."""
    if answer.code != 403:
        return None
    errors = split_errors(answer.message)
    kept = [e for e in errors if not unwanted(e)]
    if len(kept) == len(errors):
        return None
    if not kept:
        return allowed_like(answer, case)
    return dataclasses.replace(answer, message=join_errors(kept))
