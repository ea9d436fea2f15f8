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


def test_a_library_from_the_command_line_to_a_dance(macedance, dancing, tiny_song, tmp_path):
    from pipelines.motion.npz import save_npz

    for bpm in (100, 112, 124):
        save_npz(dancing(bpm, seconds=12), tmp_path / "mine" / "polka" / f"{bpm}.npz")
    train = ("train-motion", "--expert", "library", "--data", "mine", "--lively", "0.05")
    planned = macedance(*train, "--dry-run", "--json")
    assert json.loads(planned.stdout)["takes"] == 3
    done = macedance(*train, "--run", "r")
    assert (done.returncode, done.stdout) == (0, "workspace/models/motion/r\n"), done.stderr
    assert "3 takes" in done.stderr
    dance = ("generate", str(tiny_song), "--motion-only", "--motion-out", "d.npz")
    done = macedance(*dance, "--motion-model", "r", "--json")
    assert done.returncode == 0, done.stderr
    parts = json.loads(done.stdout)["motion"]["parts"]
    assert {part["take"].split("/")[0] for part in parts} == {"polka"}
    done = macedance(*dance, "--motion-model", "r", "--genre", "waltz", "--force", "--dry-run")
    assert done.returncode == 2 and "it has" in done.stderr
    done = macedance(*train, "--backbone", "mamba")
    assert done.returncode == 2 and "--backbone means nothing to --expert library" in done.stderr
