# SPDX-License-Identifier: Apache-2.0
"""Makes a case smaller as long as it still shows what it shows."""
import copy
import dataclasses

MOST_TRIES = 1500


def _places(value, path=()):
    """Paths of everything below, the outermost first, so that large pieces go early."""
    level = [(path, value)]
    while level:
        below = []
        for at, node in level:
            entries = ()
            if isinstance(node, (dict, list)):
                entries = node.items() if isinstance(node, dict) else enumerate(node)
            for key, child in entries:
                yield at + (key,)
                below.append((at + (key,), child))
        level = below


def _without(value, path):
    """A copy without the member or element; None when the place is gone."""
    out = copy.deepcopy(value)
    holder = out
    try:
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    return out


def _simpler(node):
    """Smaller values of the same type."""
    if isinstance(node, str) and node:
        half = len(node) // 2
        return [text for text in ("", "a", node[:half], node[half:], node[:-1])
                if len(text) < len(node)]
    if isinstance(node, bool) or node is None:
        return []
    if isinstance(node, (int, float)) and node not in (0, 1):
        return [0, 1]
    if isinstance(node, (dict, list)) and node:
        return [type(node)()]
    return []


def _replaced(value, path, new):
    out = copy.deepcopy(value)
    holder = out
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = new
    return out


def _at(value, path):
    for key in path:
        value = value[key]
    return value


class _Search:
    def __init__(self, shows):
        self._shows = shows
        self.tries = 0

    def accepts(self, case):
        if self.tries >= MOST_TRIES:
            return False
        self.tries += 1
        return self._shows(case)


def _shrink_review(case, search):
    changed = True
    while changed and search.tries < MOST_TRIES:
        changed = False
        for path in list(_places(case.review)):
            smaller = _without(case.review, path)
            if smaller is not None and search.accepts(dataclasses.replace(case, review=smaller)):
                case, changed = dataclasses.replace(case, review=smaller), True
        for path in list(_places(case.review)):
            for value in _simpler(_at(case.review, path)):
                smaller = _replaced(case.review, path, value)
                if search.accepts(dataclasses.replace(case, review=smaller)):
                    case, changed = dataclasses.replace(case, review=smaller), True
                    break
            if changed:
                break
    return case


def _shrink_bytes(case, search):
    step = max(1, len(case.raw) // 2)
    while step:
        at = 0
        while at < len(case.raw):
            smaller = dataclasses.replace(case, raw=case.raw[:at] + case.raw[at + step:])
            if search.accepts(smaller):
                case = smaller
            else:
                at += step
            if search.tries >= MOST_TRIES:
                return case
        step //= 2
    return case


def shrink(case, shows):
    """The smallest case found for which `shows(case)`; the case itself must show it."""
    search = _Search(shows)
    return _shrink_bytes(case, search) if case.raw is not None else _shrink_review(case, search)
