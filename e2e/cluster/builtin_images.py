# SPDX-License-Identifier: Apache-2.0
"""The images that every cluster has: the sandbox, CoreDNS, and busybox for tests."""
import hashlib
import pathlib
import shutil
import subprocess
import tempfile

from . import image
from .state import COREDNS_VERSION, ClusterError

PAUSE = "registry.local/pause:1"
BUSYBOX = "registry.local/busybox:1"
COREDNS = f"registry.local/coredns:{COREDNS_VERSION}"
_PAUSE_SOURCE = pathlib.Path(__file__).resolve().parent / "images" / "pause" / "pause.c"


def _make_pause(root):
    (root / "pause").parent.mkdir(exist_ok=True)
    done = subprocess.run(
        ["gcc", "-static", "-Os", "-s", "-o", str(root / "pause"), str(_PAUSE_SOURCE)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ClusterError(f"compiling {_PAUSE_SOURCE.name} failed: {done.stderr.strip()}")


def _busybox():
    path = shutil.which("busybox")
    if path is None:
        raise ClusterError("busybox is missing: install the Debian package busybox-static")
    return pathlib.Path(path)


def _make_busybox(root):
    for folder in ("bin", "etc", "tmp", "root", "var", "home"):
        (root / folder).mkdir()
    (root / "tmp").chmod(0o1777)
    shutil.copyfile(_busybox(), root / "bin" / "busybox")
    (root / "bin" / "busybox").chmod(0o755)
    applets = subprocess.run(
        [str(_busybox()), "--list"], capture_output=True, text=True, check=True
    ).stdout.split()
    for applet in applets:
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\n")


def _write(state, name, file_name, entrypoint, source, fill, env=None):
    """Writes one image unless the archive for the same source content is there."""
    out = state.images / file_name
    stamp = out.with_suffix(".digest")
    key = hashlib.sha256(name.encode() + source.read_bytes()).hexdigest()
    if out.is_file() and stamp.is_file() and stamp.read_text() == key:
        return None
    stamp.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "rootfs"
        root.mkdir()
        fill(root)
        size = image.write_docker_archive(root, out, name, entrypoint, env=env)
    stamp.write_text(key)
    return size


def make_all(state, clock):
    state.images.mkdir(parents=True, exist_ok=True)
    coredns = state.command("coredns")

    def fill_coredns(root):
        shutil.copy2(coredns, root / "coredns")

    path = {"PATH": "/bin"}
    for name, file_name, entrypoint, source, fill, env in (
        (PAUSE, "pause.tar", ["/pause"], _PAUSE_SOURCE, _make_pause, None),
        (BUSYBOX, "busybox.tar", ["/bin/sh"], _busybox(), _make_busybox, path),
        (COREDNS, "coredns.tar", ["/coredns"], coredns, fill_coredns, None),
    ):
        size = _write(state, name, file_name, entrypoint, source, fill, env)
        if size is not None:
            clock.say(f"image    {name}: layer {size / 2**20:.1f} MiB")


def archives(state):
    """Small ones first: every pod needs the sandbox."""
    return [state.images / name for name in ("pause.tar", "busybox.tar", "coredns.tar")]
