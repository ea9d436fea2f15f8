"""The README's commands run, its links lead somewhere, and it names what there is."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from warm_commands import WarmCommands

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("macedance ")
]
SHORT = {
    "MACEDANCE_DURATION": "5", "MACEDANCE_SIZE": "192x256", "MACEDANCE_FPS": "10",
    "MACEDANCE_WORKERS": "1",
}  # fmt: skip
"""The examples on short inputs: as long as the shortest clip, a small picture; in one process."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples, since later ones read what earlier ones wrote."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_runs(
    example: str, folder: Path, environment: dict[str, str], warm_commands: WarmCommands
) -> None:
    run_once(example, folder, {**environment, **SHORT}, warm_commands)
    for name in written(example):
        assert (folder / name).stat().st_size > 0


def run_once(
    example: str, folder: Path, environment: dict[str, str], commands: WarmCommands
) -> None:
    """Run an example unless it has run in this folder, and first those whose output it reads."""
    mark = folder / f"{EXAMPLES.index(example)}.ran"
    if mark.exists():
        return
    for earlier in EXAMPLES[: EXAMPLES.index(example)]:
        if written(earlier) & set(shlex.split(example)):
            run_once(earlier, folder, environment, commands)
    done = commands.start(shlex.split(example)[1:], folder, environment).wait(600)
    assert done.returncode == 0, done.stderr
    mark.touch()


def written(example: str) -> set[str]:
    """What an example writes and a later one may read."""
    words = shlex.split(example)
    named = {words[words.index(option) + 1] for option in ("-o", "--motion-out") if option in words}
    return named | {"workspace"} if "--src" in words else named


def test_there_is_an_example_of_every_command() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "macedance_cli.app", "--help"],
        cwd=ROOT,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    commands = set(re.findall(r"^│ ([a-z-]+) ", listed.partition("Commands")[2], re.MULTILINE))
    assert {example.split()[1] for example in EXAMPLES} == commands
    assert set(re.findall(r"^### ([a-z-]+)$", README, re.MULTILINE)) == commands


def test_the_two_commands_come_first_and_are_in_the_makefile() -> None:
    first = re.findall(r"^    make (\w+)", README, re.MULTILINE)[:2]
    assert first == ["demo", "test"]
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z]+)", README):
        assert target in ("names",) or re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in headings}
            assert anchor in slugs, target


def test_options_that_the_pages_name_exist() -> None:
    from macedance_cli.app import COMMANDS
    from pipelines.support.options import declared, distinct

    sources = ""
    more = ("tiny_appearance/clips", "tiny_appearance/train", "tables/running",
            "tables/megadance_table3", "import_megadance_generator")  # fmt: skip
    examples = [f"examples/{name}" for name in ("prepare_dance", "mix_checkpoints", *more)]
    names = ("ablations", "motion_quality", "appearance_ablation", "editing", "foot_restoration",
             "dance_rows", "capture")  # fmt: skip
    for script in (*examples, *(f"benchmarks/{name}" for name in names)):
        sources += (ROOT / f"{script}.py").read_text()
    named = {
        option
        for page in PAGES
        # They name those of other tools.
        if page.name not in ("CONTRIBUTING.md", "installing.md", "pose-control.md", "releasing.md")
        if page.parent.name != "how-to"  # they make options, and tests follow them
        for option in re.findall(r"(?<![\w-])--([a-z][a-z-]+)", page.read_text())
    }
    known = set(re.findall(r'["/](?:--)?([a-z][a-z-]+)(?=["/])', sources))
    for offered in COMMANDS.values():
        options = (*declared(offered.config), *distinct(offered.own()))
        known |= {name for one in options for name in (one.key, f"no-{one.key}")}
        known |= {name.replace("_", "-") for one in options for name in one.option.former}
    known |= {"help", "json", "config", "dry-run", "nproc-per-node"}  # the last is torchrun's
    assert named - known == set()
