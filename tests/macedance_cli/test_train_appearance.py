"""What `train-appearance` prints; its former options."""

from __future__ import annotations

import json

_PROGRAM = """
import sys
import pipelines.train_appearance as pipeline
from pathlib import Path

def train_appearance(config, progress):
    progress.say(f"{config.steps} {config.wan_sampling_steps} {config.relay}")
    return pipeline.TrainAppearanceResult(
        Path("run"), None, Path("learned"), 0, None, 0.0, 0.0, 3, 4, [], %s
    )

def plan(config, progress):
    return {"stage": config.stage}

pipeline.train_appearance, pipeline.plan = train_appearance, plan
sys.argv[0] = "macedance"
from macedance_cli.app import main
main()
"""


def program(failed: str = "[]") -> tuple[str, str]:
    return ("-c", _PROGRAM % failed)


def test_what_was_learned_on_stdout(macedance):
    done = macedance("train-appearance", "--steps", "9", "--relay", "1", program=program())
    assert (done.returncode, done.stdout, done.stderr) == (0, "learned\n", "9 20 (1,)\n")


def test_former_options_go_on_working(macedance):
    former = ("--max-steps", "9", "--sample-steps", "4")
    done = macedance("train-appearance", *former, program=program())
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "warning: --max-steps is called --steps now",
        "warning: --sample-steps is called --wan-sampling-steps now",
        "9 4 (1, 5)",
    ]


def test_of_several_processes_one_tells(macedance):
    done = macedance("train-appearance", program=program(), RANK="1")
    assert (done.returncode, done.stdout) == (0, "")


def test_clips_that_failed_are_exit_code_5(macedance):
    failed = "[{'file': 'a.mp4', 'reason': 'damaged'}]"
    done = macedance("train-appearance", "--json", program=program(failed))
    assert done.returncode == 5
    assert json.loads(done.stdout)["clips"] == 3
    assert "of 3 clips" in done.stderr


def test_the_plan_as_json_and_as_lines(macedance):
    done = macedance("train-appearance", "--dry-run", "--json", program=program())
    assert json.loads(done.stdout) == {"stage": "kinematic"}
    done = macedance("train-appearance", "--dry-run", "--stage", "base", program=program())
    assert done.stdout == "stage  base\n"
