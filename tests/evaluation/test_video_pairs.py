"""Pairs of videos: scores in closed form, other sizes, rates and lengths, features for FVD."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipelines.evaluation.items import Item
from pipelines.evaluation.measuring import MeasuredSet
from pipelines.evaluation.video_pairs import PairMeasurer, PairRule
from pipelines.evaluation.weights_of_others import load_i3d, load_lpips
from pipelines.metrics.fvd import VideoFeatures
from pipelines.support.errors import UnsuitableInput

CPU = torch.device("cpu")


def measurer(lpips=None, features=None, **changes):
    values = {"frames": 20, "fps": 16.0, "size": None, "fvd": "styleganv",
              "lpips_disco_compat": False}  # fmt: skip
    return PairMeasurer("animation", PairRule(**values | changes), lpips or {}, features, "cpu")


def test_five_levels_of_difference(videos):
    measured = MeasuredSet()
    clip = measurer().pair(videos["pred"][0], videos["truth"][0], measured)
    assert list(clip.scores) == ["psnr", "ssim", "ssim_gauss"]
    # But for the white bar, which both have.
    assert clip.scores["psnr"] == pytest.approx(-20 * np.log10(5 / 255), abs=0.7)
    assert 0.9 < clip.scores["ssim"] < 1
    assert measured.notes == [] and clip.features == {}


def test_a_video_against_itself(videos):
    clip = measurer().pair(videos["truth"][1], videos["truth"][1], MeasuredSet())
    assert clip.scores == {"psnr": 100.0, "ssim": pytest.approx(1), "ssim_gauss": pytest.approx(1)}


def test_other_sizes_rates_and_lengths(videos, write_video, tmp_path):
    write_video(tmp_path / "odd.mp4", [70 + k % 5 for k in range(20)], (96, 128), 32)
    measured = MeasuredSet()
    clip = measurer().pair(Item("odd", tmp_path / "odd.mp4"), videos["truth"][1], measured)
    assert clip.scores["psnr"] > 15
    assert measured.notes == ["odd has 10 frames with its recording in common"]


def test_only_the_first_frames_count(videos, write_video, tmp_path):
    write_video(tmp_path / "a.mp4", [70 + k % 5 for k in range(10)] + [200] * 14)
    item = Item("a", tmp_path / "a.mp4")
    first = measurer(frames=10).pair(item, videos["truth"][1], MeasuredSet())
    whole = measurer(frames=24).pair(item, videos["truth"][1], MeasuredSet())
    assert first.scores["psnr"] > 90 > 60 > whole.scores["psnr"]


def test_the_shorter_side_is_scaled(videos, i3d):
    frames = []

    class Features:
        def prepared(self, frame):
            frames.append(frame.shape)

        def of_clip(self, prepared):
            return np.zeros((1, 2))

    for size in (None, 96):
        measurer(features=Features(), size=size).alone(videos["truth"][0])
    assert set(frames) == {(48, 64, 3), (96, 128, 3)}


def test_networks_add_their_scores_and_features(videos, i3d, lpips_weights):
    features = VideoFeatures(load_i3d(i3d, CPU), "styleganv", CPU)
    networks = {f"lpips_{net}": load_lpips(lpips_weights, net, CPU) for net in ("alex", "vgg")}
    pair = videos["pred"][0], videos["truth"][0], MeasuredSet()
    clip = measurer(networks, features).pair(*pair)
    assert set(clip.scores) == {"psnr", "ssim", "ssim_gauss", "lpips_alex", "lpips_vgg"}
    assert clip.features["fvd"].shape == (1, 2)
    brighter = clip.features["fvd"] - measurer(features=features).alone(pair[1]).features["fvd"]
    assert brighter[0, 0] == pytest.approx(2 * 5 / 255, rel=0.2)
    compat = measurer(networks, lpips_disco_compat=True).pair(*pair)
    assert compat.scores["lpips_alex"] != clip.scores["lpips_alex"]


def test_without_an_i3d_a_recording_alone_says_nothing(videos):
    assert measurer().alone(videos["truth"][0]).features == {}


def test_videos_that_cannot_be_read_are_named(videos, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(UnsuitableInput, match="broken"):
        measurer().pair(Item("b", tmp_path / "broken.mp4"), videos["truth"][0], MeasuredSet())
