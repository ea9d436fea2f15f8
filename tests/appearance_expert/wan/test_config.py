"""How the model may be called."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.wan.config import SLOWEST, WanConfig
from pipelines.support.errors import BadUsage, MissingAsset

CONFIG = WanConfig()


def test_the_models_own_settings_are_valid():
    assert CONFIG.validate() is CONFIG
    assert (CONFIG.wan_sampling_steps, CONFIG.segment_frames, CONFIG.overlap, CONFIG.fps) == (
        20,
        77,
        5,
        30.0,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"prompt": "  "}, "--prompt"), ({"wan_sampling_steps": 201}, "steps 201"),
     ({"overlap": 3}, "overlap of 3"), ({"segment_frames": 78}, "segments of 78"),
     ({"segment_frames": 5, "overlap": 5}, "over twice the overlap"),
     ({"fps": 121.0}, "121 fps"), ({"face": "grin"}, "--face grin"),
     ({"forecast": True, "wan_sampling_steps": 9}, "nothing to forecast")],
)  # fmt: skip
def test_what_the_model_does_not_know_is_refused_by_name(changes, said):
    with pytest.raises(BadUsage, match=said):
        replace(CONFIG, **changes).validate()


def test_a_clip_of_a_face_must_be_there(tmp_path):
    clip = tmp_path / "face.mp4"
    with pytest.raises(BadUsage, match=r"face\.mp4"):
        replace(CONFIG, face=str(clip)).validate()
    clip.touch()
    assert replace(CONFIG, face=str(clip)).validate()


def test_a_quantised_transformer_must_be_there_and_takes_no_lora(tmp_path):
    file = tmp_path / "model.gguf"
    with pytest.raises(MissingAsset, match=r"model\.gguf"):
        replace(CONFIG, gguf=file).validate()
    file.touch()
    assert replace(CONFIG, gguf=file).validate()
    with pytest.raises(BadUsage, match="--lora is merged"):
        replace(CONFIG, gguf=file, lora=("style.safetensors",)).validate()


@given(st.integers(1, 200), st.booleans())
def test_as_many_steps_are_computed_as_the_plan_says(steps, forecast):
    computed = replace(CONFIG, wan_sampling_steps=steps, forecast=forecast).computed()
    assert len(computed) == steps
    if not forecast:
        assert all(computed)
    assert all(computed[:6]) and all(computed[-2:])


def test_twenty_steps_cost_fourteen():
    assert sum(replace(CONFIG, forecast=True).computed()) == 14


@given(st.floats(1, 240))
def test_a_dance_is_made_at_its_own_rate_where_the_model_knows_it(fps):
    rate = CONFIG.rate(fps)
    assert rate == (fps if SLOWEST <= fps <= 30 else 30.0)
