#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks docs/mutants.csv, the list of wrong versions of the code that tests must notice.

A row changes one place of shipped code so that it breaks one rule of docs/rules.csv; the test of
that rule must fail then (docs/run_mutants.py sees to it). Fails when a text is not in its file
exactly once, when a row names no rule, and when a rule of admission that a C++ test holds, or one
of the reconcilers that a unit test of pkg/lws holds, has no mutant. Blanks and line breaks of the
text match any others, so that formatting breaks no row.
"""

import csv
import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMNS = ["section", "rule", "file", "text", "replacement"]
SECTIONS = {"3", "4", "5", "6"}
# The reconcilers' rules are decided in pkg/lws; what controller/ tests beside that is how they are
# performed, and may have mutants.
RECONCILERS = {"5", "6"}
# The program that holds the tests of a folder; the longest prefix counts.
PROGRAMS = {
    "pkg/lws/": "lws_core_tests",
    "pkg/lws/client/": "lws_net_tests",
    # What of the client is decided without a socket.
    "pkg/lws/client/kubeconfig_test.cpp": "lws_core_tests",
    "pkg/lws/client/request_test.cpp": "lws_core_tests",
    "pkg/lws/client/retry_policy_test.cpp": "lws_core_tests",
    "pkg/lws/client/store_test.cpp": "lws_core_tests",
    "pkg/lws/client/timing_test.cpp": "lws_core_tests",
    "pkg/lws/client/watch_decoder_test.cpp": "lws_core_tests",
    "pkg/lws/client/watch_machine_test.cpp": "lws_core_tests",
    "pkg/lws/http/": "lws_net_tests",
    "pkg/lws/rules/model/": "lws_model_tests",
    "webhook/": "webhook_tests",
    "controller/": "controller_tests",
}


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One place in one file that reads differently."""

    file: str
    text: str
    replacement: str

    def pattern(self) -> re.Pattern[str]:
        return re.compile(r"\s+".join(re.escape(word) for word in self.text.split()))

    def places(self, source: str) -> int:
        return len(self.pattern().findall(source))

    def apply(self, source: str) -> str:
        return self.pattern().sub(lambda _: self.replacement, source)


@dataclasses.dataclass(frozen=True)
class Rule:
    section: str
    rule: str
    test_file: str
    test_name: str

    def program(self) -> str | None:
        prefixes = [prefix for prefix in PROGRAMS if self.test_file.startswith(prefix)]
        return PROGRAMS[max(prefixes, key=len)] if prefixes else None

    def needs_mutant(self) -> bool:
        return self.section not in RECONCILERS or self.test_file.startswith("pkg/lws/")


def read_rows(path: pathlib.Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_rules() -> dict[tuple[str, str], Rule]:
    """Rules of admission and of the reconcilers that a C++ test holds."""
    rows = read_rows(ROOT / "docs" / "rules.csv")
    rules = [Rule(**row) for row in rows]
    return {
        (rule.section, rule.rule): rule
        for rule in rules
        if rule.section in SECTIONS and rule.test_file.endswith(".cpp")
    }


def read_mutants() -> list[tuple[Rule, Mutation]]:
    """Every row of a list without problems."""
    rules = read_rules()
    return [
        (
            rules[(row["section"], row["rule"])],
            Mutation(row["file"], row["text"], row["replacement"]),
        )
        for row in read_rows(ROOT / "docs" / "mutants.csv")
    ]


def problems_of_row(row: dict[str, str], rules: dict[tuple[str, str], Rule]) -> list[str]:
    out = []
    rule = rules.get((row["section"], row["rule"]))
    if rule is None:
        out.append(f"no rule with a C++ test is called '{row['rule']}'")
    elif rule.program() is None:
        out.append(f"PROGRAMS in docs/mutants.py does not know the tests of {rule.test_file}")
    mutation = Mutation(row["file"], row["text"], row["replacement"])
    path = ROOT / mutation.file
    if mutation.file.endswith("_test.cpp") or "/testing/" in mutation.file or not path.is_file():
        out.append(f"no file of shipped code: {mutation.file}")
    elif not mutation.text.split():
        out.append("an empty text")
    elif mutation.text.split() == mutation.replacement.split():
        out.append("the replacement changes nothing")
    elif (places := mutation.places(path.read_text(encoding="utf-8"))) != 1:
        out.append(f"{places} places in {mutation.file} read '{mutation.text}', expected one")
    return out


def problems() -> list[str]:
    path = ROOT / "docs" / "mutants.csv"
    with open(path, newline="", encoding="utf-8") as file:
        header = next(csv.reader(file), [])
    if header != COLUMNS:
        return [f"docs/mutants.csv: the header is {header}, expected {COLUMNS}"]
    rows = read_rows(path)
    rules = read_rules()
    out = []
    seen: set[tuple[str, ...]] = set()
    for number, row in enumerate(rows, start=1):
        where = f"docs/mutants.csv, mutant {number}"
        out += [f"{where}: {problem}" for problem in problems_of_row(row, rules)]
        if tuple(row.values()) in seen:
            out.append(f"{where}: stands twice")
        seen.add(tuple(row.values()))
    needed = {key for key, rule in rules.items() if rule.needs_mutant()}
    for section, rule in needed - {(row["section"], row["rule"]) for row in rows}:
        out.append(f"docs/mutants.csv: no mutant for the rule of section {section}: {rule}")
    if not out:
        print(f"docs/mutants.csv: {len(rows)} mutants; {len(needed)} rules need one")
    return sorted(out)


if __name__ == "__main__":
    found = problems()
    print("\n".join(found), file=sys.stderr) if found else None
    sys.exit(1 if found else 0)
