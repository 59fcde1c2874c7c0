# SPDX-License-Identifier: Apache-2.0
"""Puts together the root of an image: one program, the libraries that it loads, nothing else."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile

USER = "65532:65532"
_REGISTRY = "registry.local"
_BIN = "usr/bin"


class ImageError(Exception):
    """The image cannot be made; the text says what to do."""


@dataclasses.dataclass(frozen=True)
class Image:
    """What goes into one image."""

    program: str
    component: str  # of `cmake --install`
    links: tuple[str, ...] = ()  # other names of the program

    @property
    def entrypoint(self):
        return [f"/{_BIN}/{self.program}"]


# The stand-in is called as the shell that the vLLM sample's commands name.
IMAGES = {
    "lws-webhook": Image("lws-webhook", "webhook"),
    "lws-controller": Image("lws-controller", "controller"),
    "lws-sample": Image("lws-sample-server", "sample", ("bash", "sh")),
}


def image_name(which, tag="dev"):
    """The full name of an image in the manifests."""
    return f"{_REGISTRY}/{which}:{tag}"


def _run(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        shown = " ".join(str(word) for word in command)
        raise ImageError(f"{shown}: {(result.stderr or result.stdout).strip()}")
    return result.stdout


def cached(build, name):
    """A value of the build folder's CMakeCache.txt."""
    cache = pathlib.Path(build) / "CMakeCache.txt"
    if not cache.is_file():
        raise ImageError(f"{build} is not a CMake build folder")
    found = re.search(rf"^{re.escape(name)}:\w+=(.*)$", cache.read_text(encoding="utf-8"), re.M)
    if not found:
        raise ImageError(f"{cache} has no {name}")
    return found.group(1)


def loaded_files(program):
    """The loader and every library that the program loads, by the paths where they are looked for."""
    paths = set()
    for line in _run(["ldd", program]).splitlines():
        if "not found" in line:
            raise ImageError(f"{program}: {line.strip()}")
        found = re.search(r"(?:=>\s+|^\s+)(/\S+)\s+\(0x", line)
        if found:
            paths.add(pathlib.Path(found.group(1)))
    return sorted(paths)


def _freeze(root):
    """Takes every permission to write away; programs and libraries stay executable."""
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            path = pathlib.Path(folder) / name
            if not path.is_symlink():
                executable = path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o555 if executable else 0o444)
        pathlib.Path(folder).chmod(0o555)


def _thaw(root):
    for folder, _, _ in os.walk(root):
        pathlib.Path(folder).chmod(0o755)


def _install(which, build, root):
    image = IMAGES[which]
    program = root / _BIN / image.program
    _run(
        ["cmake", "--install", build, "--component", image.component, "--strip"]
        + ["--prefix", root / "usr"]
    )
    if not program.is_file():
        raise ImageError(f"component {image.component} of {build} installs no {image.program}")
    for library in loaded_files(program):
        target = root / library.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library, target)
        target.chmod(0o555)
    for name in image.links:
        (root / _BIN / name).symlink_to(image.program)


@contextlib.contextmanager
def image_root(which, build):
    """The finished root of an image as a folder, which is removed at the end of the context."""
    if which not in IMAGES:
        raise ImageError(f"no image {which}; there are {', '.join(IMAGES)}")
    with tempfile.TemporaryDirectory(prefix=f"{which}-") as folder:
        root = pathlib.Path(folder) / "root"
        root.mkdir()
        try:
            _install(which, pathlib.Path(build), root)
            _freeze(root)
            yield root
        finally:
            _thaw(root)
