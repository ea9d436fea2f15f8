"""What `make` does about Debian packages that are missing, on machines that are made up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "check-system"
TOOLS = ("bash", "env", "grep", "cat")


@pytest.fixture
def machine(tmp_path: Path):
    """Runs the script on a machine that holds nothing but a shell and these programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))

    def run(packages: str, variables: dict[str, str] | None = None, **programs: str):
        for name, text in programs.items():
            file = folder / name.replace("_", "-")
            file.write_text(f"#!{shutil.which('bash')}\n{text}\n")
            file.chmod(0o755)
        environment = {"PATH": str(folder), "PYTHON": sys.executable, "PACKAGES": packages}
        environment |= variables or {}
        return subprocess.run(
            [shutil.which("bash"), SCRIPT], env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    return run


ROOT, USER = "echo 0", "echo 1000"
LOGGED = 'echo "$@" >>"${0%/*}/log"'


def log(tmp_path: Path) -> str:
    file = tmp_path / "bin" / "log"
    return file.read_text() if file.exists() else ""


def test_as_root_it_installs_what_is_missing_and_says_so(machine, tmp_path):
    done = machine("python3 python3-venv ffmpeg", id=ROOT, apt_get=LOGGED)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "macedance: installing these Debian packages: ffmpeg\n"
    assert log(tmp_path).endswith("install -qq -y --no-install-recommends ffmpeg\n")


def test_with_sudo_that_asks_no_password_it_does_too(machine, tmp_path):
    done = machine("ffmpeg", id=USER, apt_get=LOGGED, sudo='[ "$1" = -n ] && shift; "$@"', true="")
    assert done.returncode == 0, done.stderr
    assert "install -qq -y --no-install-recommends ffmpeg" in log(tmp_path)


@pytest.mark.parametrize("programs", [
    {"id": USER, "apt_get": LOGGED, "sudo": "exit 1"},
    {"id": USER, "apt_get": LOGGED},
    {"id": ROOT},
    {"id": ROOT, "apt_get": "exit 100"},
])  # fmt: skip
def test_elsewhere_ffmpeg_comes_from_a_python_package(machine, tmp_path, programs):
    done = machine("python3 python3-venv ffmpeg libx1", **programs)
    assert done.returncode == 0
    assert "the one of a Python package is used" in done.stderr
    assert log(tmp_path) == ""


def test_without_python_it_stops_and_names_what_to_do(machine):
    done = machine("python3 python3-venv ffmpeg", {"PYTHON": ""}, id=USER)
    assert done.returncode == 1
    assert "apt-get install python3 python3-venv, or make PYTHON=" in done.stderr


def test_nothing_is_said_where_all_is_there(machine):
    done = machine("ffmpeg python3 python3-venv", id=USER, ffmpeg="", ffprobe="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("variable", ["LD_LIBRARY_PATH", "LIBRARY_PATH", "CONDA_PREFIX"])
def test_libraries_are_found_where_modules_and_conda_put_them(machine, tmp_path, variable):
    there = {variable: f"{tmp_path}" if variable == "CONDA_PREFIX" else f"/nowhere:{tmp_path}/lib"}
    assert "without libgl1" in machine("libgl1", there, id=USER, ldconfig="").stderr
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libGL.so.1").write_bytes(b"library")
    assert machine("libgl1", there, id=USER, ldconfig="").stderr == ""
    assert "without libgl1" in machine("libgl1", id=USER, ldconfig="").stderr
