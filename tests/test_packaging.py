"""What the wheel holds. `.ci/try-wheel` installs it in an empty environment and uses it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of the tracked files, built without network."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked:
        copy = source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.symlink_to(ROOT / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", source / "dist"],
        cwd=source,
        capture_output=True,
        check=True,
    )
    return zipfile.ZipFile(next((source / "dist").glob("*.whl")))


def test_every_module_and_data_file_is_in_the_wheel(wheel, tracked):
    expected = {name for name in tracked if name.startswith(("pipelines/", "macedance_cli/"))}
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == expected
    assert "pipelines/py.typed" in names


def test_licences_entry_point_and_metadata(wheel):
    names = wheel.namelist()
    for ending in ("licenses/LICENSE", "licenses/NOTICE"):
        assert any(name.endswith(ending) for name in names)
    entry_points = next(name for name in names if name.endswith("entry_points.txt"))
    assert "macedance = macedance_cli.app:main" in wheel.read(entry_points).decode()
    metadata = next(name for name in names if name.endswith("METADATA"))
    fields = Parser().parsestr(wheel.read(metadata).decode())
    assert fields["License-Expression"] == "Apache-2.0"
    core = [line for line in fields.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert not any(line.startswith(("mamba", "ray", "pytest")) for line in core)


def test_no_tracked_file_is_too_big_for_a_clone(tracked):
    assert [name for name in tracked if (ROOT / name).stat().st_size > 40 << 20] == []


def test_every_dependency_is_pinned_in_the_constraints():
    pinned = {
        line.partition("==")[0]
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    }
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {
        requirement.split("=")[0].strip("<>=! ").split("<")[0].split(">")[0]
        for requirement in wanted
    }
    assert names - pinned == set()


NOT_IMPORTED = {
    "accelerate": "diffusers places networks with it",
    "ftfy": "diffusers cleans prompts with it",
    "trimesh": "pyrender builds its meshes on it",
}
"""Declared, but imported by others on our behalf."""
CARRIED = {
    "numba": "librosa", "pyopengl": "pyrender", "pydantic": "typer", "tokenizers": "transformers",
    "protobuf": "mediapipe", "triton": "torch",
}  # fmt: skip
"""Imported, and brought by what is declared."""


def imported() -> set[str]:
    """Every module of others, at the top level, that our sources import."""
    found: set[str] = set()
    for room in ("pipelines", "macedance_cli"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {name.name.partition(".")[0] for name in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
                elif isinstance(node, ast.Call) and "import_module" in ast.dump(node.func):
                    found |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    return found - set(sys.stdlib_module_names) - {"pipelines", "macedance_cli"}


def plain(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement)[0].lower().replace("_", "-")


def test_what_is_declared_is_imported_and_what_is_imported_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = {plain(one) for one in project["dependencies"]}
    extras = project["optional-dependencies"]
    declared = core | {plain(one) for name in extras for one in extras[name] if name != "dev"}
    homes = packages_distributions()
    used = {
        module: {plain(home) for home in homes.get(module, [module.replace("_", "-")])}
        for module in imported()
    }
    everything = set().union(*used.values())
    assert core - everything == set(NOT_IMPORTED) - everything
    known = declared | set(CARRIED)
    assert {module for module, places in used.items() if not places & known} == set()
    assert set(CARRIED.values()) <= core
