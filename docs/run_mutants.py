#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Applies each row of docs/mutants.csv to a copy of the tree and runs the test of its rule.

The test must fail. Ends with 1 when one does not, or when a mutant does not compile. Each worker
has a copy of the tree and a build folder under build/mutants, with the fastest build there is:
no optimisation, no sanitizers. Results are kept by the hash of the sources, so that a second run
does only what has changed.
"""

import argparse
import collections
import dataclasses
import hashlib
import json
import os
import pathlib
import queue
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

from mutants import ROOT, Mutation, Rule, problems, read_mutants

WORK = ROOT / "build" / "mutants"
RESULTS = WORK / "results.json"
REPORT = WORK / "report.md"
# The slowest of the tests takes seconds; a mutant may make it endless or hungry. Processor time is
# what counts, so that a busy machine kills no mutant.
TEST_CPU_SECONDS = 60
TEST_SECONDS = 600
TEST_BYTES = 4 << 30
# What each program is built from; a result is good as long as none of it changes.
SOURCES = {
    "lws_core_tests": ["pkg/lws"],
    "lws_net_tests": ["pkg/lws"],
    "lws_model_tests": ["pkg/lws"],
    "webhook_tests": ["pkg/lws", "webhook", "certs"],
    "controller_tests": ["pkg/lws", "controller", "certs"],
}
# Where the build puts it.
FOLDERS = {
    "lws_core_tests": "pkg/lws",
    "lws_net_tests": "pkg/lws",
    "lws_model_tests": "pkg/lws/rules/model",
    "webhook_tests": "webhook",
    "controller_tests": "controller",
}


@dataclasses.dataclass
class Outcome:
    status: str  # killed, survived, broken
    by: str  # what was seen
    seconds: float = 0.0


def tree_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    return [name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def hash_sources(program: str, files: list[str]) -> str:
    """Of all that tests share; the file of a test itself is hashed with its rule."""
    digest = hashlib.sha256()
    folders = tuple(folder + "/" for folder in SOURCES[program])
    for name in sorted(files):
        if name.startswith(folders) and not name.endswith("_test.cpp"):
            digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def limit_test() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (TEST_CPU_SECONDS, TEST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (TEST_BYTES, TEST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def test_spec(name: str) -> str:
    """The name as Catch2's test specification takes it literally."""
    return re.sub(r"([\\,\[\]*~\"])", r"\\\1", name)


class Worker:
    """A copy of the tree with a build folder; used by one thread."""

    def __init__(self, number: int) -> None:
        self.source = WORK / str(number) / "source"
        self.build = WORK / str(number) / "build"

    def copy_tree(self, files: list[str]) -> None:
        """Leaves files alone that are the same, so that nothing is built without need."""
        for name in files:
            target = self.source / name
            content = (ROOT / name).read_bytes()
            if not target.is_file() or target.read_bytes() != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                shutil.copymode(ROOT / name, target)

    def configure(self) -> None:
        subprocess.run(
            ["cmake", "-S", self.source, "-B", self.build, "-G", "Ninja",
             "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0"],
            check=True, stdout=subprocess.DEVNULL,
        )

    def make(self, programs: set[str], jobs: int) -> str | None:
        """Why the build failed, or nothing."""
        done = subprocess.run(
            ["cmake", "--build", self.build, f"-j{jobs}", "--target", *sorted(programs)],
            capture_output=True, text=True,
        )
        errors = [line for line in done.stdout.splitlines() if "error:" in line]
        return (errors or [done.stdout[-500:]])[0] if done.returncode else None

    def program(self, name: str) -> pathlib.Path:
        return self.build / FOLDERS[name] / name

    def test(self, rule: Rule) -> Outcome:
        command = [self.program(rule.program()), test_spec(rule.test_name), "-r", "compact",
                   "-w", "NoTests"]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace",
                timeout=TEST_SECONDS, preexec_fn=limit_test,
            )
        except subprocess.TimeoutExpired:
            return Outcome("killed", f"no end in {TEST_SECONDS} s")
        if done.returncode == 0:
            return Outcome("survived", "")
        if done.returncode < 0:
            return Outcome("killed", signal.Signals(-done.returncode).name)
        place = re.search(r"([\w.]+\.[ch]pp:\d+): failed", done.stdout)
        return Outcome("killed", place.group(1) if place else f"status {done.returncode}")

    def try_mutation(self, mutation: Mutation, rules: list[Rule]) -> dict[Rule, Outcome]:
        path = self.source / mutation.file
        original = path.read_text(encoding="utf-8")
        path.write_text(mutation.apply(original), encoding="utf-8")
        begin = time.monotonic()
        try:
            if failure := self.make({rule.program() for rule in rules}, 1):
                return {rule: Outcome("broken", failure) for rule in rules}
            outcomes = {rule: self.test(rule) for rule in rules}
        finally:
            path.write_text(original, encoding="utf-8")
        for outcome in outcomes.values():
            outcome.seconds = round(time.monotonic() - begin, 1)
        return outcomes


def check_unchanged(worker: Worker, rules: set[Rule]) -> list[str]:
    """A test proves nothing that fails without a mutant, or that is not there."""
    out = []
    for program in {rule.program() for rule in rules}:
        listing = subprocess.run(
            [worker.program(program), "--list-test-names-only"], capture_output=True, text=True
        ).stdout
        names = set(listing.splitlines())
        for rule in sorted((r for r in rules if r.program() == program), key=lambda r: r.rule):
            if rule.test_name not in names:
                out.append(f"{program} has no test '{rule.test_name}'")
            elif (outcome := worker.test(rule)).status != "survived":
                out.append(f"{rule.test_name}: fails without a mutant: {outcome.by}")
    return out


class Run:
    def __init__(self, rows: list[tuple[Rule, Mutation]], files: list[str]) -> None:
        self.rows = rows
        self.hashes = {program: hash_sources(program, files) for program in SOURCES}
        self.results: dict[str, dict] = (
            json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        )
        self.lock = threading.Lock()

    def key(self, rule: Rule, mutation: Mutation) -> str:
        test_file = (ROOT / rule.test_file).read_text(encoding="utf-8")
        parts = [self.hashes[rule.program()], test_file, rule.test_name]
        parts += dataclasses.astuple(mutation)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def to_do(self) -> "queue.SimpleQueue[tuple[Mutation, list[Rule]]]":
        jobs: dict[Mutation, list[Rule]] = collections.defaultdict(list)
        # One mutant of each rule first: a run that is cut short has seen all rules then.
        first = set({rule: mutation for rule, mutation in reversed(self.rows)}.values())
        for rule, mutation in self.rows:
            done = self.results.get(self.key(rule, mutation), {})
            # A build may break for reasons of the machine.
            if done.get("status", "broken") == "broken":
                jobs[mutation].append(rule)
        out: queue.SimpleQueue = queue.SimpleQueue()
        # Mutants of one file in a row need one compilation each.
        for mutation in sorted(jobs, key=lambda job: (job not in first, job.file, job.text)):
            out.put((mutation, jobs[mutation]))
        return out

    def work(self, worker: Worker, jobs: "queue.SimpleQueue") -> None:
        while True:
            try:
                mutation, rules = jobs.get_nowait()
            except queue.Empty:
                return
            outcomes = worker.try_mutation(mutation, rules)
            with self.lock:
                for rule, outcome in outcomes.items():
                    self.results[self.key(rule, mutation)] = dataclasses.asdict(outcome)
                    print(f"{outcome.status:8} {outcome.seconds:5.1f} s  {mutation.file}: "
                          f"{mutation.text}  ->  {mutation.replacement}  [{outcome.by}]", flush=True)
                RESULTS.write_text(json.dumps(self.results, indent=1), encoding="utf-8")

    def report(self) -> int:
        """Writes the table and returns how many mutants were not killed."""
        lines = ["| section | rule | mutant | result |", "| --- | --- | --- | --- |"]
        count: collections.Counter[str] = collections.Counter()
        for rule, mutation in self.rows:
            outcome = Outcome(**self.results[self.key(rule, mutation)])
            count[outcome.status] += 1
            cells = [
                rule.section, rule.rule,
                f"{mutation.file}: `{mutation.text}` → `{mutation.replacement}`",
                f"{outcome.status}: {outcome.by}",
            ]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
            if outcome.status != "killed":
                print(f"{outcome.status}: {rule.rule}: {cells[2]} {outcome.by}")
        REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
        rules = len({rule for rule, _ in self.rows})
        print(f"{len(self.rows)} mutants of {rules} rules: " +
              ", ".join(f"{number} {status}" for status, number in sorted(count.items())) +
              f"; the table is in {REPORT.relative_to(ROOT)}")
        return count.total() - count["killed"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-j", "--jobs", type=int, default=min(2, os.cpu_count() or 1),
                        help="mutants at one time")
    parser.add_argument("--only", default="", help="mutants whose file or rule matches this")
    options = parser.parse_args()
    if found := problems():
        print("\n".join(found), file=sys.stderr)
        return 1
    rows = [
        (rule, mutation) for rule, mutation in read_mutants()
        if re.search(options.only, f"{mutation.file} {rule.rule}")
    ]
    files = tree_files()
    WORK.mkdir(parents=True, exist_ok=True)
    run = Run(rows, files)
    jobs = run.to_do()
    if not jobs.empty():
        workers = [Worker(number) for number in range(options.jobs)]
        programs = {rule.program() for rule, _ in rows}
        for worker in workers:
            worker.copy_tree(files)
            worker.configure()
            # All but the first find their objects in the compiler cache.
            if failure := worker.make(programs, os.cpu_count() or 1):
                print(f"the tree does not build: {failure}", file=sys.stderr)
                return 1
        if found := check_unchanged(workers[0], {rule for rule, _ in rows}):
            print("\n".join(found), file=sys.stderr)
            return 1
        threads = [threading.Thread(target=run.work, args=(worker, jobs)) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return 1 if run.report() else 0


if __name__ == "__main__":
    sys.exit(main())
