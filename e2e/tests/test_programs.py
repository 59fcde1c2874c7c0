# SPDX-License-Identifier: Apache-2.0
"""The two programs as a person starts them by hand: flags, bad configuration, a missing API server."""

import os
import pathlib
import re
import subprocess
import time

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LWS_BUILD", REPO / "build/release"))
PROGRAMS = {name: BUILD / folder / name for folder, name in
            (("webhook", "lws-webhook"), ("controller", "lws-controller"))}
NOWHERE = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: none}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
"""


def start(name: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAMS[name], *arguments], capture_output=True, text=True, timeout=10)


@pytest.mark.parametrize("name", PROGRAMS)
def test_version_is_one_line_on_standard_output(name):
    done = start(name, "--version")
    assert done.returncode == 0
    assert re.fullmatch(rf"{name} \d+\.\d+\.\d+ \(\S+, linux/\S+\)\n", done.stdout)


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_unknown_flag_ends_with_status_2_and_one_clear_line(name):
    done = start(name, "--no-such-flag")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "no-such-flag" in done.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_bad_configuration_ends_with_status_2_and_names_line_and_field(name, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: Configuration\n"
                      "webhook:\n  prot: 9443\n")
    done = start(name, f"--config={config}")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "line 4" in done.stderr and "webhook.prot" in done.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_missing_configuration_file_is_named(name):
    done = start(name, "--config=/no/such/file")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "/no/such/file" in done.stderr


def test_the_controller_waits_for_an_api_server_that_is_away(tmp_path):
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(NOWHERE)
    process = subprocess.Popen(
        [PROGRAMS["lws-controller"], f"--kubeconfig={kubeconfig}",
         "--health-probe-bind-address=127.0.0.1:0", "--metrics-bind-address=0"],
        stderr=subprocess.PIPE, text=True)
    time.sleep(3)  # several attempts; only the first may be told within a minute
    assert process.poll() is None, process.stderr.read()
    process.terminate()
    assert process.wait(15) == 0
    told = [line for line in process.stderr.read().splitlines() if "127.0.0.1:1" in line]
    assert 1 <= len(told) <= 3, told
