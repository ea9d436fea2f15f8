"""The dance of a song: given, found, or the best of what an expert of a toy's size makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from listener import Listener

from pipelines.foot_restoration.treatment import treated
from pipelines.generation.dance import best_dance, dance_estimate, finished_dance, refuse_unable
from pipelines.generation.settings import GenerateConfig
from pipelines.motion.motion import Motion
from pipelines.motion.npz import load_npz, save_npz
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.interface import CANDIDATES, GENRES, Cost, Danced, Expert
from pipelines.music import layout
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures
from pipelines.music.recipes.recipe import Recipe
from pipelines.music.recipes.table import RECIPES
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.options import check, option
from pipelines.support.progress import Silent
from pipelines.workspace.run_record import RunRecord


@dataclass(frozen=True)
class ToyOptions:
    lean: float = option(0.0, "Radians.", low=-1, high=1)

    def validate(self):
        check(self)
        return self


@dataclass(frozen=True)
class Toy:
    """Stands, leaning; candidate n is moved n metres aside."""

    options: ToyOptions

    def dance(self, request, progress):
        poses = np.zeros((request.frames, 24, 3), np.float32)
        poses[:, 0, 0] = np.pi / 2 + self.options.lean
        facts = {"styles": list(request.styles), "seed": request.seed, "feet": request.feet}
        return [
            Danced(Motion(poses, np.full((request.frames, 3), n, np.float32), 30.0), facts,
                   {"aside": float(n)})
            for n in range(request.candidates)
        ]  # fmt: skip


TOY = Expert(
    help="stands", options=ToyOptions, load=lambda folder, device, options: Toy(options),
    genres=lambda folder: ("Waltz",),
    cost=lambda folder, options, seconds, candidates: Cost(seconds * candidates, 1e9),
    identity=lambda folder: "toy", abilities=frozenset({GENRES, CANDIDATES}),
)  # fmt: skip


@pytest.fixture
def toy(monkeypatch):
    def register(**changes):
        monkeypatch.setitem(EXPERTS, "toy", replace(TOY, **changes))

    register()
    return register


@pytest.fixture
def config(tiny_song, tmp_path):
    return GenerateConfig(
        song=tiny_song, motion_only=True, motion_out=tmp_path / "dance.npz", expert="toy", seed=5,
        workspace=tmp_path,
    )  # fmt: skip


def made(config, tmp_path, listener=None):
    record = RunRecord("generate", "run", {}, 0)
    return finished_dance(config, tmp_path, record, listener or Silent()), record.facts["motion"]


def test_the_chosen_expert_dances_with_its_own_options(toy, config, tmp_path):
    asked = replace(config, options={"lean": 0.5}, genre="waltz", candidates=3)
    motion, facts = made(asked, tmp_path)
    assert motion.frames == 90  # three seconds
    assert motion.poses[0, 0, 0] == pytest.approx(np.pi / 2 + 0.5)
    assert facts["expert"] == "toy"
    assert facts["styles"] == [(0.0, "waltz")]
    assert facts["seed"] == 5
    assert facts["aside"] == [0.0, 1.0, 2.0]
    assert facts["kept"] == int(np.argmax(facts["beat_fit"]))
    assert {"motion.npz", "motion.bvh", "motion.json"} <= {p.name for p in tmp_path.iterdir()}


def test_a_finished_dance_is_found_again(toy, config, tmp_path):
    first, facts = made(config, tmp_path)
    listener = Listener()
    again, same = made(config, tmp_path, listener)
    np.testing.assert_array_equal(again.poses, first.poses)
    assert same["beat_fit"] == facts["beat_fit"]
    assert listener.said == ["the dance is there from an earlier run"]


def test_another_picture_finds_the_dance(toy, config, tmp_path):
    first, facts = made(config, tmp_path / "one")
    listener = Listener()
    toy(load=None)  # nobody dances again
    again, same = made(replace(config, fps=25.0), tmp_path / "two", listener)
    np.testing.assert_array_equal(again.poses, first.poses)
    assert same == facts and listener.said == ["the dance is there from an earlier run"]
    assert (tmp_path / "two" / "motion.bvh").is_file()


def test_a_damaged_dance_is_made_again(toy, config, tmp_path):
    made(config, tmp_path / "one")
    for file in tmp_path.glob("*/**/motion.npz"):
        file.write_bytes(b"")
    again, _ = made(config, tmp_path / "one")
    assert again.frames == 90


def test_a_draft_says_so(toy, config, tmp_path):
    toy(draft=True)
    listener = Listener()
    made(config, tmp_path, listener)
    assert listener.warned == ["the dance is a draft made by the expert toy"]


@pytest.mark.parametrize(("asked", "heard"), [(None, "lock"), ("none", "none")])
def test_the_expert_hears_what_becomes_of_feet(toy, config, tmp_path, asked, heard):
    assert made(replace(config, feet=asked), tmp_path)[1]["feet"] == heard


def test_feet_of_a_given_dance_are_left_alone_unless_told_otherwise(config, tmp_path, dance):
    motion = dance(frames=90)
    save_npz(motion, tmp_path / "given.npz")
    given = replace(config, expert=None, motion=tmp_path / "given.npz")
    plain, _ = made(given, tmp_path / "plain")
    np.testing.assert_array_equal(plain.poses, motion.poses)
    locked, _ = made(replace(given, feet="lock"), tmp_path / "locked")
    np.testing.assert_array_equal(locked.poses, treated(motion, "lock").poses)


def test_a_given_dance_that_ends_early_is_told(config, tmp_path, dance):
    save_npz(dance(frames=30), tmp_path / "short.npz")
    listener = Listener()
    motion, facts = made(replace(config, expert=None, motion=tmp_path / "short.npz"), tmp_path,
                         listener)  # fmt: skip
    assert motion.frames == 30
    assert facts == {"given": str(tmp_path / "short.npz")}
    assert "2.0 s before the song" in listener.warned[0]


def test_what_an_expert_cannot_do_is_refused_by_name(toy, config):
    refuse_unable(replace(config, genre="WALTZ", candidates=2))
    with pytest.raises(BadUsage, match="--genre Polka"):
        refuse_unable(replace(config, genre="Polka"))
    toy(abilities=frozenset())
    refuse_unable(config)
    with pytest.raises(BadUsage, match="--genre means nothing to --expert toy"):
        refuse_unable(replace(config, genre="Waltz"))
    with pytest.raises(BadUsage, match="--candidates means nothing to --expert toy"):
        refuse_unable(replace(config, candidates=2))
    refuse_unable(replace(config, candidates=2, motion=Path("dance.npz")))


def test_options_of_others_are_refused_by_name(toy, config):
    with pytest.raises(BadUsage, match="--beta means nothing to --expert toy"):
        replace(config, options={"beta": 0.5}).dance_options()
    with pytest.raises(BadUsage, match="--lean 2"):
        replace(config, options={"lean": 2.0}).dance_options()


def test_the_estimate_is_the_experts(toy, config):
    words = dance_estimate(replace(config, candidates=2), 10.0)
    assert words == {"expert": "toy", **Cost(20, 1e9).words()}
    assert dance_estimate(replace(config, motion=Path("dance.npz")), 10.0) == {}


def test_the_dance_that_steps_on_the_beat_is_kept(stepping):
    values = np.zeros((480, 35), np.float32)
    values[::15, layout.beats] = 1
    on, off = Danced(stepping(120), {"n": 0}), Danced(stepping(97), {"n": 1})
    motion, facts = best_dance([off, on], MusicFeatures(values))
    assert facts["kept"] == 1 and facts["n"] == 0
    assert motion is on.motion
    assert facts["beat_fit"][1] > facts["beat_fit"][0]


def test_without_weights_an_expert_is_refused_before_any_work(config, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.motion_expert.infinitedance.header.SHIPPED", tmp_path)
    with pytest.raises(MissingAsset, match="no infinitedance in"):
        refuse_unable(replace(config, expert="infinitedance"))


def test_an_expert_that_cannot_edit_says_who_can(toy, tmp_path):
    save_npz(Motion(np.zeros((9, 24, 3), np.float32), np.zeros((9, 3), np.float32), 30.0),
             tmp_path / "a.npz")  # fmt: skip
    config = GenerateConfig(
        song=Path("song.wav"), expert="toy", motion_only=True, motion_out=tmp_path / "b.npz",
        edit=tmp_path / "a.npz", redo=("0:0.2",),
    )  # fmt: skip
    with pytest.raises(BadUsage, match="--edit means nothing to --expert toy") as caught:
        refuse_unable(config)
    assert "--expert library or mace" in caught.value.hint


@pytest.mark.parametrize(
    ("flag", "value"), [("like", Path("a.npz")), ("facing", "left@1"), ("hold", ("1:2",))]
)
@pytest.mark.parametrize("expert", ["toy", "mace"])
def test_what_only_the_library_can_do_is_refused_by_others(toy, config, expert, flag, value):
    with pytest.raises(BadUsage, match=f"--{flag} means nothing to --expert {expert}") as caught:
        refuse_unable(replace(config, expert=expert, **{flag: value}))
    assert caught.value.hint == "choose --expert library"


def test_all_candidates_are_kept_to_choose_from(toy, config, tmp_path):
    listener = Listener()
    asked = replace(config, candidates=3, show=True)
    made(asked, tmp_path / "run", listener)
    found = [load_npz(tmp_path / "run" / f"candidate-{n}.npz") for n in (1, 2, 3)]
    assert [float(dance.trans[0, 0]) for dance in found] == [0, 1, 2]
    assert {dance.frames for dance in found} == {90}
    told = "candidate-1.npz, candidate-2.npz, candidate-3.npz in"
    assert any(told in line for line in listener.said)
    with pytest.raises(BadUsage, match="--show keeps all candidates, and there is one"):
        replace(config, show=True, expert=None).validate()


def loudest(samples):
    """One number for every 100 samples."""
    return np.abs(samples[: len(samples) // 100 * 100]).reshape(-1, 100).max(1)[:, None]


def test_the_expert_hears_by_the_recipe_that_its_folder_names(toy, config, tmp_path, monkeypatch):
    recipe = Recipe("loud", "loud1-10fps", 1, 10.0, 1000, loudest)
    monkeypatch.setitem(RECIPES, "loud", recipe)
    heard, folders = [], []

    class Listening(Toy):
        def dance(self, request, progress):
            heard.append((request.heard, request.music))
            return super().dance(request, progress)

    def hears(folder):
        folders.append(folder)
        return "loud1-10fps"

    toy(hears=hears, load=lambda folder, device, options: Listening(options))
    asked = replace(config, start=0.5, duration=2.5)
    made(asked, tmp_path)
    ((by_recipe, music),) = heard
    expected = recipe.of_song(config.song, 0.5, 2.5)
    np.testing.assert_array_equal(by_recipe.values, expected.values)
    assert by_recipe.values.shape == (25, 1) and by_recipe.fps == 10
    assert music.values.shape == (76, 35) and folders[0] is None


@pytest.mark.parametrize("hears", [None, lambda folder: FEATURE_SCHEMA])
def test_an_expert_without_a_recipe_of_its_own_hears_the_35_features(toy, config, tmp_path, hears):
    heard = []

    class Listening(Toy):
        def dance(self, request, progress):
            heard.append(request.heard)
            return super().dance(request, progress)

    toy(hears=hears, load=lambda folder, device, options: Listening(options))
    made(config, tmp_path)
    assert heard == [None]


def test_what_a_recipe_lacks_is_told_before_weights_are_read(toy, config, tmp_path, monkeypatch):
    def lacking():
        raise MissingAsset("no such package", "install it")

    recipe = Recipe("loud", "loud1-10fps", 1, 10.0, 1000, loudest, lacking)
    monkeypatch.setitem(RECIPES, "loud", recipe)
    toy(hears=lambda folder: "loud1-10fps", load=None)
    with pytest.raises(MissingAsset, match="no such package"):
        made(config, tmp_path)
