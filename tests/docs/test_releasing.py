"""The page on releases, followed on a clone: version, changelog, tag and wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the page's blocks were run; seconds, since a wheel is built."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    clone = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run(["git", "clone", "-q", "--no-tags", ROOT, clone], check=True)
    page = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
    blocks = [textwrap.dedent(block) for block in BLOCK.findall(page)]
    assert len(blocks) == 3
    who = {
        f"GIT_{role}_{key}": "a@b" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=clone,
        env={**os.environ, **who, "PATH": path},
        check=True,
        capture_output=True,
    )
    return clone


def test_the_tagged_commit_has_the_version_and_the_changelog(released: Path) -> None:
    shown = subprocess.run(
        ["git", "show", "v0.2.0:pyproject.toml"], cwd=released, capture_output=True, text=True
    ).stdout
    assert tomllib.loads(shown)["project"]["version"] == "0.2.0"
    headings = re.findall(r"^## \[(.*?)\]", (released / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:3] == ["Unreleased", "0.2.0", "0.1.0"]


def test_the_wheel_holds_what_the_page_says(released: Path) -> None:
    wheel = released / "dist" / "macedance-0.2.0-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"macedance_cli", "pipelines", "macedance-0.2.0.dist-info"}
    assert any(name.endswith("motion_expert.safetensors") for name in names)
    assert {Path(name).name for name in names} >= {"LICENSE", "NOTICE", "MODEL_CARD.md"}
    page = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
    said = re.search(r"in less than (\d+) MB", page)
    assert said is not None
    assert wheel.stat().st_size < int(said.group(1)) * 1e6


def test_the_version_stands_in_one_place() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    sources = [*ROOT.glob("pipelines/**/*.py"), *ROOT.glob("macedance_cli/**/*.py")]
    assert [path for path in sources if f'"{version}"' in path.read_text()] == []
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## \[(\d.*?)\]", changelog, re.MULTILINE)[0] == version
