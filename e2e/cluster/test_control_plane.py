# SPDX-License-Identifier: Apache-2.0
"""Two control planes at once, beside whatever cluster the machine has."""
import json
import pathlib
import subprocess
import tempfile
import unittest

CLUSTER = pathlib.Path(__file__).resolve().parent / "cluster"
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "unreal"},
    "spec": {
        "containers": [{"name": "main", "image": "registry.local/none:1"}],
        "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
    },
}


class ControlPlane:
    def __init__(self, folder):
        self.folder = folder

    def words(self, command, *more):
        return [str(CLUSTER), command, "--state", self.folder, *more]

    def run(self, command, *more, text=None):
        return subprocess.run(
            self.words(command, *more), input=text, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip

    def kubectl(self, *more, text=None):
        done = self.run("exec", "--", "kubectl", *more, text=text)
        if done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(more)}: {done.stderr}")
        return done.stdout


class ControlPlaneTest(unittest.TestCase):
    def setUp(self):
        self.host_links = self.links()
        self.planes = []
        for _ in range(2):
            folder = tempfile.TemporaryDirectory()
            self.addCleanup(folder.cleanup)
            self.planes.append(ControlPlane(folder.name))

    def links(self, *inside):
        words = [*inside, "ip", "-j", "address"]
        listed = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
        return {link["ifname"] for link in listed}

    def start_both(self):
        """At the same time, as tests and simulations start them."""
        starting = []
        for plane in self.planes:
            # Registered first: an `up` that is cut off leaves processes too.
            self.addCleanup(plane.run, "down")
            words = plane.words("up", "--control-plane", "--kwok-nodes", "1")
            starting.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
        for one in starting:
            said, _ = one.communicate(timeout=120)
            self.assertEqual(one.returncode, 0, said)

    def test_two_run_beside_each_other_and_leave_nothing(self):
        self.start_both()
        one, other = self.planes
        self.assertEqual(self.links(*one.words("exec", "--")), {"lo"})
        self.assertEqual(self.links(), self.host_links)
        one.kubectl("create", "-f", "-", text=json.dumps(POD))
        one.kubectl("wait", "--for=condition=Ready", "--timeout=20s", "pod/unreal")
        self.assertEqual(other.kubectl("get", "pod", "-o", "name"), "")
        self.assertEqual(one.run("status").returncode, 0)
        self.assertIn("no node", one.run("load-image", "x.tar").stderr)
        again = one.run("up", "--control-plane")
        self.assertIn("is up already", again.stdout)
        self.assertIn("without a node is up", one.run("up").stderr)
        self.assertEqual(one.run("down").returncode, 0)
        self.assertEqual(other.run("status").returncode, 0)
        owner = json.loads(pathlib.Path(other.folder, "run/owner.json").read_text())
        self.assertEqual(other.run("down").returncode, 0)
        self.assertFalse(pathlib.Path(f"/proc/{owner['pid']}").exists())
        for plane in self.planes:
            self.assertNotIn(plane.folder, plane.run("leftovers").stdout)


if __name__ == "__main__":
    unittest.main()
