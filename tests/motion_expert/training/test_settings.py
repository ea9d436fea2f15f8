"""What `train-motion` is asked to do: what is refused before any file is read, and run names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.library.making_options import LibraryMakingOptions
from pipelines.motion_expert.mace.training_options import MaceTrainingOptions
from pipelines.motion_expert.training.settings import TrainMotionConfig, own_options
from pipelines.support.errors import BadUsage

CONFIG = TrainMotionConfig(data=(Path("captures"),))


def test_named_data_is_all_that_must_be_said():
    assert CONFIG.validate() is CONFIG
    with pytest.raises(BadUsage, match="--data"):
        TrainMotionConfig().validate()


@pytest.mark.parametrize(
    "music",
    [("paired",), ("compose",), ("warp:songs/",), ("paired", "compose", "warp:a", "warp:b")],
)
def test_music_comes_from_one_or_several_places(music):
    replace(CONFIG, music=music).validate()


@pytest.mark.parametrize("mode", ["warp", "songs/", "", "Compose"])
def test_other_music_is_refused_with_the_choice(mode):
    with pytest.raises(BadUsage, match=f"--music {mode}: unknown") as caught:
        replace(CONFIG, music=("paired", mode)).validate()
    assert "warp:FOLDER" in caught.value.hint


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_tempo_change": 1.5}, "--max-tempo-change 1.5"), ({"window": 0}, "--window 0"),
        ({"stride": 0}, "--stride 0"), ({"balance": -0.1}, "--balance -0.1"),
        ({"swap_timbre": 2}, "--swap-timbre 2"), ({"preset": "huge"}, "--preset huge"),
        ({"options": {"backbone": "rnn"}}, "--backbone rnn"),
        ({"options": {"guidance": "none"}}, "--guidance none"),
        ({"options": {"objective": "own"}}, "--objective own"), ({"lr": 0.0}, "--lr 0"),
        ({"optimizer": "sgd"}, "--optimizer sgd"), ({"schedule": "step"}, "--schedule step"),
        ({"ema_decay": 1.1}, "--ema-decay 1.1"), ({"steps": 0}, "--steps 0"),
        ({"batch_size": 9, "accumulate": 2}, "--batch-size 9"), ({"seed": -1}, "--seed -1"),
        ({"device": "tpu"}, "--device tpu"), ({"lr": float("nan")}, "--lr nan"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused_by_its_option(changes, said):
    with pytest.raises(BadUsage, match=said):
        replace(CONFIG, **changes).validate()


def test_a_batch_must_part_among_processes_and_slices(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    replace(CONFIG, batch_size=16, accumulate=2).validate()
    with pytest.raises(BadUsage, match="8 equal slices"):
        replace(CONFIG, batch_size=12, accumulate=2).validate()


def test_a_run_is_named_by_its_preset_and_what_it_learns():
    name = CONFIG.run_name()
    preset, digest = name.split("-")
    assert preset == "paper" and len(digest) == 8 and int(digest, 16) >= 0
    assert replace(CONFIG, run="mine").run_name() == "mine"
    assert replace(CONFIG, preset="tiny").run_name().startswith("tiny-")


@pytest.mark.parametrize(
    "changes",
    [{"lr": 1e-3}, {"window": 120}, {"music": ("compose",)}, {"mirror": False}, {"turn": True},
     {"options": {"backbone": "mamba"}}, {"options": {"beat_clock": True}},
     {"options": {"guidance": "cfg"}}, {"options": {"objective": "paper"}},
     {"batch_size": 64}, {"seed": 1}, {"hold_out": ("a",)}, {"data": (Path("other"),)},
     {"ema_decay": 0.5}, {"schedule": "cosine"}, {"precision": "bf16"}],
)  # fmt: skip
def test_another_way_of_learning_is_another_run(changes):
    assert replace(CONFIG, **changes).run_name() != CONFIG.run_name()


@pytest.mark.parametrize(
    "changes",
    [{"steps": 7}, {"accumulate": 2}, {"keep": 1}, {"validate_every": 9}, {"checkpoint_every": 9},
     {"resume": True}, {"threads": 2}, {"workers": 4}, {"device": "cpu"}, {"prepare_only": True},
     {"workspace": Path("elsewhere")}],
)  # fmt: skip
def test_how_it_is_run_makes_no_other_run(changes):
    assert replace(CONFIG, **changes).run_name() == CONFIG.run_name()


def test_data_counts_by_its_folder_names_in_any_order(tmp_path):
    one = replace(CONFIG, data=(tmp_path / "x" / "a", tmp_path / "b"))
    other = replace(CONFIG, data=(tmp_path / "b", tmp_path / "y" / "a"))
    assert one.run_name() == other.run_name()


def test_first_weights_are_shipped_or_a_folder():
    assert replace(CONFIG, init="shipped").init_folder() is None
    assert replace(CONFIG, init="models/a").init_folder() == Path("models/a")
    assert replace(CONFIG, init="shipped").run_name() != CONFIG.run_name()
    assert CONFIG.identity()["init"] == ""


@pytest.mark.parametrize(
    ("changes", "own", "name"),
    [
        ({}, {}, "paper-b02bba4c"),
        ({"preset": "tiny"}, {"objective": "paper"}, "tiny-fb8b0a38"),
        ({"preset": "small", "seed": 3},
         {"backbone": "mamba", "beat_clock": True, "guidance": "cfg"}, "small-67510d02"),
        ({"expert": "mace"}, {"backbone": "bimamba", "beat_clock": None}, "paper-b02bba4c"),
    ],
)  # fmt: skip
def test_runs_keep_the_names_that_they_had_before_there_were_several_experts(changes, own, name):
    assert replace(CONFIG, **changes, options=own).run_name() == name


def test_an_expert_is_one_that_is_trained_and_knows_its_options():
    with pytest.raises(BadUsage, match="--expert shakers"):
        replace(CONFIG, expert="shakers").validate()
    with pytest.raises(BadUsage, match="--tempo means nothing to --expert mace"):
        replace(CONFIG, options={"tempo": 3}).validate()
    assert replace(CONFIG, options={"guidance": "cfg"}).own() == MaceTrainingOptions(guidance="cfg")


def test_every_expert_that_is_trained_offers_its_options():
    trained = [row.training.options for row in EXPERTS.values() if row.training is not None]
    assert own_options() == trained
    assert {LibraryMakingOptions, MaceTrainingOptions} <= set(trained)
    assert CONFIG.expert_training().options is MaceTrainingOptions


@pytest.fixture
def in_stages(monkeypatch):
    row = EXPERTS["mace"]
    how = replace(row.training, stages=("tokenizer", "generator"))
    monkeypatch.setitem(EXPERTS, "mace", replace(row, training=how))
    return CONFIG


def test_an_expert_with_stages_wants_to_hear_which(in_stages):
    with pytest.raises(BadUsage, match="--stage: not said to --expert mace") as caught:
        in_stages.validate()
    assert "tokenizer, generator" in caught.value.hint
    with pytest.raises(BadUsage, match="--stage decoder: unknown to --expert mace"):
        replace(in_stages, stage="decoder").validate()
    one, other = (replace(in_stages, stage=s).validate() for s in ("tokenizer", "generator"))
    assert one.run_name().startswith("mace-tokenizer-paper-")
    assert one.identity() != other.identity()


def test_an_expert_without_stages_has_no_use_for_one():
    with pytest.raises(BadUsage, match="--stage tokenizer: --expert mace is trained in one go"):
        replace(CONFIG, stage="tokenizer").validate()
    assert "stage" not in CONFIG.identity()


LIBRARY = replace(CONFIG, expert="library")


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"steps": 7}, "--steps"), ({"preset": "tiny"}, "--preset"), ({"lr": 1e-3}, "--lr"),
        ({"music": ("compose",)}, "--music"), ({"window": 60}, "--window"),
        ({"init": "shipped"}, "--init"), ({"prepare_only": True}, "--prepare-only"),
        ({"options": {"backbone": "mamba"}}, "--backbone"),
        ({"options": {"objective": "paper"}}, "--objective"),
    ],
)  # fmt: skip
def test_what_means_nothing_to_a_library_is_refused_by_its_option(changes, flag):
    with pytest.raises(BadUsage, match=f"{flag} means nothing to --expert library"):
        replace(LIBRARY, **changes).validate()


def test_a_library_heeds_few_options():
    options = {"hold_out": ("a",), "seed": 3, "device": "cpu", "run": "x", "resume": True}
    replace(LIBRARY, **options, options={"lively": 0.2}).validate()
    with pytest.raises(BadUsage, match="--lively means nothing to --expert mace"):
        replace(CONFIG, options={"lively": 0.2}).validate()


def test_a_library_is_named_by_itself_and_by_where_its_dances_lie(tmp_path):
    name = LIBRARY.run_name()
    assert name.startswith("library-")
    moved = replace(LIBRARY, data=(tmp_path / "captures",))
    assert moved.run_name() != name
    assert replace(CONFIG, data=(tmp_path / "captures",)).run_name() == CONFIG.run_name()
