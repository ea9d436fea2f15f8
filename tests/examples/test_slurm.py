"""The job templates: bash reads them, and what they call exists with its options."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from macedance_cli.app import COMMANDS
from pipelines.support.options import declared, distinct

FOLDER = Path(__file__).parents[2] / "examples" / "slurm"
TEMPLATES = sorted(path.name for path in FOLDER.glob("*.sbatch"))
SBATCH = {"job-name", "array", "cpus-per-task", "mem", "time", "requeue", "output", "gres",
          "signal", "open-mode"}  # fmt: skip


def flags_of(command: str) -> set[str]:
    offered = COMMANDS[command]
    options = (*declared(offered.config), *distinct(offered.own()))
    return {f"--{name}" for one in options for name in (one.key, f"no-{one.key}")} | {"-o"}


def test_there_is_one_for_each_long_command():
    assert TEMPLATES == ["curate.sbatch", "generate.sbatch", "render.sbatch",
                         "train-appearance.sbatch", "train-motion.sbatch"]  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_bash_reads_it(name):
    subprocess.run([shutil.which("bash"), "-n", FOLDER / name], check=True)
    if shellcheck := shutil.which("shellcheck"):
        subprocess.run([shellcheck, "-e", "SC1090,SC1091", FOLDER / name], check=True)


@pytest.mark.parametrize("name", TEMPLATES)
def test_its_command_and_options_exist(name):
    text = (FOLDER / name).read_text(encoding="utf-8")
    directives = re.findall(r"(?m)^#SBATCH --([\w-]+)", text)
    assert set(directives) <= SBATCH and len(directives) == len(set(directives))
    command = name.removesuffix(".sbatch")
    called = [line for line in text.splitlines() if line.startswith("srun macedance ")]
    assert len(called) == 1 and shlex.split(called[0])[2] == command
    said = [line for line in text.splitlines() if line.startswith("#") and name in line]
    assert said, "how it is submitted"
    own = [line.rpartition(name)[2] for line in said]
    words = {word for line in (called[0], *own) for word in line.split() if word[0] == "-"}
    assert words <= flags_of(command), words - flags_of(command)


@pytest.mark.parametrize("name", [n for n in TEMPLATES if n.startswith("train")])
@pytest.mark.parametrize(("status", "queued"), [(0, False), (75, True), (3, False)])
def test_a_training_that_was_stopped_queues_again(name, status, queued, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "activate").touch()
    for tool, text in (("srun", f"exit {status}"), ("scontrol", 'echo "$@"')):
        (tmp_path / tool).write_text(f"#!{shutil.which('bash')}\n{text}\n")
        (tmp_path / tool).chmod(0o755)
    done = subprocess.run(
        [shutil.which("bash"), FOLDER / name, "--data", "d"], capture_output=True, text=True,
        env={"PATH": str(tmp_path), "MACEDANCE_VENV": str(tmp_path), "SLURM_JOB_ID": "7"},
        check=False,
    )  # fmt: skip
    assert done.returncode == status
    assert done.stdout.strip() == ("requeue 7" if queued else "")
