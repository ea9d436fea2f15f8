"""Programs for node with packages from npm: independent readers of what we write."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest


def node_program(folder: Path, packages: Sequence[str], source: Path) -> Callable[..., str]:
    """Install packages beside a copy of a program; returns what runs it and gives its output.

    Skips the test where there is no node, or npm has no packages.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip(f"no node and npm here for {', '.join(packages)}")
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", *packages]
    done = subprocess.run(install, cwd=folder, capture_output=True, check=False, timeout=180)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {', '.join(packages)} here")
    program = folder / source.name
    shutil.copy(source, program)

    def run(*words: str | Path) -> str:
        command = [node, str(program), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return run
