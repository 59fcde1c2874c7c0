#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sees that docs/configuration.md names every field and flag that the programs read, and no other.

That the defaults it shows are those of the code is a unit test's matter (pkg/lws/config).
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs/configuration.md"
SOURCES = ROOT / "pkg/lws/config"
# A reader of one member: {"name", [&](const Value& v) {...}}, {"name", read_it} or {"name", nullptr}.
FIELD = re.compile(r'\{"([A-Za-z]+)",\s+(?:\[|nullptr|read_|check_)')
# Of every document of the API.
ENVELOPE = {"apiVersion", "kind"}


def fields_of_code(source: str) -> set[str]:
    return set(FIELD.findall((SOURCES / source).read_text(encoding="utf-8"))) - ENVELOPE


def fields_of_table(section: str) -> set[str]:
    """Every name on the way: `webhook.port` is webhook and port."""
    paths = re.findall(r"^\| `([A-Za-z.]+)` \|", section, re.MULTILINE)
    return {name for path in paths for name in path.split(".")}


def flags_of_code() -> set[str]:
    text = (SOURCES / "options.cpp").read_text(encoding="utf-8")
    return set(re.findall(r'app\.add_(?:flag|option)\("(--[a-z-]+)"', text)) | {"--help"}


def main() -> int:
    text = DOCUMENT.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    rows = re.findall(r"^\| (`--.*?) \|", sections["Flags"], re.MULTILINE)
    expected = {
        "--config": (fields_of_code("configuration.cpp"), fields_of_table(sections["`--config`"])),
        "--extra-config": (fields_of_code("extra_configuration.cpp"),
                           fields_of_table(sections["`--extra-config`"])),
        "flags": (flags_of_code(), {flag for row in rows for flag in re.findall(r"--[a-z-]+", row)}),
    }
    failed = False
    for where, (code, document) in expected.items():
        for name in sorted(code ^ document):
            what = "is read but not told" if name in code else "is told but not read"
            print(f"docs/configuration.md, {where}: {name} {what}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
