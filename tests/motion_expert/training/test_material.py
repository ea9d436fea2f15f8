from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.datasets.paired import save_pair
from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.motion import Motion
from pipelines.motion_expert.training.material import (
    Material,
    data_digest,
    gather_data,
    recipe_heard,
    warn_of_other_data,
)
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import MusicFeatures
from pipelines.music.recipes.table import RECIPES
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.files import write_json
from pipelines.support.progress import SILENT, Silent


def dance(seed, frames=40):
    random = np.random.default_rng(seed)
    poses = random.normal(0, 0.1, (frames, 24, 3)).astype(np.float32)
    motion = Motion(poses, np.zeros((frames, 3), np.float32), 30.0, genre="salsa")
    features = random.normal(size=(frames, 35)).astype(np.float32)
    return PairedSequence(motion, features, f"take{seed}", f"take{seed}")


class Heard(Silent):
    def __init__(self):
        self.lines = []

    def warn(self, message):
        self.lines.append(message)


def test_pairs_are_gathered_and_the_unusable_are_named(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for seed in (0, 1):
        save_pair(dance(seed), "a song", "paired", data / f"{seed}.npz")
    (data / "broken.npz").write_bytes(b"nothing")
    heard = Heard()
    found, skipped = gather_data(TrainMotionConfig(data=(data,), workspace=tmp_path / "w"), heard)
    assert sorted(pair.take for pair in found) == ["take0", "take1"]
    assert len(skipped) == 1
    assert heard.lines == [f"skipped {skipped[0]}"]
    assert "broken.npz" in skipped[0]


def test_nothing_usable_is_refused_with_the_first_reason(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "broken.npz").write_bytes(b"nothing")
    config = TrainMotionConfig(data=(tmp_path / "data",), workspace=tmp_path / "w")
    with pytest.raises(UnsuitableInput, match="no usable dance") as caught:
        gather_data(config, SILENT)
    assert "broken.npz" in caught.value.hint


def test_the_digest_follows_content_and_order():
    one, two = dance(0), dance(1)
    assert data_digest([one, two]) == data_digest([dance(0), dance(1)])
    assert data_digest([one, two]) != data_digest([two, one])
    moved = dance(0)
    moved.features[3, 4] += 1
    assert data_digest([moved]) != data_digest([one])


def test_facts_name_the_data_and_what_is_held_out(tmp_path):
    made = Material([dance(0)], [dance(2), dance(1)], tmp_path, torch.device("cpu"), 4, SILENT)
    assert made.facts() == {"data_digest": data_digest([dance(0)]), "held_out": ["take1", "take2"]}


def test_a_run_that_goes_on_with_other_data_says_so(tmp_path):
    heard = Heard()
    warn_of_other_data(tmp_path, {"data_digest": "a"}, heard)  # nothing went before
    (tmp_path / "step-00000001").mkdir()
    write_json(tmp_path / "step-00000001" / "training.json", {"data_digest": "a"})
    warn_of_other_data(tmp_path, {"data_digest": "a"}, heard)
    assert heard.lines == []
    warn_of_other_data(tmp_path, {"data_digest": "b"}, heard)
    assert "changed since this run began" in heard.lines[0]


def heard_config(tmp_path, **changes):
    given = {"data": (tmp_path,), "expert": "infinitedance", "stage": "retrieval",
             "options": {"music_features": "muq"}, "workspace": tmp_path}  # fmt: skip
    return TrainMotionConfig(**(given | changes))


def test_an_expert_says_what_its_pairs_need_beside_the_35_features(tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "muq", replace(RECIPES["muq"], check=None))
    assert recipe_heard(heard_config(tmp_path)) is RECIPES["muq"]
    assert recipe_heard(heard_config(tmp_path, options={})) is None
    assert recipe_heard(TrainMotionConfig(data=(tmp_path,))) is None
    with pytest.raises(BadUsage, match="--music-features muq means nothing"):
        recipe_heard(heard_config(tmp_path, stage="tokenizer"))


def test_what_a_recipe_lacks_is_told_before_anything_is_read(tmp_path, monkeypatch):
    def lacking():
        raise MissingAsset("no such package", "install it")

    monkeypatch.setitem(RECIPES, "muq", replace(RECIPES["muq"], check=lacking))
    with pytest.raises(MissingAsset, match="no such package"):
        gather_data(heard_config(tmp_path, data=(tmp_path / "none",)), SILENT)


def test_the_digest_knows_what_else_is_heard():
    motion = Motion(np.zeros((3, 24, 3), np.float32), np.zeros((3, 3), np.float32), 30.0)
    plain = PairedSequence(motion, np.zeros((3, 35), np.float32), "a", "a")
    one, other = (
        replace(plain, heard=MusicFeatures(np.full((3, 2), n, np.float32), 30.0, "two2"))
        for n in range(2)
    )
    assert len({data_digest([s]) for s in (plain, one, other)}) == 3
