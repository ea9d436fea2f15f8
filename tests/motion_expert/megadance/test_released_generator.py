"""Files in the published layout, built small in number of layers, become a folder that dances.

What the tokens and the forward are is held in `test_released`; here, what is heard and how the
dance is read.
"""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from made_megadance import MEAN, STD, fsq_state, gpt_state

from pipelines.motion.motion import Motion
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.megadance.checkpoint import load_megadance
from pipelines.motion_expert.megadance.dancer import MegaDancer
from pipelines.motion_expert.megadance.halves import join, split
from pipelines.motion_expert.megadance.header import (
    read_header,
    refuse_released,
    weights_digest,
)
from pipelines.motion_expert.megadance.options import MegaDanceOptions
from pipelines.motion_expert.megadance.released import (
    motion_of_released,
    released_tokenizer,
    seen_as_released,
)
from pipelines.motion_expert.megadance.released_generator import import_generator, start_tokens
from pipelines.motion_expert.megadance.row import MEGADANCE
from pipelines.music.features import MusicFeatures
from pipelines.music.recipes.mega35 import MEGA35
from pipelines.support.errors import BadUsage, UnsuitableInput

SCRIPT = Path(__file__).parents[3] / "examples" / "import_megadance_generator.py"
OF_MEAN = {**MEAN, "music_librosa_mean": torch.arange(35.0)[None, None]}
OF_STD = {**STD, "music_librosa_std": torch.arange(1.0, 36.0)[None, None]}


def standing(frames=80, seed=0):
    random = np.random.default_rng(seed)
    poses = random.normal(0, 0.15, (1, 24, 3)).repeat(frames, 0).astype(np.float32)
    poses[:, 0] = (np.pi / 2, 0, 0)
    trans = np.cumsum(random.normal(0, 0.01, (frames, 3)), axis=0).astype(np.float32)
    return Motion(poses, trans + np.float32([0, 0, 0.9]), 30.0)


@pytest.fixture(scope="module")
def state():
    """One layer: tokenizer and generator in one file, as released."""
    tokens = {f"fsq.{name}": value for name, value in fsq_state().items()}
    return tokens | gpt_state(1)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("import_megadance_generator", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*words):
        with mock.patch.object(sys, "argv", [str(SCRIPT), *map(str, words)]):
            return module.main()

    return run


@pytest.fixture(scope="module")
def folder(state, script, tmp_path_factory):
    place = tmp_path_factory.mktemp("released")
    torch.save({"model": state | {"smpl.v": torch.ones(2)}}, place / "model.pth")
    torch.save(OF_MEAN, place / "mean.pt")
    torch.save(OF_STD, place / "std.pt")
    files = [place / name for name in ("model.pth", "mean.pt", "std.pt")]
    assert script(*files, place / "dancer", "--layers", "1") == 0
    return place / "dancer"


@pytest.fixture(scope="module")
def model(folder):
    return load_megadance(folder)


def request(frames=40, **given):
    random = np.random.default_rng(0)
    own, theirs = (random.normal(size=(frames, 35)).astype(np.float32) for _ in range(2))
    return DanceRequest(
        MusicFeatures(own), heard=MusicFeatures(theirs, 30.0, MEGA35.schema), **given
    )


def test_the_folder_says_what_it_hears_and_how_it_is_read(folder):
    header = read_header(folder)
    assert MEGADANCE.hears is not None
    assert MEGADANCE.hears(folder) == header.feature_schema == MEGA35.schema
    assert header.released == "euler" and "Korean" in MEGADANCE.genres(folder)
    assert header.generator.late_music and header.generator.layout == "sequential"
    values = json.loads((folder / "motion_expert.json").read_text(encoding="utf-8"))
    assert values["released"] == {"rotations": "euler"} and values["metadata"]["starts"] > 100


def test_how_it_is_read_is_part_of_its_name(folder, tmp_path):
    text = (folder / "motion_expert.json").read_text(encoding="utf-8")
    (tmp_path / "motion_expert.safetensors").touch()
    for said in ("as released", "euler", "upside down"):
        (tmp_path / "motion_expert.json").write_text(text.replace('"euler"', f'"{said}"'))
        if said == "upside down":
            with pytest.raises(UnsuitableInput, match="upside down"):
                read_header(tmp_path)
        else:
            assert (weights_digest(tmp_path) == weights_digest(folder)) == (said == "euler")


def test_music_is_every_eighth_frame_of_its_own_recipe_in_our_columns(model):
    dancer, asked = MegaDancer(model, MegaDanceOptions(), torch.device("cpu")), request()
    heard = dancer._heard(dancer._values(asked), np.full(40, np.nan)).numpy()
    theirs = (asked.heard.values[::8] - np.arange(35)) / np.arange(1, 36)
    order = [32, *range(20), *range(20, 32), 34, 33]  # envelope, mfcc, chroma, peaks, beats
    np.testing.assert_allclose(heard, theirs[:, order], atol=1e-5)


def test_the_dance_hears_that_recipe_and_not_the_35_features(model):
    dancer = MegaDancer(model, MegaDanceOptions(tempo_change=0.0), torch.device("cpu"))
    asked = request(feet="none", styles=((0.0, "Dai"),))
    (one,), (again,) = dancer.dance(asked), dancer.dance(asked)
    assert one.motion.frames == 40 and np.isfinite(one.motion.poses).all()
    np.testing.assert_array_equal(one.motion.poses, again.motion.poses)
    other = replace(asked, music=MusicFeatures(asked.music.values[::-1].copy()))
    np.testing.assert_array_equal(dancer.dance(other)[0].motion.poses, one.motion.poses)
    other = replace(asked, heard=replace(asked.heard, values=50 * asked.heard.values[::-1]))
    assert not np.array_equal(dancer.dance(other)[0].motion.poses, one.motion.poses)
    with pytest.raises(UnsuitableInput, match="needs mega35-30fps"):
        dancer.dance(replace(asked, heard=None))


@pytest.mark.parametrize("styles", [(), ((0.5, "Dai"),)], ids=["none", "none at first"])
def test_it_does_not_dance_without_a_genre_which_it_never_learned(model, styles):
    dancer = MegaDancer(model, MegaDanceOptions(), torch.device("cpu"))
    with pytest.raises(BadUsage, match="learned no dance without one") as refused:
        dancer.dance(request(styles=styles))
    assert "Korean" in refused.value.hint
    weighed = MegaDancer(model, MegaDanceOptions(genre_weight=2.0), torch.device("cpu"))
    with pytest.raises(BadUsage, match="--genre-weight asks"):
        weighed.dance(request(styles=((0.0, "Dai"),)))


@pytest.mark.parametrize("rotations", ["euler", "as released"])
def test_the_dance_is_read_as_the_folder_says(model, rotations):
    dancer = MegaDancer(
        replace(model, released=rotations), MegaDanceOptions(), torch.device("cpu")
    )  # fmt: skip
    tokens = model.start_tokens[torch.zeros(3, dtype=torch.long)]
    motion = dancer.motion(tokens, 20, "Dai")
    velocity, sixes = model.tokenizer.decode(tokens[None], 20)
    way = velocity[0].cumsum(0) - velocity[0]
    expected = motion_of_released(way, sixes[0], rotations)
    np.testing.assert_allclose(motion.rotations(), expected.rotations(), atol=1e-5)
    np.testing.assert_allclose(motion.trans, expected.trans, atol=1e-4)
    assert motion.genre == "Dai"


def test_a_dance_that_was_seen_as_released_comes_back_but_for_its_place(model, monkeypatch):
    """What a tokenizer that loses nothing would give back: y up, the way summed up, z up again."""
    dance = standing(40, seed=4)
    seen = join(*split(seen_as_released(dance)[None]))
    dancer = MegaDancer(model, MegaDanceOptions(), torch.device("cpu"))
    monkeypatch.setattr(dancer._tokenizer, "decode", lambda tokens, frames: seen)
    motion = dancer.motion(model.start_tokens[:1], 40, None)
    np.testing.assert_allclose(motion.rotations(), dance.rotations(), atol=1e-5)
    np.testing.assert_allclose(motion.trans, dance.trans - dance.trans[0], atol=1e-5)


def test_nothing_of_ours_is_trained_on_from_them(folder):
    refuse_released(None)
    with pytest.raises(BadUsage, match=r"--init .* weights of MEGADance's authors"):
        refuse_released(folder)


def test_dances_begin_with_middles_of_dances_that_face_the_front(state):
    tokenizer = released_tokenizer(state, OF_MEAN, OF_STD)
    dance = standing()
    turned = dance.poses.copy()
    turned[:, 0] = (0, np.pi / np.sqrt(2), np.pi / np.sqrt(2))  # upright, back to the front
    tokens = start_tokens(tokenizer, [dance, standing(40), replace(dance, poses=turned)])
    assert tokens.shape == (2, 2, 5)
    assert torch.equal(tokens[0, 0], tokens[1, 0])  # of the upper half: it does not know facing
    with pytest.raises(UnsuitableInput, match="no dance of 64 frames"):
        start_tokens(tokenizer, [standing(40)])


def test_missing_scales_of_the_music_are_named(state, tmp_path):
    with pytest.raises(UnsuitableInput, match="music_librosa_std"):
        import_generator(state, OF_MEAN, STD, [standing()], tmp_path / "out", layers=1)
    assert not (tmp_path / "out").exists()


def test_the_script_names_what_is_wrong(folder, script, tmp_path, capsys):
    files = [folder.parent / name for name in ("mean.pt", "mean.pt", "std.pt")]
    assert script(*files, tmp_path / "no") == 3
    assert "lacks Pose_UP_Encoder" in capsys.readouterr().err
