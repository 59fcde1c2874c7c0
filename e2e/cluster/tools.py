# SPDX-License-Identifier: Apache-2.0
"""Builds the programs of the cluster from the Go modules under tools/.

A set is built again only when its modules, sources, flags or Go change: a stamp beside the
programs holds the digest of all of them.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

from .state import (
    COREDNS_VERSION,
    DEFAULT_VERSION,
    ETCD_VERSION,
    KWOK_VERSION,
    ClusterError,
)

TOOLS = pathlib.Path(__file__).resolve().parent / "tools"
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
NODE_AND_CLIENT = ("kubectl", "kubelet", "kube-proxy")
_STAMP = "digest"
_SIGN_OF_LIFE_SECONDS = 30


def kubernetes_ldflags(version):
    """Without these the server calls itself v0.0.0, which clients and conformance checks refuse."""
    major, minor, _ = version.split(".")
    flags = ["-s", "-w"]
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        for key, value in (
            ("gitVersion", f"v{version}"),
            ("gitMajor", major),
            ("gitMinor", minor),
            ("gitTreeState", "clean"),
        ):
            flags += ["-X", f"{package}.{key}={value}"]
    return " ".join(flags)


class Edit:
    """One place of a module's source that the program is built with another way."""

    def __init__(self, module, file, text, replacement):
        self.module = module
        self.file = file
        self.text = text
        self.replacement = replacement

    def apply(self, source):
        if source.count(self.text) != 1:
            raise ClusterError(f"{self.module}/{self.file} does not read as it did: {self.text}")
        return source.replace(self.text, self.replacement)


# kwok ends a pod once for each change that it sees of one that is being deleted, and by name alone.
# The last of these would hit the pod that a StatefulSet has made in its place meanwhile.
KWOK_DELETES_BY_UID = Edit(
    "sigs.k8s.io/kwok",
    "pkg/kwok/controllers/pod_controller.go",
    "Delete(ctx, pod.Name, deleteOpt)",
    "Delete(ctx, pod.Name, metav1.DeleteOptions{"
    "GracePeriodSeconds: deleteOpt.GracePeriodSeconds, "
    "Preconditions: &metav1.Preconditions{UID: &pod.UID}})",
)


class ToolSet:
    """A folder with a go.mod, and the programs made from it: {program name: package}."""

    def __init__(self, name, folder, programs, ldflags="-s -w", version="", edits=()):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.programs = programs
        self.ldflags = ldflags
        self.version = version
        self.edits = edits

    def digest(self, go_version):
        """Changes with anything that could change the programs."""
        parts = hashlib.sha256()
        for text in (go_version, self.ldflags, json.dumps(self.programs, sort_keys=True)):
            parts.update(text.encode() + b"\0")
        for edit in self.edits:
            parts.update(json.dumps(vars(edit), sort_keys=True).encode() + b"\0")
        for path in sorted(self.folder.iterdir()):
            if path.suffix in (".mod", ".sum", ".go"):
                parts.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return parts.hexdigest()

    def is_built(self, out, go_version):
        stamp = out / _STAMP
        return (
            stamp.is_file()
            and stamp.read_text().strip() == self.digest(go_version)
            and all((out / program).is_file() for program in self.programs)
        )


def go_version():
    if shutil.which("go") is None:
        raise ClusterError("the Go toolchain (1.26 or newer) is needed to build Kubernetes")
    return subprocess.run(
        ["go", "env", "GOVERSION", "GOARCH"], capture_output=True, text=True, check=True
    ).stdout.strip()


def _go(arguments, folder, what, clock=None):
    """Returns what go printed. Says to the clock, when there is one, that a long build goes on."""
    # -buildvcs: the module is a folder of a repository whose state says nothing about the program.
    environment = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-buildvcs=false", GOWORK="off")
    with subprocess.Popen(
        ["go", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            while True:
                try:
                    out, errors = running.communicate(timeout=_SIGN_OF_LIFE_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    if clock:
                        clock.say(f"{what} goes on")
        except BaseException:
            running.terminate()
            raise
    if running.returncode != 0:
        tail = "\n".join(errors.strip().splitlines()[-15:])
        raise ClusterError(f"{what} failed:\n{tail}")
    return out


def _module_folder(module, folder):
    found = _go(["list", "-m", "-f", "{{.Dir}}", module], folder, f"finding {module}")
    return pathlib.Path(found.strip())


def _with_edits(tool_set, out):
    """Arguments of `go build` that put edited copies in the place of modules: Go lets nobody lay
    files over those of its cache."""
    if not tool_set.edits:
        return []
    module_file = out / "edited" / "go.mod"
    shutil.rmtree(module_file.parent, ignore_errors=True)
    module_file.parent.mkdir(parents=True)
    for name in ("go.mod", "go.sum"):
        shutil.copy(tool_set.folder / name, module_file.parent / name)
    for module in {edit.module for edit in tool_set.edits}:
        copy = module_file.parent / module
        # Without its modes: in the cache everything is read-only.
        shutil.copytree(
            _module_folder(module, tool_set.folder), copy, copy_function=shutil.copyfile
        )
        for path in (copy, *copy.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        _go(
            ["mod", "edit", f"-replace={module}={copy}", str(module_file)],
            tool_set.folder,
            f"replacing {module}",
        )
    for edit in tool_set.edits:
        source = module_file.parent / edit.module / edit.file
        source.write_text(edit.apply(source.read_text()))
    return [f"-modfile={module_file}"]


def build_set(tool_set, out, clock, go):
    if tool_set.is_built(out, go):
        return
    out.mkdir(parents=True, exist_ok=True)
    (out / _STAMP).unlink(missing_ok=True)
    edited = _with_edits(tool_set, out)
    for program, package in tool_set.programs.items():
        clock.say(f"building {program} {tool_set.version} ...")
        begun = time.monotonic()
        _go(
            ["build", "-p", "2", "-trimpath", "-ldflags", tool_set.ldflags, *edited]
            + ["-o", str(out / program), package],
            tool_set.folder,
            f"building {program}",
            clock,
        )
        size = (out / program).stat().st_size / 2**20
        clock.say(f"built    {program}: {time.monotonic() - begun:.0f} s, {size:.0f} MiB")
    (out / _STAMP).write_text(tool_set.digest(go) + "\n")


def _packages(commands):
    return {name: f"k8s.io/kubernetes/cmd/{name}" for name in commands}


def staging_modules(go_mod):
    """The k8s.io modules that a k8s.io/kubernetes go.mod takes from its own staging folder."""
    return sorted(set(re.findall(r"^\s*(?:replace\s+)?k8s\.io/(\S+) => \./staging/", go_mod, re.M)))


def render_kubernetes_module(version, staging, go_line):
    """A go.mod for a version that has none in tools/; `go mod tidy` then completes it."""
    minor = version.partition(".")[2]
    lines = ["module cluster.local/tools/kubernetes", "", f"go {go_line}", "", "tool ("]
    lines += [f"\t{package}" for package in _packages(CONTROL_PLANE).values()]
    lines += [")", "", f"require k8s.io/kubernetes v{version}", "", "replace ("]
    lines += [f"\tk8s.io/{module} => k8s.io/{module} v0.{minor}" for module in staging]
    return "\n".join(lines + [")", ""])


def _kubernetes_folder(state, clock):
    if state.is_usual_version():
        return TOOLS / "kubernetes"
    folder = state.cache / "modules" / f"kubernetes-{state.version}"
    if (folder / "go.sum").is_file():
        return folder
    clock.say(f"resolving the modules of Kubernetes {state.version} ...")
    folder.mkdir(parents=True, exist_ok=True)
    downloaded = json.loads(
        _go(
            ["mod", "download", "-json", f"k8s.io/kubernetes@v{state.version}"],
            folder,
            f"finding Kubernetes {state.version}",
        )
    )
    staging = staging_modules(pathlib.Path(downloaded["GoMod"]).read_text())
    (folder / "go.mod").write_text(render_kubernetes_module(state.version, staging, "1.24.0"))
    _go(["mod", "tidy"], folder, f"resolving Kubernetes {state.version}")
    return folder


def check_version(version):
    if not re.fullmatch(r"1\.\d{1,3}\.\d{1,3}", version):
        raise ClusterError(f"version {version!r} is not of the form 1.36.3")


def tool_sets(state, clock):
    """Kubernetes first: it takes longest and fails earliest when a version cannot be had."""
    commands = CONTROL_PLANE + (NODE_AND_CLIENT if state.is_usual_version() else ())
    sets = {
        f"kubernetes-{state.version}": ToolSet(
            "kubernetes",
            _kubernetes_folder(state, clock),
            _packages(commands),
            kubernetes_ldflags(state.version),
            state.version,
        )
    }
    if not state.is_usual_version():
        sets["kubectl"] = ToolSet(
            "kubectl",
            TOOLS / "kubernetes",
            _packages(["kubectl"]),
            kubernetes_ldflags(DEFAULT_VERSION),
            DEFAULT_VERSION,
        )
    others = [
        ("etcd", "go.etcd.io/etcd/server/v3", ETCD_VERSION, ()),
        ("kwok", "sigs.k8s.io/kwok/cmd/kwok", KWOK_VERSION, (KWOK_DELETES_BY_UID,)),
    ]
    if state.has_node():
        others.append(("coredns", ".", COREDNS_VERSION, ()))
    for name, package, version, edits in others:
        sets[name] = ToolSet(name, TOOLS / name, {name: package}, version=version, edits=edits)
    return sets


def copy_kwok_stages(state):
    """kwok does nothing without stages; the module has them as files beside its source."""
    target = state.bin / "kwok" / "stages.yaml"
    if target.is_file():
        return
    stage = _module_folder("sigs.k8s.io/kwok", TOOLS / "kwok") / "kustomize" / "stage"
    names = (
        "node/fast/node-initialize.yaml",
        "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
        "pod/fast/pod-ready.yaml",
        "pod/fast/pod-complete.yaml",
        "pod/fast/pod-delete.yaml",
    )
    target.write_text("\n---\n".join((stage / name).read_text() for name in names))


def build_all(state, clock):
    """Makes every program that is missing or out of date."""
    check_version(state.version)
    go = go_version()
    for name, tool_set in tool_sets(state, clock).items():
        build_set(tool_set, state.bin / name, clock, go)
    copy_kwok_stages(state)
