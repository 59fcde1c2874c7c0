# SPDX-License-Identifier: Apache-2.0
"""The command line and the report."""
import argparse
import io
import json
import os
import sys

from . import run
from .exchange import ASPECTS
from .generate import case_number

LOW_COUNT = 1000
LOW_COUNT_FROM = 100_000


def _arguments(words):
    parser = argparse.ArgumentParser(
        prog="differential", description="Compares two admission webhooks on generated reviews.",
        epilog="Exit 0: every difference is explained. 1: some are not. 2: it could not be run.")
    parser.add_argument("ours", help="base URL of this implementation's webhook, https://HOST:PORT")
    parser.add_argument("peer", help="base URL of the webhook that it is compared with")
    parser.add_argument("--ours-ca", metavar="FILE", help="CA certificates (PEM) for ours")
    parser.add_argument("--peer-ca", metavar="FILE", help="CA certificates (PEM) for the peer")
    parser.add_argument("--insecure", action="store_true", help="check no certificate")
    parser.add_argument("--seed", default="1", help="any text (default: %(default)s)")
    parser.add_argument("--count", type=int, default=100_000, help="cases (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, metavar="N",
                        help="number of the first case (default: 0)")
    parser.add_argument("--workers", type=int, default=max(2, os.cpu_count() or 2),
                        help="processes (default: %(default)s)")
    parser.add_argument("--show", type=int, metavar="N",
                        help="print case N and both answers, and compare nothing else")
    return parser.parse_args(words)


def _settings(arguments):
    return run.Settings(arguments.seed, arguments.ours, arguments.peer, arguments.ours_ca,
                        arguments.peer_ca, arguments.insecure)


def _print_case(case):
    print(f"    POST {case.path}")
    if case.content_type != "application/json":
        print(f"    Content-Type: {case.content_type}")
    if case.raw is None:
        print(f"    {json.dumps(case.review, ensure_ascii=False)}")
    else:
        text = repr(case.raw)
        print(f"    {text if len(text) <= 4000 else text[:4000] + ' …'}")


def _print_answers(verdict):
    for aspect in verdict.aspects:
        print(f"    {ASPECTS[aspect]}:")
        for side, answer in (("ours", verdict.ours), ("peer", verdict.peer)):
            print(f"      {side}  {getattr(answer, aspect)}")


def _print_counts(title, counts):
    print(f"\n{title}")
    for name, count in counts:
        print(f"  {count:8}  {name}")


def _report(arguments, totals):
    rate = totals.cases / totals.seconds if totals.seconds else 0
    last = arguments.first + arguments.count - 1
    print(f"seed {arguments.seed}, cases {arguments.first} to {last}: "
          f"{totals.cases} cases in {totals.seconds:.0f} s, {rate:.0f} a second")
    _print_counts("cases of each rule", sorted(totals.rules.items()))
    low = [rule for rule, count in totals.rules.items() if count < LOW_COUNT]
    if low and totals.cases >= LOW_COUNT_FROM:
        print(f"  below {LOW_COUNT}: {', '.join(sorted(low))}")
    _print_counts("deliberate differences, and how many cases each explained",
                  [(f"{d.name}: {d.reason}", totals.explained[d.name]) for d in run.KNOWN])
    number = sum(totals.unexplained.values())
    print(f"\nunexplained: {number} cases of {len(totals.unexplained)} kinds")
    for kind, count in totals.unexplained.most_common():
        print(f"\n  {count} times: {kind}")
        if kind in totals.examples:
            print(f"    first in case {totals.examples[kind].index}, shrunk:")
            _print_case(totals.examples[kind].case)
            _print_answers(totals.examples[kind].verdict)
    return 1 if number else 0


def _say(totals, seconds):
    if sys.stderr.isatty() and totals.cases % 5000 < run.CHUNK:
        unexplained = sum(totals.unexplained.values())
        print(f"\r{totals.cases} cases, {seconds:.0f} s, {unexplained} unexplained ", end="",
              file=sys.stderr, flush=True)


def _show(arguments):
    case = case_number(arguments.seed, arguments.show)
    _print_case(case)
    ours, peer, verdict = run.Judge(*run.targets(_settings(arguments))).judge(case)
    for side, answer in (("ours", ours), ("peer", peer)):
        print(f"  {side}: {json.dumps(answer.text(), ensure_ascii=False)}")
    print(f"  explained: {', '.join(verdict.explained) or 'nothing'}")
    _print_answers(verdict)
    return 1 if verdict.aspects else 0


def main(words):
    arguments = _arguments(words)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if arguments.show is not None:
            return _show(arguments)
        totals = run.run(_settings(arguments), arguments.count, arguments.first, arguments.workers,
                         _say)
    except (OSError, ValueError) as e:
        print(f"differential: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return _report(arguments, totals)
