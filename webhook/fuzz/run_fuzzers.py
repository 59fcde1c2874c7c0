#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzz targets, each for an amount of processor time.

    webhook/fuzz/run_fuzzers.py --minutes 30                # all targets, two at a time
    webhook/fuzz/run_fuzzers.py --seconds 12 --seed 1 set   # one of them, shortly
    webhook/fuzz/run_fuzzers.py --merge                     # what is new into the corpus in the tree

Time is what the kernel says that a process has used, so that a busy machine, `nice`, or a pause by
SIGSTOP costs no testing. Each target is a process group of its own; --groups names a folder in which
a file stands for each group while it runs, for whoever wants to pause them. New inputs are kept in
build/fuzz/corpus, findings in build/fuzz/findings. Exit 1: a target found something, or did not run.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "webhook/fuzz"
TARGETS = ("codec", "json", "patch", "pod", "set")
# The longest input; reviews have room for two objects.
MAX_LENGTH = {"codec": 16384, "json": 4096, "patch": 4096, "pod": 16384, "set": 16384}
# libFuzzer's own limit for one input goes by the clock on the wall, which runs on while a process is
# paused; the targets measure processor time themselves and are stricter.
TIMEOUT_SECONDS = 1200
RSS_LIMIT_MB = 2048
# What a target may use beyond its time before it is taken for hanging.
GRACE_SECONDS = 60.0
POLL_SECONDS = 0.2


@dataclasses.dataclass
class Result:
    target: str
    cpu_seconds: float = 0.0
    executions: int = 0
    coverage_before: int = 0
    coverage_after: int = 0
    new_inputs: int = 0
    outcome: str = ""  # empty when nothing was found
    log: pathlib.Path = pathlib.Path()

    def line(self) -> str:
        rate = self.executions / self.cpu_seconds if self.cpu_seconds else 0.0
        return (f"{self.target:<6} {self.cpu_seconds:9.1f} {self.executions:12} {rate:9.0f} "
                f"{self.coverage_after:8} {self.coverage_after - self.coverage_before:+7} "
                f"{self.new_inputs:7}  {self.outcome or 'nothing found'}")


HEADER = (f"{'target':<6} {'CPU s':>9} {'executions':>12} {'per CPU s':>9} "
          f"{'coverage':>8} {'new':>7} {'inputs':>7}  result")


def processor_seconds(pid: int) -> float | None:
    """User and system time of a process and of its children that are gone; None without process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name may hold blanks and brackets.
    fields = text[text.rindex(")") + 2:].split()
    return sum(int(value) for value in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def read_log(text: str, result: Result) -> None:
    """Takes the figures out of what libFuzzer has printed."""
    coverage = [int(value) for value in re.findall(r"^#\d+\s.*? cov: (\d+)", text, re.M)]
    initial = re.findall(r"^#\d+\s+INITED cov: (\d+)", text, re.M)
    if coverage:
        result.coverage_after = coverage[-1]
        result.coverage_before = int(initial[0]) if initial else coverage[0]
    for pattern, name in ((r"^stat::number_of_executed_units:\s+(\d+)", "executions"),
                          (r"^stat::new_units_added:\s+(\d+)", "new_inputs")):
        if found := re.findall(pattern, text, re.M):
            setattr(result, name, int(found[-1]))
    if not result.executions and (seen := re.findall(r"^#(\d+)\s", text, re.M)):
        result.executions = int(seen[-1])


def what_was_found(text: str, code: int) -> str:
    for pattern in (r"^FINDING: .*", r"^.*ERROR: AddressSanitizer: \S+.*", r"^.*: runtime error: .*",
                    r"^.*ERROR: LeakSanitizer: .*", r"^.*ERROR: libFuzzer: .*"):
        if found := re.search(pattern, text, re.M):
            unit = re.search(r"Test unit written to (\S+)", text)
            return found.group(0)[:300] + (f" [{unit.group(1)}]" if unit else "")
    return f"ended with {code}, see its log" if code else ""


class Running:
    """One target as a process group."""

    def __init__(self, target: str, command: list[str], log: pathlib.Path, seconds: float):
        self.result = Result(target, log=log)
        self.seconds = seconds
        self.asked_to_end = False
        with open(log, "wb") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, start_new_session=True)

    @property
    def group(self) -> int:
        return self.process.pid

    def poll(self) -> bool:
        """True when it has ended. Asks it to end when its time is over, and makes it if it hangs."""
        # Before wait(): a process that has ended keeps its times until then.
        used = processor_seconds(self.process.pid)
        if used is not None:
            self.result.cpu_seconds = max(self.result.cpu_seconds, used)
        code = self.process.poll()
        if code is None:
            self.end_in_time()
            return False
        text = self.result.log.read_text(encoding="utf-8", errors="replace")
        read_log(text, self.result)
        self.result.outcome = what_was_found(text, code)
        if not self.result.outcome and not self.asked_to_end and "-runs=" not in " ".join(
                self.process.args):
            self.result.outcome = "ended before its time"
        return True

    def end_in_time(self) -> None:
        used = self.result.cpu_seconds
        if used >= self.seconds and not self.asked_to_end:
            # libFuzzer prints its statistics and ends with 0.
            self.asked_to_end = True
            os.killpg(self.group, signal.SIGUSR1)
        elif used >= self.seconds + GRACE_SECONDS:
            # It writes the input that it hangs in.
            os.killpg(self.group, signal.SIGABRT)

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.group, signal.SIGCONT)
            os.killpg(self.group, signal.SIGKILL)
            self.process.wait()


def run_all(commands: dict[str, list[str]], logs: pathlib.Path, seconds: float, jobs: int,
            groups: pathlib.Path | None = None, say=print) -> list[Result]:
    """Runs every command for so much processor time, `jobs` at a time."""
    logs.mkdir(parents=True, exist_ok=True)
    waiting = list(commands)
    running: list[Running] = []
    results: list[Result] = []
    say(HEADER)
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                target = waiting.pop(0)
                running.append(Running(target, commands[target], logs / f"{target}.log", seconds))
                if groups:
                    (groups / str(running[-1].group)).touch()
            for one in [one for one in running if one.poll()]:
                running.remove(one)
                results.append(one.result)
                if groups:
                    (groups / str(one.group)).unlink(missing_ok=True)
                say(one.result.line())
            time.sleep(POLL_SECONDS)
    finally:
        for one in running:
            one.stop()
            if groups:
                (groups / str(one.group)).unlink(missing_ok=True)
    return results


def fuzz_commands(targets: list[str], build: pathlib.Path, work: pathlib.Path,
                  seed: int) -> dict[str, list[str]]:
    commands = {}
    for target in targets:
        corpus = work / "corpus" / target
        findings = work / "findings" / target
        corpus.mkdir(parents=True, exist_ok=True)
        findings.mkdir(parents=True, exist_ok=True)
        commands[target] = [
            str(build / f"webhook/fuzz/fuzz_{target}"), f"-seed={seed}",
            f"-max_len={MAX_LENGTH[target]}", f"-timeout={TIMEOUT_SECONDS}",
            f"-rss_limit_mb={RSS_LIMIT_MB}", f"-dict={HERE / 'lws.dict'}",
            f"-artifact_prefix={findings}/", "-print_final_stats=1", "-reload=0",
            str(corpus), str(HERE / "corpus" / target)]
    return commands


def merge(targets: list[str], build: pathlib.Path, work: pathlib.Path, longest: int) -> int:
    """Adds to the corpus in the tree, which stays, few inputs that reach all edges it does not."""
    for target in targets:
        tree = HERE / "corpus" / target
        before = len(list(tree.iterdir()))
        done = subprocess.run(
            [str(build / f"webhook/fuzz/fuzz_{target}"), "-set_cover_merge=1", "-use_counters=0",
             f"-max_len={longest}", str(tree), str(work / "corpus" / target)],
            capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            print(f"{target}: merging ended with {done.returncode}\n{done.stderr[-2000:]}",
                  file=sys.stderr)
            return 1
        files = list(tree.iterdir())
        print(f"{target}: {len(files) - before} inputs more, {len(files)} of "
              f"{sum(file.stat().st_size for file in files)} bytes")
    return 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("targets", nargs="*", default=[], help=", ".join(TARGETS))
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--minutes", type=float, help="processor time of each target")
    amount.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    parser.add_argument("--groups", type=pathlib.Path, help="folder for files named by process group")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/fuzz")
    parser.add_argument("--work", type=pathlib.Path, help="for corpus, findings and logs; the same")
    parser.add_argument("--fresh", action="store_true", help="without the new inputs of earlier runs")
    parser.add_argument("--merge", action="store_true", help="bring new inputs into the tree")
    parser.add_argument("--merge-length", type=int, default=4096, help="of the longest to bring")
    options = parser.parse_args(arguments)
    targets = options.targets or list(TARGETS)
    if unknown := [target for target in targets if target not in TARGETS]:
        parser.error(f"no such target: {', '.join(unknown)}")
    work = options.work or options.build
    if options.merge:
        return merge(targets, options.build, work, options.merge_length)
    if options.fresh:
        for target in targets:
            shutil.rmtree(work / "corpus" / target, ignore_errors=True)
    seconds = options.seconds or 60.0 * (options.minutes or 30.0)
    commands = fuzz_commands(targets, options.build, work, options.seed)
    print(f"seed {options.seed}, {seconds:.0f} s of processor time each", flush=True)
    results = run_all(commands, work / "logs", seconds, options.jobs, options.groups,
                      lambda text: print(text, flush=True))
    return 1 if any(result.outcome for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
