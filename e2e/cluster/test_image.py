# SPDX-License-Identifier: Apache-2.0
import contextlib
import hashlib
import io
import json
import os
import pathlib
import tarfile
import tempfile
import unittest

from . import image


def make_root(folder):
    (folder / "bin").mkdir()
    (folder / "bin" / "tool").write_bytes(b"content")
    (folder / "bin" / "tool").chmod(0o755)
    (folder / "bin" / "link").symlink_to("tool")
    (folder / "etc").mkdir()


class ImageTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.root = self.folder / "root"
        self.root.mkdir()
        make_root(self.root)

    def write(self, name="registry.local/x:1", out="x.tar", **more):
        path = self.folder / out
        size = image.write_docker_archive(self.root, path, name, ["/bin/tool"], **more)
        return path, size

    def read(self, path):
        """Returns manifest, config, and the layer as an open tar file."""
        with tarfile.open(path) as archive:
            manifest = json.load(archive.extractfile("manifest.json"))[0]
            config = json.load(archive.extractfile(manifest["Config"]))
            layer = archive.extractfile(manifest["Layers"][0]).read()
        return manifest, config, layer

    def test_the_same_content_gives_the_same_bytes_whatever_its_dates_and_order(self):
        first, _ = self.write(env={"B": "2", "A": "1"}, labels={"y": "2", "x": "1"})
        other = self.folder / "other"
        other.mkdir()
        (other / "etc").mkdir()
        make = other / "bin"
        make.mkdir()
        (make / "link").symlink_to("tool")
        (make / "tool").write_bytes(b"content")
        (make / "tool").chmod(0o755)
        os.utime(make / "tool", (1, 1))
        self.root = other
        second, _ = self.write(out="y.tar", env={"A": "1", "B": "2"}, labels={"x": "1", "y": "2"})
        self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_one_changed_byte_changes_the_image(self):
        first, _ = self.write()
        (self.root / "bin" / "tool").write_bytes(b"Content")
        second, _ = self.write(out="y.tar")
        self.assertNotEqual(first.read_bytes(), second.read_bytes())

    def test_manifest_and_config_name_the_layer_by_its_digest(self):
        path, size = self.write(user="65532", env={"A": "1"}, labels={"x": "y"})
        manifest, config, layer = self.read(path)
        self.assertEqual(manifest["RepoTags"], ["registry.local/x:1"])
        self.assertEqual(size, len(layer))
        digest = hashlib.sha256(layer).hexdigest()
        self.assertEqual(config["rootfs"]["diff_ids"], [f"sha256:{digest}"])
        self.assertEqual(config["config"]["User"], "65532")
        self.assertEqual(config["config"]["Entrypoint"], ["/bin/tool"])
        self.assertEqual(config["config"]["Env"], ["A=1"])
        self.assertEqual(config["config"]["Labels"], {"x": "y"})

    def test_the_layer_keeps_modes_and_links_and_belongs_to_root(self):
        path, _ = self.write()
        with tarfile.open(fileobj=io.BytesIO(self.read(path)[2])) as layer:
            self.assertEqual(layer.getnames(), ["bin", "bin/link", "bin/tool", "etc"])
            tool = layer.getmember("bin/tool")
            self.assertEqual((tool.mode, tool.uid, tool.gid, tool.mtime), (0o755, 0, 0, 0))
            self.assertEqual(layer.getmember("bin/link").linkname, "tool")

    def test_names_without_a_usable_tag_are_refused(self):
        bad = ("", "x", "registry.local/x", "x:", ":1", "x:latest", "X Y:1", "x:1\n", "x@sha256:0")
        for name in bad + ("registry.local:5000/x", "registry.local/Upper:1", "x:" + "a" * 129):
            with self.subTest(name=name), self.assertRaises(ValueError):
                self.write(name=name)
            self.assertFalse((self.folder / "x.tar").exists())

    def test_names_with_a_tag_are_taken(self):
        good = ("x:1", "registry.local/a/b-c_d:v1.2-x", "registry.local:5000/x:1", "x:" + "a" * 128)
        for name in good:
            with self.subTest(name=name):
                image.check_name(name)

    def test_an_entrypoint_must_be_a_list_with_words(self):
        for entrypoint in ("/bin/tool", []):
            with self.subTest(entrypoint=entrypoint), self.assertRaises(ValueError):
                image.write_docker_archive(self.root, self.folder / "x.tar", "x:1", entrypoint)

    def test_a_missing_or_empty_root_is_refused(self):
        (self.folder / "empty").mkdir()
        for root in ("absent", "empty"):
            with self.subTest(root=root), self.assertRaises(ValueError):
                image.write_docker_archive(
                    self.folder / root, self.folder / "x.tar", "x:1", ["/tool"]
                )

    def test_a_pipe_in_the_root_is_refused(self):
        os.mkfifo(self.root / "pipe")
        with self.assertRaises(ValueError):
            self.write()

    def test_the_command_line_says_the_size_and_one_line_about_bad_input(self):
        out = str(self.folder / "cli.tar")
        words = ["--rootfs", str(self.root), "--entrypoint", "/bin/tool", "-o", out]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(image.main(words + ["--name", "x:1", "--user", "65532"]), 0)
        self.assertIn("layer ", said.getvalue())
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            self.assertEqual(image.main(words + ["--name", "x"]), 2)
        self.assertEqual(len(error.getvalue().splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
