"""A Motion Expert on disk: round trips, damage, mix-ups, missing files."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.interface import CONFIG_NAME
from pipelines.motion_expert.mace.checkpoint import (
    Checkpoint,
    build_model,
    load_checkpoint,
    save_checkpoint,
)
from pipelines.motion_expert.mace.header import WEIGHTS_NAME, checkpoint_digest
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import sha256_file

NETWORK = MotionExpertConfig(
    width=8, heads=2, feedforward=8, dance_blocks=1, music_blocks=1, state=2, genres=("Jazz",),
    preconditioned=True,
)  # fmt: skip


@pytest.fixture
def checkpoint():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    return Checkpoint(
        config=NETWORK,
        weights=MotionExpert(NETWORK).state_dict(),
        normalizer=Normalizer(*rng.normal(0, 1, (2, 151)).astype(np.float32)),
        standardizer=Standardizer(*rng.normal(0, 1, (2, 35)).astype(np.float32)),
        feature_schema="some schema",
        metadata={"name": "a test", "steps": 3},
    )


@pytest.fixture
def folder(tmp_path, checkpoint):
    save_checkpoint(tmp_path / "model", checkpoint)
    return tmp_path / "model"


def rewrite_header(folder, **changes):
    header = json.loads((folder / CONFIG_NAME).read_text())
    (folder / CONFIG_NAME).write_text(json.dumps(header | changes))


def assert_same(found, expected):
    assert found.config == expected.config
    assert found.feature_schema == expected.feature_schema
    assert found.metadata == expected.metadata
    assert set(found.weights) == set(expected.weights)
    for name in ("low", "scale"):
        assert np.array_equal(getattr(found.normalizer, name), getattr(expected.normalizer, name))
    for name in ("mean", "std"):
        assert np.array_equal(
            getattr(found.standardizer, name), getattr(expected.standardizer, name)
        )


def test_round_trip(folder, checkpoint):
    assert {path.name for path in folder.iterdir()} == {WEIGHTS_NAME, CONFIG_NAME}
    back = load_checkpoint(folder)
    assert_same(back, checkpoint)
    for name, value in checkpoint.weights.items():
        assert torch.equal(back.weights[name], value)
    model = build_model(back)
    assert not model.training
    assert torch.equal(
        model.state_dict()["motion_in.weight"], checkpoint.weights["motion_in.weight"]
    )


def test_halves_for_shipping_keep_the_scaling_whole(folder, checkpoint):
    size = (folder / WEIGHTS_NAME).stat().st_size
    save_checkpoint(folder, checkpoint, half=True)
    assert (folder / WEIGHTS_NAME).stat().st_size < 0.6 * size
    back = load_checkpoint(folder)
    assert_same(back, checkpoint)
    for name, value in checkpoint.weights.items():
        assert back.weights[name].dtype == torch.float32
        assert torch.equal(back.weights[name], value.half().float())
    build_model(back)


def test_it_is_named_by_its_weights(folder):
    assert checkpoint_digest(folder) == sha256_file(folder / WEIGHTS_NAME)
    assert checkpoint_digest(folder / "nothing") == ""
    (folder / CONFIG_NAME).write_text("{broken")
    assert checkpoint_digest(folder) == ""


@pytest.mark.parametrize("missing", [WEIGHTS_NAME, CONFIG_NAME])
def test_a_missing_file(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(MissingAsset, match=missing) as caught:
        load_checkpoint(folder)
    assert "train-motion" in caught.value.hint


def test_no_folder(tmp_path):
    with pytest.raises(MissingAsset, match="no Motion Expert"):
        load_checkpoint(tmp_path / "nothing")


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [cut, flip_a_bit, lambda path: path.write_bytes(b"")])
def test_damaged_weights(folder, damage):
    damage(folder / WEIGHTS_NAME)
    with pytest.raises(UnsuitableInput):
        load_checkpoint(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"network": 3}', "\x00", '"text"'])
def test_a_damaged_header(folder, text):
    (folder / CONFIG_NAME).write_text(text)
    with pytest.raises(UnsuitableInput, match="not a Motion Expert checkpoint"):
        load_checkpoint(folder)


def test_an_unknown_setting(folder):
    rewrite_header(folder, network={**NETWORK.to_json(), "depth": 3})
    with pytest.raises(UnsuitableInput, match="depth"):
        load_checkpoint(folder)


def test_files_of_two_checkpoints(folder, checkpoint, tmp_path):
    other = {name: value + 1 for name, value in checkpoint.weights.items()}
    save_checkpoint(tmp_path / "other", replace(checkpoint, weights=other))
    (tmp_path / "other" / CONFIG_NAME).replace(folder / CONFIG_NAME)
    with pytest.raises(UnsuitableInput, match="mixed up"):
        load_checkpoint(folder)


def test_weights_of_another_shape_than_the_config(folder):
    rewrite_header(folder, network={**NETWORK.to_json(), "feedforward": 12})
    with pytest.raises(UnsuitableInput, match="do not fit"):
        build_model(load_checkpoint(folder))


def test_weights_without_scaling(folder):
    tensors = load_file(folder / WEIGHTS_NAME)
    tensors.pop("scaling.music_std")
    save_file(tensors, folder / WEIGHTS_NAME)
    rewrite_header(folder, sha256=sha256_file(folder / WEIGHTS_NAME))
    with pytest.raises(UnsuitableInput, match="music_std"):
        load_checkpoint(folder)


def test_a_failed_write_leaves_the_old_one(folder, checkpoint, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.motion_expert.mace.checkpoint.save_file", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(folder, checkpoint)
    assert_same(load_checkpoint(folder), checkpoint)
    assert {path.name for path in folder.iterdir()} == {WEIGHTS_NAME, CONFIG_NAME}
