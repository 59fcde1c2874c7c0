# SPDX-License-Identifier: Apache-2.0
"""The soak in short: one leader killed, one stopped until another has taken the lease."""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def test_a_leader_that_is_killed_or_stopped_hands_over_without_a_second_restart():
    done = subprocess.run(
        [sys.executable, HERE / "failover", "--faults", "2", "--usual", "0"],
        capture_output=True, text=True, timeout=300, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    assert "no double restart, no lost group, no accepted write of a stale leader" in done.stdout
