# SPDX-License-Identifier: Apache-2.0
"""Puts our programs onto the local cluster, from the real manifests: shared by demo and tests."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLUSTER = ROOT / "e2e/cluster/cluster"
BUILD = ROOT / "build/release"
IMAGES = ROOT / "build/images"
RENDERED = ROOT / "build/deploy"
NAMESPACE = "lws-system"
REQUIREMENTS = ROOT / "e2e/tests/requirements.txt"
PROGRAMS = {
    "lws-webhook": BUILD / "webhook/lws-webhook",
    "lws-controller": BUILD / "controller/lws-controller",
    "lws-sample": BUILD / "e2e/sample_server/lws-sample-server",
}


class StepFailed(Exception):
    """A step that did not work; the text is for a person, without a traceback."""


class Steps:
    """Prints what is being done, with the seconds since the start."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.start:6.1f} s] {text}", flush=True)


def run(*command: str | os.PathLike, timeout: float = 300, stdin: str | None = None,
        env: dict | None = None) -> str:
    """Runs to the end; a failure raises StepFailed with the command's last lines."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout,
                              input=stdin, check=False, env=env)
    except subprocess.TimeoutExpired as e:
        raise StepFailed(f"`{' '.join(words)}` did not end within {timeout:.0f} s") from e
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])[-4000:]
        raise StepFailed(f"`{' '.join(words)}` ended with status {done.returncode}:\n{tail}")
    return done.stdout


def virtual_environment(steps: Steps) -> pathlib.Path:
    """A venv with the pinned packages, kept in the cache folder by the digest of their list."""
    wanted = REQUIREMENTS.read_bytes() + sys.version.encode()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = cache / "lws-e2e" / hashlib.sha256(wanted).hexdigest()[:12]
    if not (folder / "complete").exists():
        steps.say("making a Python environment for the tests")
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin/pip", "install", "--quiet", "-r", REQUIREMENTS, timeout=300)
        (folder / "complete").touch()
    return folder


def kubectl(*arguments: str, timeout: float = 60, stdin: str | None = None) -> str:
    return run(CLUSTER, "exec", "--", "kubectl", *arguments, timeout=timeout, stdin=stdin)


def image_tag() -> str:
    """Names the programs' content, so that a changed program is a changed Deployment."""
    digest = hashlib.sha256()
    for name, path in sorted(PROGRAMS.items()):
        if not path.is_file():
            raise StepFailed(f"{path} is not built: make release")
        digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def build_images(steps: Steps) -> tuple[str, dict[str, int]]:
    """The tag, and the size of each image in bytes."""
    tag = image_tag()
    record = IMAGES / "images.json"
    if record.is_file():
        known = json.loads(record.read_text(encoding="utf-8"))
        if known["tag"] == tag and all((IMAGES / f"{n}.tar").is_file() for n in PROGRAMS):
            return tag, known["bytes"]
    steps.say("making images")
    IMAGES.mkdir(parents=True, exist_ok=True)
    run(ROOT / "e2e/images/build_image", *PROGRAMS, "--build", BUILD, "--output", IMAGES,
        "--tag", tag)
    sizes = {name: (IMAGES / f"{name}.tar").stat().st_size for name in PROGRAMS}
    record.write_text(json.dumps({"tag": tag, "bytes": sizes}), encoding="utf-8")
    return tag, sizes


def render(tag: str) -> None:
    """Kustomizations that put the images just built into manifests and sample."""
    for name, base, image in (
        ("system", "manifests/default", ("lws-webhook", "lws-controller")),
        ("sample", "docs/examples/vllm-local", ("lws-sample",)),
    ):
        folder = RENDERED / name
        folder.mkdir(parents=True, exist_ok=True)
        lines = ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization",
                 "sortOptions: {order: fifo}",
                 f"resources: [{os.path.relpath(ROOT / base, folder)}]", "images:"]
        for which in image:
            lines += [f"  - name: registry.local/{which}", f"    newTag: \"{tag}\""]
        (folder / "kustomization.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def start_cluster(steps: Steps, kwok_nodes: int = 0) -> None:
    steps.say("starting the cluster")
    words = ["up", "--kwok-nodes", str(kwok_nodes)] if kwok_nodes else ["up"]
    run(CLUSTER, *words, timeout=240)


def wait_established(crd: str) -> None:
    # `kubectl wait` for a condition fails at once on an object that has no conditions yet; they come
    # together with the accepted names.
    for goal in ("jsonpath={.status.acceptedNames.kind}=LeaderWorkerSet", "condition=Established"):
        kubectl("wait", f"--for={goal}", "--timeout=30s", f"crd/{crd}")


def install(steps: Steps, tag: str) -> None:
    """Images, namespace, CRD, both programs; returns when both are ready."""
    steps.say("loading the images into the node")
    run(CLUSTER, "load-image", *[IMAGES / f"{name}.tar" for name in PROGRAMS])
    render(tag)
    steps.say("applying namespace and CRD")
    kubectl("apply", "--server-side", "-k", str(ROOT / "manifests/namespace"))
    kubectl("apply", "--server-side", "--force-conflicts", "-k", str(ROOT / "manifests/crd"))
    wait_established("leaderworkersets.leaderworkerset.x-k8s.io")
    steps.say("applying webhook and controller")
    kubectl("apply", "--server-side", "--force-conflicts", "-k", str(RENDERED / "system"))
    for deployment in ("lws-webhook", "lws-controller-manager"):
        steps.say(f"waiting for {deployment}")
        kubectl("-n", NAMESPACE, "rollout", "status", f"deployment/{deployment}",
                "--timeout=120s", timeout=150)


def diagnose(namespace: str) -> str:
    """What a person would look at when something hangs: objects, events, logs."""
    parts = []
    for title, arguments in (
        ("objects", ["-n", namespace, "get", "lws,sts,pod,svc", "-o", "wide"]),
        ("events", ["-n", namespace, "get", "events", "--sort-by=.metadata.creationTimestamp"]),
        ("our pods", ["-n", NAMESPACE, "get", "pod", "-o", "wide"]),
        ("our pods' events", ["-n", NAMESPACE, "get", "events"]),
        ("webhook log", ["-n", NAMESPACE, "logs", "deployment/lws-webhook", "--tail=30"]),
        ("controller log",
         ["-n", NAMESPACE, "logs", "deployment/lws-controller-manager", "--tail=30"]),
    ):
        try:
            parts.append(f"--- {title}\n{kubectl(*arguments)}")
        except StepFailed as e:
            parts.append(f"--- {title}\n{e}")
    return "\n".join(parts)


def resident_bytes(program: str) -> list[int]:
    """Of every running process of that program, as the kernel counts them."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.path.basename(os.readlink(entry / "exe")) != program:
                continue
            status = (entry / "status").read_text(encoding="ascii")
        except OSError:
            continue
        line = next((li for li in status.splitlines() if li.startswith("VmRSS:")), None)
        if line:
            found.append(int(line.split()[1]) * 1024)
    return found
