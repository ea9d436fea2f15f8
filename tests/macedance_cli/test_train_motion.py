"""What `train-motion` prints, and where."""

from __future__ import annotations

import json


def test_the_checkpoint_on_stdout_and_nothing_else(macedance, pretending):
    done = macedance("train-motion", "--data", "x", program=pretending("pass"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "run\n", "")


def test_json_has_the_whole_result(macedance, pretending):
    done = macedance("train-motion", "--data", "x", "--json", program=pretending("pass"))
    result = json.loads(done.stdout)
    assert result["folder"] == "run"
    assert {"checkpoint", "step", "best_loss", "seconds_per_step", "skipped"} <= set(result)


def test_options_arrive(macedance, pretending):
    body = "progress.say(f'{config.steps} {config.lr} {config.music} {config.hold_out}')"
    done = macedance(
        "train-motion", "--data", "x", "--steps", "7", "--lr", "0.5", "--music", "compose",
        "--music", "warp:songs", program=pretending(body), MACEDANCE_HOLD_OUT="a",
    )  # fmt: skip
    assert done.stderr == "7 0.5 ('compose', 'warp:songs') ('a',)\n"


def test_the_song_variable_of_other_commands_is_not_its_music(macedance, pretending):
    body = "progress.say(str(config.music))"
    done = macedance("train-motion", program=pretending(body), MACEDANCE_MUSIC="songs/")
    assert done.stderr == "('paired',)\n"
    done = macedance("train-motion", program=pretending(body), MACEDANCE_TRAINING_MUSIC="compose")
    assert done.stderr == "('compose',)\n"
