#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks docs/rules.csv, the map from rule to test.

Fails when a row names a test that is not there, when a rule has no test, when a rule stands twice
or when a section that the project covers has no row at all.
"""

import csv
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMNS = ["section", "rule", "test_file", "test_name"]
SECTIONS = {"1": "vocabulary", "2": "API", "3": "admission of sets", "4": "admission of pods",
            "5": "set reconciler", "6": "group reconciler", "7": "processes"}


def names_in(path: pathlib.Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return set(re.findall(r"^\s*(?:async )?def (test_\w+)", text, re.M))
    # A TEST_CASE name may be split over lines into adjacent literals.
    found = set()
    for match in re.finditer(r"TEST_CASE\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)", text):
        parts = re.findall(r"\"((?:[^\"\\]|\\.)*)\"", match.group(1))
        found.add(re.sub(r"\\(.)", r"\1", "".join(parts)))
    return found


def problems() -> list[str]:
    out: list[str] = []
    with open(ROOT / "docs" / "rules.csv", newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            return [f"docs/rules.csv: the header is {reader.fieldnames}, expected {COLUMNS}"]
        rows = list(reader)
    seen: set[tuple[str, str]] = set()
    cache: dict[str, set[str]] = {}
    for number, row in enumerate(rows, start=2):
        where = f"docs/rules.csv:{number}"
        if row["section"] not in SECTIONS:
            out.append(f"{where}: unknown section '{row['section']}'")
        key = (row["section"], row["rule"])
        if key in seen:
            out.append(f"{where}: the rule stands twice: {row['rule']}")
        seen.add(key)
        if not row["test_name"]:
            out.append(f"{where}: rule without a test: {row['rule']}")
            continue
        path = ROOT / row["test_file"]
        if not path.is_file():
            out.append(f"{where}: no such file: {row['test_file']}")
            continue
        if row["test_file"] not in cache:
            cache[row["test_file"]] = names_in(path)
        if row["test_name"] not in cache[row["test_file"]]:
            out.append(f"{where}: {row['test_file']} has no test '{row['test_name']}'")
    for section, title in SECTIONS.items():
        if not any(row["section"] == section for row in rows):
            out.append(f"docs/rules.csv: no rule of section {section} ({title})")
    if not out:
        print(f"docs/rules.csv: {len(rows)} rules, each with a test")
    return out


if __name__ == "__main__":
    found = problems()
    print("\n".join(found), file=sys.stderr) if found else None
    sys.exit(1 if found else 0)
