"""The hooks check what `make lint` checks, and CONTRIBUTING names the floors that there are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


def test_hooks_run_what_make_lint_runs() -> None:
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repo["repo"] == "local"
    hooked = {hook["entry"].replace(" --force-exclude", "") for hook in repo["hooks"]}
    assert {hook["language"] for hook in repo["hooks"]} == {"system"}
    recipe = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    linted = {line.removesuffix(" .") for line in re.findall(r"\$\(BIN\)/(.*)", recipe)}
    assert hooked == linted


def test_a_hook_stops_a_badly_formatted_file(tmp_path: Path) -> None:
    """A commit of its own, a second: pre-commit reads git."""
    (tmp_path / "bad.py").write_text("x = {  'a':1 }\n")
    (tmp_path / ".pre-commit-config.yaml").write_bytes(
        (ROOT / ".pre-commit-config.yaml").read_bytes()
    )
    subprocess.run("git init -q && git add .", shell=True, cwd=tmp_path, check=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "ruff-format", "--all-files"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bad.py" in done.stdout


def test_the_page_lists_the_floors_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    floors = [sorted(re.findall(r"(?:pipelines\.)?(\w+)", floor)) for floor in layers]
    floors = [[name for name in floor if name != "pipelines"] for floor in floors]
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert [sorted(re.findall(r"`(\w+)`", row)) for row in rows] == floors


def test_every_room_has_a_floor() -> None:
    listed = re.findall(r"`(\w+)`", (ROOT / "CONTRIBUTING.md").read_text().partition("## Code")[0])
    rooms = {path.parent.name for path in (ROOT / "pipelines").glob("*/__init__.py")}
    verbs = {path.stem for path in (ROOT / "pipelines").glob("*.py")} - {"__init__"}
    assert rooms | verbs <= set(listed)
