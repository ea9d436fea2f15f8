"""diffusers' modular pipeline of Wan-Animate-2, one segment at a time."""

import json
import shutil

import numpy as np
import pytest

from pipelines.appearance_expert.wan2.backend import Wan2
from pipelines.appearance_expert.wan2.options import Wan2Options
from pipelines.appearance_expert.wan2.pipeline import (
    HUB_ID,
    INDEX,
    continued,
    load_pipeline,
    model_files,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput

OPTIONS = Wan2Options(wan_sampling_steps=2)


@pytest.fixture
def copy(tiny_wan2, tmp_path):
    return shutil.copytree(tiny_wan2, tmp_path / "copy")


def test_the_tail_conditions_the_next_segment(tiny_wan2, portrait):
    from PIL import Image

    backend = Wan2.load(str(tiny_wan2), "cpu", OPTIONS)
    picture = Image.fromarray(portrait.image)
    steps = []

    def second(value):
        import torch

        tail = np.full((1, 64, 48, 3), value, np.uint8)
        with continued(backend._pipeline, tail, [picture] * 17, steps.append) as driving:
            made = backend._pipeline(
                prompt="dancing", image=picture, driving_video=driving, height=64, width=48,
                segment_frame_length=17, prev_segment_conditioning_frames=1,
                num_inference_steps=2, generator=torch.Generator().manual_seed(0),
                output_type="np",
            )  # fmt: skip
        return np.asarray(made.get("videos")[0])

    dark, light = second(20), second(230)
    assert dark.shape == (16, 64, 48, 3)
    assert not np.array_equal(dark, light)
    assert steps == [1, 1, 1, 1]


def test_what_is_missing_or_another_model(tiny_wan2, tiny_wan, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(MissingAsset, match="neither a folder"):
        model_files(None)
    with pytest.raises(UnsuitableInput, match=r"no modular_model_index\.json"):
        model_files(str(tiny_wan))
    copy = shutil.copytree(tiny_wan2, tmp_path / "copy")
    shutil.rmtree(copy / "vae")
    with pytest.raises(MissingAsset, match="lack vae"):
        model_files(str(copy))


def test_a_folder_of_the_family_tells_its_class(tiny_wan2):
    assert model_files(str(tiny_wan2)) == (tiny_wan2, "WanAnimate2ModularPipeline")


def test_another_modular_pipeline_is_refused_by_its_class(copy):
    index = json.loads((copy / INDEX).read_text())
    (copy / INDEX).write_text(json.dumps(index | {"_class_name": "FluxModularPipeline"}))
    with pytest.raises(UnsuitableInput, match="FluxModularPipeline") as caught:
        model_files(str(copy))
    assert HUB_ID in caught.value.hint


def test_weights_of_another_size_do_not_load(copy):
    config = copy / "transformer" / "config.json"
    config.write_text(config.read_text().replace('"ffn_dim": 32', '"ffn_dim": 48'))
    folder, kind = model_files(str(copy))
    with pytest.raises(UnsuitableInput, match="does not load as Wan-Animate-2"):
        load_pipeline(folder, kind, "cpu")


class Bare:
    """Takes the tail as a pipeline does."""


@pytest.mark.parametrize("given", [0, 1, 5])
def test_a_later_segment_stands_second_in_the_driving_video(given):
    """What stands before it is as long as what a segment newly gives: 17 less the overlap."""
    frames = list(range(17))
    tail = np.full((given, 8, 8, 3), 255, np.uint8) if given else None
    with continued(Bare(), tail, frames, lambda _: None) as driving:
        assert driving[-17:] == frames
        assert len(driving) == (17 + 17 - given if given else 17)
        assert driving[: len(driving) - 17] == [0] * (17 - given if given else 0)


def test_the_tail_is_handed_over_in_the_vaes_range():
    pipeline = Bare()
    tail = np.zeros((2, 4, 6, 3), np.uint8)
    tail[1] = 255
    with continued(pipeline, tail, list(range(9)), lambda _: None):
        assert pipeline.tail_BCTHW.shape == (1, 3, 2, 4, 6)
        assert pipeline.tail_BCTHW[:, :, 0].unique().tolist() == [-1]
        assert pipeline.tail_BCTHW[:, :, 1].unique().tolist() == [1]
    with continued(pipeline, None, list(range(9)), lambda _: None):
        assert pipeline.tail_BCTHW is None


def test_the_librarys_own_bar_comes_back():
    from diffusers.modular_pipelines.wan_animate_2 import denoise

    bar, steps = denoise.tqdm, []
    with pytest.raises(RuntimeError, match="within"), continued(Bare(), None, [0], steps.append):
        with denoise.tqdm(total=3, desc="x") as told:
            told.update()
        raise RuntimeError("within")
    assert denoise.tqdm is bar and steps == [1]
