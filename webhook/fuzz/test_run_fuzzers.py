# SPDX-License-Identifier: Apache-2.0
"""Tests of the driver, with programs that stand for fuzz targets: python3 -m unittest in this folder."""

import os
import pathlib
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import run_fuzzers  # noqa: E402

# Uses the processor until SIGUSR1, then prints statistics as libFuzzer does.
BUSY = """
import signal, sys
def end(*_):
    print("stat::number_of_executed_units: 4711")
    print("stat::new_units_added:          3", flush=True)
    sys.exit(0)
signal.signal(signal.SIGUSR1, end)
print("#5\\tINITED cov: 100 ft: 9 corp: 5/1b exec/s: 0 rss: 1Mb")
print("#9\\tNEW    cov: 120 ft: 9 corp: 6/1b exec/s: 0 rss: 1Mb", flush=True)
while True:
    pass
"""
CRASH = """
import sys
print("FINDING: uid")
print("==1== ERROR: libFuzzer: deadly signal")
print("artifact_prefix='x/'; Test unit written to x/crash-1", flush=True)
sys.exit(77)
"""
DEAF = """
import signal
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
while True:
    pass
"""


class DriverTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.said = []

    def run_all(self, programs, seconds=0.5, jobs=2, **more):
        commands = {name: [sys.executable, "-c", text] for name, text in programs.items()}
        results = run_fuzzers.run_all(commands, self.folder / "logs", seconds, jobs,
                                      say=self.said.append, **more)
        return {result.target: result for result in results}

    def test_a_target_ends_after_its_processor_time(self):
        result = self.run_all({"a": BUSY})["a"]
        self.assertEqual(result.outcome, "")
        self.assertGreaterEqual(result.cpu_seconds, 0.5)
        self.assertLess(result.cpu_seconds, 10)
        self.assertEqual((result.executions, result.new_inputs), (4711, 3))
        self.assertEqual((result.coverage_before, result.coverage_after), (100, 120))
        self.assertIn("+20", self.said[-1])

    def test_a_finding_is_told_with_its_input(self):
        results = self.run_all({"a": CRASH, "b": BUSY})
        self.assertEqual(results["a"].outcome, "FINDING: uid [x/crash-1]")
        self.assertEqual(results["b"].outcome, "")

    def test_a_target_that_ends_by_itself_or_does_not_start_is_a_failure(self):
        results = self.run_all({"a": "pass", "b": "import sys; sys.exit(3)"})
        self.assertEqual(results["a"].outcome, "ended before its time")
        self.assertEqual(results["b"].outcome, "ended with 3, see its log")

    def test_a_target_that_hangs_is_ended_and_told(self):
        before = run_fuzzers.GRACE_SECONDS
        run_fuzzers.GRACE_SECONDS = 0.5
        self.addCleanup(setattr, run_fuzzers, "GRACE_SECONDS", before)
        result = self.run_all({"a": DEAF}, seconds=0.2)["a"]
        self.assertEqual(result.outcome, f"ended with -{int(signal.SIGABRT)}, see its log")

    def test_a_pause_of_the_group_is_no_time(self):
        groups = self.folder / "groups"
        groups.mkdir()
        paused = []

        def pause():
            while not list(groups.iterdir()):
                time.sleep(0.01)
            group = int(next(groups.iterdir()).name)
            os.killpg(group, signal.SIGSTOP)
            time.sleep(1.5)
            paused.append(run_fuzzers.processor_seconds(group))
            os.killpg(group, signal.SIGCONT)

        thread = threading.Thread(target=pause)
        thread.start()
        start = time.monotonic()
        result = self.run_all({"a": BUSY}, groups=groups)["a"]
        thread.join()
        self.assertEqual(result.outcome, "")
        self.assertGreaterEqual(time.monotonic() - start, 1.5)
        self.assertLess(paused[0], 0.5)
        self.assertGreaterEqual(result.cpu_seconds, 0.5)
        self.assertEqual(list(groups.iterdir()), [])

    def test_each_target_leads_a_group_of_its_own(self):
        program = "import os, sys; sys.exit(0 if os.getpid() == os.getpgrp() == os.getsid(0) else 9)"
        self.assertEqual(self.run_all({"a": program})["a"].outcome, "ended before its time")

    def test_a_name_with_brackets_hides_no_times(self):
        self.assertIsNone(run_fuzzers.processor_seconds(2 ** 30))
        self.assertGreater(run_fuzzers.processor_seconds(os.getpid()), 0)

    def test_commands_name_all_limits(self):
        command = run_fuzzers.fuzz_commands(["set"], self.folder, self.folder / "w", 7)["set"]
        for part in ("-seed=7", "-max_len=16384", "-timeout=1200", "-rss_limit_mb=2048"):
            self.assertIn(part, command)
        self.assertEqual(command[0], str(self.folder / "webhook/fuzz/fuzz_set"))
        self.assertEqual(command[-2], str(self.folder / "w/corpus/set"))
        self.assertTrue(command[-1].endswith("webhook/fuzz/corpus/set"))

    def test_an_unknown_target_is_refused(self):
        with self.assertRaises(SystemExit):
            run_fuzzers.main(["nothing"])


if __name__ == "__main__":
    unittest.main()
