"""From a trained run's folder to a dance, and what does not belong together."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.generator_task import generator_task
from pipelines.motion_expert.infinitedance.options import InfiniteDanceOptions
from pipelines.motion_expert.infinitedance.storage import load_part, save_part
from pipelines.motion_expert.infinitedance.tokenizer import PRESETS, Tokenizer
from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.infinitedance.whole import keep_half, load_whole
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path, paired, tokenizer, references):
    data = [replace(paired(n, genre="Pop" if n % 2 == 0 else "Jazz"), couple=n == 1)
            for n in range(4)]  # fmt: skip
    config = TrainMotionConfig(preset="tiny", stride=12, batch_size=2, lr=1e-3)
    material = Material(data, [], tmp_path, CPU, 2, SILENT)
    own = InfiniteDanceTrainingOptions(bridge_steps=1)
    task = generator_task(
        config, material, tokenizer, references, ("Jazz", "Pop"), own, window=Span(4)
    )
    options = EngineOptions.of(config, steps=2, checkpoint_every=1, warmup=0)
    return Engine(task, options, tmp_path, Launch(CPU, may_cut=False), SILENT).run().checkpoint


def test_what_was_trained_dances(folder):
    music = MusicFeatures(np.random.default_rng(0).normal(size=(80, 35)).astype(np.float32))
    request = DanceRequest(music, styles=((0.0, "Pop"),), candidates=2)
    one, again = (load_whole(folder, InfiniteDanceOptions()).dance(request) for _ in range(2))
    assert [d.motion.frames for d in one] == [80, 80]
    np.testing.assert_array_equal(one[1].motion.poses, again[1].motion.poses)


def test_it_keeps_which_styles_are_danced_only_when_asked_for(folder, tmp_path):
    assert list(load_whole(folder, InfiniteDanceOptions()).only_asked) == ["Jazz"]
    keep_half(folder, tmp_path / "half")
    assert list(load_whole(tmp_path / "half", InfiniteDanceOptions()).only_asked) == ["Jazz"]


def test_every_part_has_to_be_there(folder):
    for part in ("bank", "retrieval", "tokenizer", "generator"):
        (folder / f"{part}.safetensors").rename(folder / "away")
        with pytest.raises(MissingAsset, match=part):
            load_whole(folder, InfiniteDanceOptions())
        (folder / "away").rename(folder / f"{part}.safetensors")


def test_half_precision_to_be_handed_on(folder, tmp_path):
    into = tmp_path / "half"
    keep_half(folder, into)
    for part in ("generator", "tokenizer", "retrieval", "bank"):
        stored = load_part(into, part)
        for name, value in stored.weights.items():
            one_number = value.ndim < 2 and value.dtype == torch.float32
            assert one_number or value.dtype in (torch.float16, torch.int16, torch.int32,
                                                 torch.uint8), name  # fmt: skip
    assert (into / "generator.safetensors").stat().st_size < 0.7 * (
        folder / "generator.safetensors").stat().st_size  # fmt: skip
    music = MusicFeatures(np.random.default_rng(0).normal(size=(80, 35)).astype(np.float32))
    (danced,) = load_whole(into, InfiniteDanceOptions()).dance(DanceRequest(music))
    assert danced.motion.frames == 80


def test_a_tokenizer_of_another_training(folder):
    other = Tokenizer(PRESETS["tiny"])
    save_part(folder, "tokenizer", other.config.to_json(), other.state_dict(), {})
    with pytest.raises(UnsuitableInput, match="its tokenizer is of another training"):
        load_whole(folder, InfiniteDanceOptions())


def test_the_bank_of_a_run_lies_on_disk_once(folder):
    steps = sorted(folder.parent.glob("step-*"))
    assert len(steps) == 2
    one, two = (step / "bank.safetensors" for step in steps)
    assert one.samefile(two)
    assert not (steps[0] / "generator.safetensors").samefile(steps[1] / "generator.safetensors")


def test_parts_that_hear_different_music_are_refused(folder):
    """Each part is whole in itself, but they were trained on different recipes."""
    own = InfiniteDanceOptions()
    described = json.loads((folder / "retrieval.json").read_text(encoding="utf-8"))
    described["config"]["schema"] = "other4-25fps"
    (folder / "retrieval.json").write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(UnsuitableInput, match='its retrieval: learned from "other4-25fps"'):
        load_whole(folder, own)
    header = json.loads((folder / "motion_expert.json").read_text(encoding="utf-8"))
    header["feature_schema"] = "other4-25fps"
    (folder / "motion_expert.json").write_text(json.dumps(header), encoding="utf-8")
    with pytest.raises(UnsuitableInput, match='its generator: learned from "librosa35'):
        load_whole(folder, own)


@pytest.mark.parametrize("part", ["bank", "retrieval"])
def test_a_bank_or_retrieval_of_another_training_is_refused(folder, part):
    stored = load_part(folder, part)
    name, value = next(iter(stored.weights.items()))
    save_part(folder, part, stored.config, {**stored.weights, name: value + 1}, stored.metadata)
    with pytest.raises(UnsuitableInput, match=f"its {part} is of another training"):
        load_whole(folder, InfiniteDanceOptions())
