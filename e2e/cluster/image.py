#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a container image of one layer as a docker-archive, without a daemon or a registry.

The same input gives the same bytes: entries are sorted, owned by root, and dated 1970.
`docker load`, `ctr images import` and `skopeo copy docker-archive:` read it.
"""
import argparse
import hashlib
import io
import json
import os
import pathlib
import re
import stat
import sys
import tarfile

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?{_COMPONENT}(?:/{_COMPONENT})*"
    r":[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
)
_EPOCH = "1970-01-01T00:00:00Z"


def check_name(name):
    """Raises ValueError unless `name` is REPOSITORY:TAG. A node takes `latest`, and a name without
    a tag, for something to pull again, and there is no registry to pull from."""
    if "@" in name or not _NAME.fullmatch(name):
        raise ValueError(f"image name {name!r} is not REPOSITORY:TAG")
    if name.rpartition(":")[2] == "latest":
        raise ValueError(f"image name {name!r} has the tag latest, which would always be pulled")


def _layer_entry(path, arcname):
    entry = tarfile.TarInfo(arcname)
    mode = path.lstat()
    entry.mode = stat.S_IMODE(mode.st_mode)
    if stat.S_ISLNK(mode.st_mode):
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, os.readlink(path), 0o777
    elif stat.S_ISDIR(mode.st_mode):
        entry.type = tarfile.DIRTYPE
    elif stat.S_ISREG(mode.st_mode):
        entry.size = mode.st_size
    else:
        raise ValueError(f"{path} is neither a file, a folder nor a link")
    return entry


def _write_layer(rootfs, stream):
    paths = sorted(rootfs.rglob("*"), key=lambda p: p.relative_to(rootfs).parts)
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as layer:
        for path in paths:
            entry = _layer_entry(path, str(path.relative_to(rootfs)))
            if entry.isreg():
                with open(path, "rb") as content:
                    layer.addfile(entry, content)
            else:
                layer.addfile(entry)


def _image_config(diff_id, entrypoint, user, env, labels):
    runtime = {
        "Env": [f"{key}={env[key]}" for key in sorted(env)],
        "Entrypoint": list(entrypoint),
        "WorkingDir": "/",
    }
    if user:
        runtime["User"] = user
    if labels:
        runtime["Labels"] = {key: labels[key] for key in sorted(labels)}
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": _EPOCH,
        "config": runtime,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]},
        "history": [{"created": _EPOCH}],
    }


def _add_bytes(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    archive.addfile(entry, io.BytesIO(content))


def write_docker_archive(rootfs, out, name, entrypoint, user="", env=None, labels=None):
    """Writes the image `name` with the content of the folder `rootfs` to the file `out`.

    `entrypoint` is a list; `user` is "UID" or "UID:GID", empty for root; `env` and `labels` are
    dictionaries. Returns the size of the layer in bytes. Raises ValueError for a bad name, an
    empty root or a file of a kind that an image cannot hold. The archive is held in memory once.
    """
    check_name(name)
    rootfs, out = pathlib.Path(rootfs), pathlib.Path(out)
    if not rootfs.is_dir() or not any(rootfs.iterdir()):
        raise ValueError(f"{rootfs} is not a folder with content")
    if isinstance(entrypoint, str) or not entrypoint:
        raise ValueError("entrypoint must be a list of at least one word")
    stream = io.BytesIO()
    _write_layer(rootfs, stream)
    layer = stream.getbuffer()
    diff_id = hashlib.sha256(layer).hexdigest()
    config = json.dumps(
        _image_config(diff_id, entrypoint, user, dict(env or {}), dict(labels or {})),
        sort_keys=True,
    ).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    layer_name = f"{diff_id}/layer.tar"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": [layer_name]}]
    partial = out.with_name(out.name + ".partial")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(partial, mode="w", format=tarfile.GNU_FORMAT) as archive:
        _add_bytes(archive, config_name, config)
        _add_bytes(archive, layer_name, layer)
        _add_bytes(archive, "manifest.json", json.dumps(manifest).encode())
    os.replace(partial, out)
    return len(layer)


def _pairs(words, what):
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not key or not equals:
            raise ValueError(f"{what} {word!r} is not KEY=VALUE")
        pairs[key] = value
    return pairs


def add_arguments(parser):
    parser.add_argument("--rootfs", required=True, help="folder that becomes / of the image")
    parser.add_argument("--name", required=True, help="REPOSITORY:TAG")
    parser.add_argument(
        "--entrypoint", required=True, action="append", help="a word of the command; repeatable"
    )
    parser.add_argument("--user", default="", help="UID or UID:GID; default root")
    parser.add_argument("--env", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--label", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("-o", "--output", required=True, help="the archive to write")


def run(arguments):
    """Returns the exit status: 0, or 2 after one line about what is wrong with the input."""
    try:
        size = write_docker_archive(
            arguments.rootfs,
            arguments.output,
            arguments.name,
            arguments.entrypoint,
            arguments.user,
            _pairs(arguments.env, "environment"),
            _pairs(arguments.label, "label"),
        )
    except (ValueError, OSError) as error:
        print(f"mkimage: {error}", file=sys.stderr)
        return 2
    print(f"{arguments.name}  layer {size} bytes ({size / 2**20:.1f} MiB)  {arguments.output}")
    return 0


def main(argv=None):
    parser = argparse.ArgumentParser(prog="mkimage", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
