"""VBench's formulas on frames whose scores are known, its files, and its published result."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from pipelines.evaluation.clip import score_column, weight_column
from pipelines.evaluation.judgement import mean_estimate
from pipelines.evaluation.vbench_scores import AppearanceScorer, read_vbench_json, vbench_results
from pipelines.media.video_writer import VideoWriter
from pipelines.metrics.vbench.amt import AmtS
from pipelines.metrics.vbench.dimensions import (
    Consistency,
    ImagingQuality,
    MotionSmoothness,
    TemporalFlickering,
)
from pipelines.metrics.vbench.musiq import Musiq
from pipelines.metrics.vbench.preparation import for_clip, for_dino, for_quality
from pipelines.metrics.vbench.transformer import ClipVision, Dino
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput

CPU = torch.device("cpu")


def frames(*greys, size=(32, 48)):
    return np.stack([np.full((*size, 3), grey, np.uint8) for grey in greys])


def test_flickering():
    still, alternating, steady = TemporalFlickering(), TemporalFlickering(), TemporalFlickering()
    still.see(frames(7, 7, 7))
    alternating.see(frames(0, 255))
    alternating.see(frames(0, 255))
    steady.see(frames(10, 20, 30))
    assert still.score() == (1.0, 1.0)
    assert alternating.score() == (0.0, 1.0)
    assert steady.score()[0] == pytest.approx(245 / 255)
    one = TemporalFlickering()
    one.see(frames(1))
    with pytest.raises(UnsuitableInput, match="too few"):
        one.score()


class Embedding(nn.Module):
    """The picture's mean colour as its embedding."""

    def forward(self, x):
        return x.mean(dim=(2, 3))


def test_consistency_weighs_before_and_first_alike_and_clips_below_zero():
    def prepare(pictures):
        return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 128

    measure = Consistency(Embedding(), prepare, CPU)
    first, second, third = frames(128, 128, 128)
    first[..., 0], second[..., 1], third[..., 0] = 228, 228, 28
    measure.see(np.stack([first, first, second]))
    measure.see(np.stack([third]))
    # The same again: 1. At right angles to both: 0. At right angles and opposite: 0.
    assert measure.score() == (pytest.approx(1 / 3), 3.0)


def test_smoothness_compares_odd_frames_with_the_middle_of_their_neighbours():
    model = AmtS()
    for value in model.parameters():
        value.data.zero_()
    exact, off = MotionSmoothness(model, CPU), MotionSmoothness(model, CPU)
    exact.see(frames(10, 20, 30, 40, 50, 99, size=(128, 128)))
    off.see(frames(10, 71, 30, size=(128, 128)))
    assert exact.score()[0] == pytest.approx(1.0, abs=1 / 255)
    assert off.score()[0] == pytest.approx(1 - 51 / 255, abs=1 / 255)


def test_imaging_quality_is_a_mean_over_100():
    class Brightness(nn.Module):
        def forward(self, x):
            return 100 * x.mean(dim=(1, 2, 3))

    measure = ImagingQuality(Brightness(), CPU)
    measure.see(frames(51, 102))
    assert measure.score()[0] == pytest.approx(0.3)


def test_preparation():
    tall = np.zeros((2, 600, 400, 3), np.uint8)
    assert for_clip(tall).shape == (2, 3, 224, 224)
    assert for_dino(tall).shape == (2, 3, 336, 224)
    assert for_quality(tall).shape == (2, 3, 512, 341)
    assert for_quality(frames(255)).max() == 1.0
    grey = for_dino(frames(128), side=16)[0, :, 0, 0]
    assert grey.tolist() == pytest.approx(
        [(128 / 255 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, (128 / 255 - 0.406) / 0.225]
    )


PUBLISHED = {
    "imaging_quality": ([70.88490186055502, 64.20835382080078, 75.25370657444, 79.38760167439779,
                         67.9503811899821], 0.7153698902403514),
    "aesthetic_quality": ([0.6163687109947205, 0.5134017467498779, 0.5298367738723755,
                           0.5220584869384766, 0.48832815885543823], 0.5339987754821778),
    "subject_consistency": ([0.9386930778672464, 0.9468988907863816, 0.7269869049044021,
                             0.9224193120162759, 0.9536903156530137], 0.8867013506782023),
    "background_consistency": ([0.9491967038566054, 0.9554605139307228, 0.7786299542682927,
                                0.9237969929739933, 0.9501625419463087], 0.9041537952338923),
    "motion_smoothness": ([0.9945124788174188, 0.9943481659329465, 0.9896663166513043,
                           0.9891780527463738, 0.9915813574182332], 0.9918572743132554),
    "temporal_flickering": ([0.9871695509143904, 0.9836879692825616, 0.9770195343915153,
                             0.9829823419159534, 0.9753527136409984], 0.9812424220290838),
}  # fmt: skip
FRAMES = (300, 250, 288, 150, 150)


@pytest.fixture
def published(tmp_path):
    """The five-video result that MACE-Dance publishes, as VBench writes it."""
    content = {}
    for name, (values, total) in PUBLISHED.items():
        rows = [{"video_path": f"../Pred/{k}.mp4", "video_results": value}
                for k, value in enumerate(values)]  # fmt: skip
        if name == "background_consistency":
            for row, count in zip(rows, FRAMES, strict=True):
                row["cnt_per_video"] = count - 1
        content[name] = [total, rows]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(content))
    return path


def test_means_over_videos_are_vbenchs(published):
    clips = list(read_vbench_json(published).values())
    keys = ("iq", "aq", "sc", "bc", "ms", "tf")
    for key, (_, total) in zip(keys, PUBLISHED.values(), strict=True):
        found = mean_estimate(score_column(clips, key), 0, weight_column(clips, key))
        assert found.value == pytest.approx(total, abs=1e-9), key
        assert found.low < found.value < found.high


def test_result_files_by_name(published, tmp_path):
    found = vbench_results([str(published), f"truth={published}"], ["pred", "truth"])
    assert set(found) == {"pred", "truth"}
    with pytest.raises(BadUsage, match="other"):
        vbench_results([f"other={published}"], ["pred", "truth"])
    with pytest.raises(MissingAsset):
        read_vbench_json(tmp_path / "none.json")
    for text in ("[]", "{}", "no json", '{"imaging_quality": 3}'):
        (tmp_path / "odd.json").write_text(text)
        with pytest.raises(UnsuitableInput, match=r"odd\.json"):
            read_vbench_json(tmp_path / "odd.json")


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, 160, 128, Fraction(8)) as writer:
        for grey in range(0, 90, 10):
            writer.write(np.full((128, 160, 3), grey, np.uint8))
    return path


@pytest.fixture
def weights(tmp_path):
    """Tiny networks under the official names and in the official formats."""
    folder = tmp_path / "weights"
    folder.mkdir()
    torch.manual_seed(0)
    torch.save(Musiq(32, 64, 64, 1).state_dict(), folder / "musiq_spaq_ckpt-358bb6af.pth")
    torch.save(Dino(64, 1, 8, 4).state_dict(), folder / "dino_vitbase16_pretrain.pth")
    torch.save({"state_dict": AmtS().state_dict()}, folder / "amt-s.pth")

    class WholeClip(nn.Module):
        def __init__(self):
            super().__init__()
            self.visual = ClipVision(64, 1, 8, 4, 16)
            for value in self.visual.parameters():
                value.data = 0.2 * torch.randn(value.shape)

        def forward(self, x):
            return self.visual(x)

    for name in ("ViT-L-14.pt", "ViT-B-32.pt"):
        scripted = torch.jit.trace(WholeClip().eval(), torch.zeros(1, 3, 32, 32))
        scripted.save(str(folder / name))
    torch.save(nn.Linear(16, 1).state_dict(), folder / "sa_0_4_vit_l_14_linear.pth")
    return folder


def test_all_six_dimensions_from_files(weights, video, tmp_path):
    scorer = AppearanceScorer(weights, "cpu", tmp_path / "cache")
    assert scorer.missing(set()) == []
    found = scorer.scores(video)
    assert set(found) == {"iq", "aq", "sc", "bc", "ms", "tf"}
    assert found["tf"][0] == pytest.approx(1 - 10 / 255, abs=0.01)
    assert found["sc"][1] == found["bc"][1] == 8
    assert all(np.isfinite(value) for value, _ in found.values())
    # Kept by content: the networks are not needed again.
    files = sorted((tmp_path / "cache").iterdir())
    assert len(files) == 6
    assert AppearanceScorer(weights, "cpu", tmp_path / "cache").scores(video) == found


def test_missing_files_are_named(weights, video, tmp_path):
    (weights / "amt-s.pth").unlink()
    (weights / "ViT-L-14.pt").unlink()
    scorer = AppearanceScorer(weights, "cpu", tmp_path / "cache")
    lines = scorer.missing(set())
    assert len(lines) == 2
    assert "ViT-L-14.pt" in lines[0]
    assert "amt-s.pth" in lines[1]
    assert set(scorer.scores(video)) == {"iq", "sc", "bc", "tf"}
    assert set(AppearanceScorer(None, "cpu", tmp_path).scores(video)) == {"tf"}
    (weights / "dino_vitbase16_pretrain.pth").write_bytes((weights / "ViT-B-32.pt").read_bytes())
    with pytest.raises(UnsuitableInput, match="dino_vitbase16_pretrain"):
        AppearanceScorer(weights, "cpu", tmp_path / "anew").scores(video)
