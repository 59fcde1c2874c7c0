# SPDX-License-Identifier: Apache-2.0
"""What is in the images, and that their programs run there with what is in them.

LWS_BUILD_DIR names the build folder (default build/release); running in the root takes root.
"""

import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tarfile

import pytest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))

import rootfs  # noqa: E402

_BUILD = pathlib.Path(os.environ.get("LWS_BUILD_DIR", _HERE.parent.parent / "build/release"))
_LIMIT = 30 * 2**20
_SHELLS = {"sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "toybox", "env", "python3", "perl"}

pytestmark = pytest.mark.skipif(
    not _BUILD.is_dir(), reason=f"{_BUILD} does not exist: build first, or set LWS_BUILD_DIR"
)


def _selected():
    only = os.environ.get("LWS_IMAGES")
    return only.split(",") if only else list(rootfs.IMAGES)


def _build(which, output):
    subprocess.run(
        [_HERE / "build_image", which, "--build", _BUILD, "--output", output], check=True, timeout=120
    )
    return output / f"{which}.tar"


@pytest.fixture(scope="module", name="root", params=_selected())
def _root(request):
    with rootfs.image_root(request.param, _BUILD) as root:
        yield request.param, root


@pytest.fixture(scope="module", name="archive", params=_selected())
def _archive(request, tmp_path_factory):
    return request.param, _build(request.param, tmp_path_factory.mktemp("images"))


def _entries(root):
    return [pathlib.Path(folder) / name for folder, dirs, files in os.walk(root) for name in dirs + files]


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot takes root")
def test_the_program_runs_inside_its_image_as_the_image_s_user(root):
    which, path = root
    result = subprocess.run(
        [shutil.which("chroot"), f"--userspec={rootfs.USER}", path, *rootfs.IMAGES[which].entrypoint, "--version"],
        capture_output=True,
        text=True,
        timeout=30,
        env={},
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert rootfs.cached(_BUILD, "CMAKE_PROJECT_VERSION") in result.stdout


def test_nothing_in_an_image_can_be_written_to_or_gives_privileges(root):
    _, path = root
    for entry in [path, *_entries(path)]:
        if entry.is_symlink():
            continue
        mode = entry.stat().st_mode
        assert mode & 0o7222 == 0, f"{entry}: {stat.filemode(mode)}"
        assert mode & 0o444 == 0o444, f"{entry}: {stat.filemode(mode)}"


def test_an_image_holds_one_program_and_its_libraries_and_no_shell(root):
    which, path = root
    image = rootfs.IMAGES[which]
    programs = {p.name for p in (path / "usr/bin").iterdir()}
    assert programs == {image.program, *image.links}
    for entry in _entries(path):
        if entry.is_dir():
            continue
        if entry.is_symlink():
            # The stand-in answers to a shell's name, and is none.
            assert entry.name in image.links and os.readlink(entry) == image.program
            continue
        assert entry.name not in _SHELLS
        assert entry.name == image.program or ".so." in entry.name, entry


def test_an_image_is_small_runs_as_a_numeric_user_and_names_its_program(archive):
    which, path = archive
    with tarfile.open(path) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
        config = json.load(tar.extractfile(manifest[0]["Config"]))
        sizes = [tar.getmember(layer).size for layer in manifest[0]["Layers"]]
    assert manifest[0]["RepoTags"] == [f"registry.local/{which}:dev"]
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Entrypoint"] == rootfs.IMAGES[which].entrypoint
    assert sum(sizes) < _LIMIT


def test_the_same_build_gives_the_same_image(archive, tmp_path):
    which, path = archive
    again = _build(which, tmp_path)
    digests = [hashlib.sha256(p.read_bytes()).hexdigest() for p in (path, again)]
    assert digests[0] == digests[1]


def test_a_folder_that_is_no_build_is_refused_with_one_line(tmp_path):
    result = subprocess.run(
        [_HERE / "build_image", "lws-sample", "--build", tmp_path, "--output", tmp_path],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("build_image: lws-sample: ") and result.stderr.count("\n") == 1
    assert not (tmp_path / "lws-sample.tar").exists()
