"""The Dockerfile without a daemon: known instructions, sources that exist and are not ignored."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KNOWN = ("FROM", "RUN", "ARG", "WORKDIR", "COPY", "ENV", "ENTRYPOINT", "CMD")


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(" ", 1)) for line in joined.splitlines() if line.strip()]


def test_instructions_are_known_and_the_base_is_a_python_that_will_do(instructions):
    assert {name for name, _ in instructions} <= set(KNOWN)
    assert instructions[0][0] == "FROM" and re.match(r"python:3\.1[12]-", instructions[0][1])
    for name, value in instructions:
        if name in ("ENTRYPOINT", "CMD"):
            assert all(isinstance(word, str) for word in json.loads(value))


def test_every_source_exists_and_is_sent_to_the_daemon(instructions):
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line]
    sent = [line[1:] for line in ignored if line.startswith("!")]
    for name, value in instructions:
        for source in shlex.split(value)[:-1] if name == "COPY" else ():
            assert (ROOT / source).exists(), source
            assert any(fnmatch(source, kept) for kept in sent), f"{source} is in .dockerignore"
    assert ignored[0] == "*" and all((ROOT / kept).exists() for kept in sent)


def test_the_package_needs_nothing_else_to_be_built(instructions):
    project = (ROOT / "pyproject.toml").read_text()
    copied = " ".join(value for name, value in instructions if name == "COPY")
    for named in re.findall(r'(?:readme = |license-files = \[)"?([^\]\n]+)', project):
        for file in re.findall(r"[A-Za-z.]+", named):
            assert file in copied
    installs = [v for name, v in instructions if name == "RUN" and "pip install" in v]
    assert installs and all("${PIP_ARGS}" in v and "[dev]" not in v for v in installs)


def test_what_runs_is_shell(instructions):
    for name, value in instructions:
        if name == "RUN":
            subprocess.run([shutil.which("bash"), "-n", "-c", value], check=True)
    if hadolint := shutil.which("hadolint"):
        subprocess.run([hadolint, ROOT / "Dockerfile"], check=True)
