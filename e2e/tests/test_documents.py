# SPDX-License-Identifier: Apache-2.0
"""What the documents tell people to type works, and what they point to is there."""

import pathlib
import re
import shlex
import subprocess

import pytest
from harness import group_names, kubectl, wait_until
from test_sample import LOCAL

REPO = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(p for p in REPO.rglob("*.md") if "build" not in p.relative_to(REPO).parts)
INSTALL = ["README.md", "manifests/README.md", "docs/examples/vllm/README.md"]


def commands(document: str) -> list[str]:
    """The lines of the document's code blocks that name no language, without comments."""
    text = (REPO / document).read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines = block.replace("\\\n", " ").splitlines()
        found += [command for line in lines if (command := re.sub(r"\s+#.*", "", line).strip())]
    return found


def of_kind(pattern: str, documents: list[str]) -> list[str]:
    found = sorted({c for d in documents for c in commands(d) if re.match(pattern, c)})
    assert found, f"no command like {pattern}: this test would prove nothing"
    return found


@pytest.mark.parametrize("command", of_kind(r"kubectl (apply|create) ", INSTALL))
def test_what_a_reader_applies_is_accepted(namespace, command):
    """By the API server and its admission, which store nothing of it."""
    # A set goes where the reader is; what names a namespace of its own goes there.
    where = [] if "manifests/" in command else ["-n", namespace.name]
    words = [word.replace("$HF_TOKEN", "a-token") for word in shlex.split(command)]
    done = subprocess.run([words[0], *where, *words[1:], "--dry-run=server"], cwd=REPO, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "(server dry run)" in done.stdout


@pytest.mark.parametrize("command", of_kind("make( |$)", ["README.md"]))
def test_every_make_command_of_the_readme_exists(command):
    subprocess.run(["make", "--dry-run", *shlex.split(command)[1:]], cwd=REPO, check=True,
                   capture_output=True, timeout=60)


def test_the_things_to_try_with_the_sample_do_what_they_say(namespace):
    kubectl("-n", namespace.name, "apply", "--server-side", "-k", LOCAL)
    namespace.wait_ready("vllm", group_names("vllm", 2, 2), timeout=120)

    def type_it(pattern: str, succeeds: bool = True) -> str:
        [command] = of_kind(pattern, ["docs/examples/vllm/README.md"])
        words = shlex.split(command)
        done = kubectl("-n", namespace.name, *words[1:], check=succeeds)
        return done.stdout

    type_it("kubectl scale ")
    namespace.wait_ready("vllm", group_names("vllm", 3, 2), timeout=120)
    assert "vllm-2-1" in type_it("kubectl get pods -L")
    before = namespace.uids("vllm")
    type_it("kubectl exec ", succeeds=False)

    def remade() -> bool:
        now = namespace.uids("vllm")
        return set(now) == set(before) and now["vllm-0"] != before["vllm-0"]
    wait_until("group 0 is made anew", remade, timeout=120)
    namespace.wait_ready("vllm", group_names("vllm", 3, 2), timeout=120)
    now = namespace.uids("vllm")
    assert {n for n in now if now[n] != before[n]} == {"vllm-0", "vllm-0-1"}


@pytest.mark.parametrize("document", [str(d.relative_to(REPO)) for d in DOCUMENTS])
def test_every_link_inside_the_repository_leads_somewhere(document):
    text = (REPO / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (REPO / document).parent.joinpath(target).exists(), f"{document}: {target}"
