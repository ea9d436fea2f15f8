"""Wan-Animate end to end on a tiny model that is built, saved and loaded as the real one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from listener import Listener

from pipelines.appearance_expert.wan.backend import Wan
from pipelines.appearance_expert.wan.colour_match import delta_e, lab_statistics
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.loading import load_wan
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.errors import BadUsage
from pipelines.support.loaded_once import loading_once
from pipelines.support.progress import Silent

CONFIG = WanConfig(wan_sampling_steps=2, segment_frames=17, overlap=1)


@pytest.fixture(scope="module")
def load(tiny_wan):
    weights = find_wan(str(tiny_wan))
    loaded = load_wan(weights, "cpu", CONFIG.prompt, CONFIG.overlay, None, Silent())

    def make(config=CONFIG, **arguments):
        return Wan(weights, loaded, config, **arguments)

    return make


def video(backend, person, dance, seed=0):
    return np.array(list(backend.frames(person, dance, seed)))


def test_three_segments_give_every_frame_of_the_canvas(load, portrait, swaying):
    dance = replace(swaying(40, 50, 66), fps=30.0)
    backend = load()
    frames = video(backend, portrait, dance)
    assert frames.shape == (40, 66, 50, 3)
    assert frames.dtype == np.uint8
    report = backend.report()
    assert [s["index"] for s in report["segments"]] == [0, 1, 2]
    assert report["size"] == [48, 64]
    assert report["face"] == "neutral"
    assert report["placement"] == "cpu"
    assert all(np.isfinite(s["delta_e"]) for s in report["segments"])


def test_among_many_it_is_loaded_once_and_draws_the_same(tiny_wan, portrait, swaying):
    weights, dance = find_wan(str(tiny_wan)), swaying(20)

    def loaded(config=CONFIG):
        return Wan.load(weights, "cpu", config, canvas=(48, 64))

    with loading_once():
        one = loaded()
        video(one, portrait, dance, seed=5)
        other = loaded()
        second = video(other, portrait, dance, seed=6)
        assert loaded(replace(CONFIG, prompt="somebody dances"))._loaded is not one._loaded
    assert one._loaded is other._loaded
    assert np.array_equal(second, video(loaded(), portrait, dance, seed=6))


@pytest.mark.parametrize("overlap", [1, 5])
def test_segment_by_segment_is_what_the_pipeline_makes_in_one_call(
    load, portrait, swaying, overlap, monkeypatch
):
    """Same noise, same conditioning: the joints of our relay are the pipeline's own."""
    import torch
    from PIL import Image

    from pipelines.appearance_expert.wan import relay as wan_relay
    from pipelines.appearance_expert.wan.face import face_picture
    from pipelines.appearance_expert.wan.frames import Controls

    monkeypatch.setattr(wan_relay, "matched", lambda frames, anchor, tail: frames)
    backend = load(replace(CONFIG, overlap=overlap))
    dance = swaying(30)
    ours = video(backend, portrait, dance, seed=3)

    controls = Controls.of(portrait, dance, 30.0, 10**6)
    face, _ = face_picture(portrait, "neutral", 16)
    pipeline = backend._loaded.pipeline
    theirs = pipeline(
        image=Image.fromarray(controls.reference),
        pose_video=[Image.fromarray(controls.pose(i)) for i in range(30)],
        face_video=[Image.fromarray(face)] * 30,
        prompt_embeds=backend._loaded.prompt_embeds,
        height=64,
        width=48,
        segment_frame_length=17,
        num_inference_steps=2,
        prev_segment_conditioning_frames=overlap,
        generator=torch.Generator().manual_seed(3),
    ).frames[0]
    difference = np.abs(ours / 255 - theirs)
    assert difference[:17].max() <= 0.5 / 255 + 1e-6
    # Later segments continue from frames rounded to 8 bits.
    assert difference.max() < 3 / 255


def test_same_seed_same_frames_other_seed_others(load, portrait, swaying):
    dance = swaying(20)
    first, again, other = (video(load(), portrait, dance, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_dance_drives_the_video(load, portrait, swaying):
    dance = swaying(17)
    moved = replace(dance, xy=dance.xy[:, :, ::-1] * [0.75, 1.33])
    backend = load()
    assert not np.array_equal(video(backend, portrait, dance), video(backend, portrait, moved))


@pytest.mark.parametrize("frames", [1, 2])
def test_very_short_dances(load, portrait, swaying, frames):
    assert len(video(load(), portrait, swaying(frames))) == frames


@pytest.mark.parametrize(("fps", "made"), [(15.0, 15), (30.0, 29), (50.0, 48)])
def test_other_frame_rates_are_resampled_in_time(load, portrait, swaying, fps, made):
    """29 frames at 30 fps last from 0 to 28/30 s."""
    backend = load(replace(CONFIG, fps=fps))
    frames = video(backend, portrait, swaying(29))
    assert len(frames) == 29
    distinct = 1 + sum(not np.array_equal(a, b) for a, b in pairwise(frames))
    assert distinct <= min(made, 29)
    assert distinct >= min(made, 29) - 1


def test_a_killed_run_goes_on_after_its_last_segment(load, portrait, swaying, tmp_path):
    dance = swaying(40)
    whole = video(load(), portrait, dance)
    stream = load(folder=tmp_path).frames(portrait, dance, 0)
    for _ in range(20):  # into the second segment
        next(stream)
    stream.close()
    assert len(list(tmp_path.iterdir())) == 2
    listener = Listener()
    resumed = load(folder=tmp_path, progress=listener)
    assert np.array_equal(video(resumed, portrait, dance), whole)
    assert listener.stages == [("Wan-Animate 3/3", 2, "steps")]
    assert [s.get("resumed", False) for s in resumed.report()["segments"]] == [True, True, False]


def test_stored_segments_of_other_inputs_are_not_taken(load, portrait, swaying, tmp_path):
    video(load(folder=tmp_path), portrait, swaying(10))
    for person, dance, seed, config in [
        (portrait, swaying(10), 1, CONFIG),
        (portrait, swaying(11), 0, CONFIG),
        (replace(portrait, image=portrait.image[::-1].copy()), swaying(10), 0, CONFIG),
        (portrait, swaying(10), 0, replace(CONFIG, wan_sampling_steps=3)),
        (portrait, swaying(10), 0, replace(CONFIG, face="none")),
    ]:
        backend = load(config, folder=tmp_path)
        video(backend, person, dance, seed)
        assert "resumed" not in backend.report()["segments"][0]
    assert len(list(tmp_path.iterdir())) == 6


def test_colours_of_later_segments_are_held(load, portrait, swaying, monkeypatch):
    """A model that tints every segment a little more: the video must not follow it."""
    scene = np.random.default_rng(0).integers(60, 190, (8, 6, 3)).repeat(8, 0).repeat(8, 1)

    def drifting(loaded, config, controls, face, segment, *_):
        tint = np.linspace(segment.index, segment.index + 1, 17)[:, None] * [4, 2, 0]
        return np.uint8(scene + np.rint(tint)[:, None, None])

    monkeypatch.setattr("pipelines.appearance_expert.wan.backend.sample_segment", drifting)
    backend = load()
    frames = video(backend, portrait, swaying(81))
    segments = backend.report()["segments"]
    assert len(segments) == 5
    assert segments[-1]["delta_e_unmatched"] > 4
    assert max(s["delta_e"] for s in segments) < 1
    assert delta_e(lab_statistics(frames[:17]), lab_statistics(frames[-5:])) < 2
    steps = np.abs(np.diff(frames.astype(int), axis=0)).mean(axis=(1, 2, 3))
    assert steps.max() < 1.5


def test_face_policy_changes_the_picture_and_a_faceless_person_is_reported(load, portrait, swaying):
    dance = swaying(5)
    neutral = video(load(), portrait, dance)
    none = video(load(replace(CONFIG, face="none")), portrait, dance)
    assert not np.array_equal(neutral, none)
    listener = Listener()
    backend = load(progress=listener)
    faceless = replace(portrait, confidence=np.zeros(29))
    assert np.array_equal(video(backend, faceless, dance), none)
    assert backend.report()["face"] == "none"
    assert "face" in listener.warned[0]


def test_the_text_encoder_is_loaded_once_per_prompt(load, tiny_wan, portrait, swaying, tmp_path):
    import shutil

    cache, copy = tmp_path / "prompts", tmp_path / "model"
    shutil.copytree(tiny_wan, copy)
    weights = find_wan(str(copy))
    first = Wan.load(weights, "cpu", CONFIG, prompt_cache=cache)
    assert len(list(cache.iterdir())) == 1
    (copy / "text_encoder" / "model.safetensors").write_bytes(b"gone")
    second = Wan.load(weights, "cpu", CONFIG, prompt_cache=cache)
    dance = swaying(3)
    assert np.array_equal(video(first, portrait, dance), video(second, portrait, dance))


@pytest.mark.parametrize(
    "wrong",
    [{"overlap": 2}, {"segment_frames": 76}, {"segment_frames": 9, "overlap": 5},
     {"wan_sampling_steps": 0}, {"face": "smile"}, {"fps": 0.0}],
)  # fmt: skip
def test_settings_that_the_model_does_not_know(wrong):
    with pytest.raises(BadUsage):
        replace(WanConfig(), **wrong).validate()
