"""VBench's scores of videos, kept by content; its result files, and its published result."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from pipelines.evaluation.clip import score_column, weight_column
from pipelines.evaluation.judgement import mean_estimate
from pipelines.evaluation.vbench_scores import (
    AppearanceScorer,
    batches,
    read_vbench_json,
    vbench_results,
)
from pipelines.media.video_writer import VideoWriter
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput

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


def test_all_six_dimensions_from_files(vbench_weights, video, tmp_path):
    scorer = AppearanceScorer(vbench_weights, "cpu", tmp_path / "cache")
    assert scorer.missing(set()) == []
    found = scorer.scores(video)
    assert set(found) == {"iq", "aq", "sc", "bc", "ms", "tf"}
    assert found["tf"][0] == pytest.approx(1 - 10 / 255, abs=0.01)
    assert found["sc"][1] == found["bc"][1] == 8
    assert all(np.isfinite(value) for value, _ in found.values())
    # Kept by content: the networks are not needed again.
    files = sorted((tmp_path / "cache").iterdir())
    assert len(files) == 6
    assert AppearanceScorer(vbench_weights, "cpu", tmp_path / "cache").scores(video) == found


def test_missing_files_are_named(vbench_weights, video, tmp_path):
    (vbench_weights / "amt-s.pth").unlink()
    (vbench_weights / "ViT-L-14.pt").unlink()
    scorer = AppearanceScorer(vbench_weights, "cpu", tmp_path / "cache")
    lines = scorer.missing(set())
    assert len(lines) == 2
    assert "ViT-L-14.pt" in lines[0]
    assert "amt-s.pth" in lines[1]
    assert set(scorer.scores(video)) == {"iq", "sc", "bc", "tf"}
    assert set(AppearanceScorer(None, "cpu", tmp_path).scores(video)) == {"tf"}
    (vbench_weights / "dino_vitbase16_pretrain.pth").write_bytes(
        (vbench_weights / "ViT-B-32.pt").read_bytes()
    )
    with pytest.raises(UnsuitableInput, match="dino_vitbase16_pretrain"):
        AppearanceScorer(vbench_weights, "cpu", tmp_path / "anew").scores(video)


def test_kept_scores_are_believed_and_damaged_ones_made_again(vbench_weights, video, tmp_path):
    cache = tmp_path / "cache"
    AppearanceScorer(None, "cpu", cache).scores(video)
    (kept,) = cache.iterdir()
    kept.write_text("[0.25, 3.0]")
    assert AppearanceScorer(None, "cpu", cache).scores(video) == {"tf": (0.25, 3.0)}
    kept.write_text("broken")
    assert AppearanceScorer(None, "cpu", cache).scores(video)["tf"][0] > 0.9
    found = AppearanceScorer(vbench_weights, "cpu", cache).scores(video)
    (vbench_weights / "musiq_spaq_ckpt-358bb6af.pth").unlink()
    assert AppearanceScorer(vbench_weights, "cpu", cache).scores(video) == {
        key: value for key, value in found.items() if key != "iq"
    }


def test_frames_come_in_order_a_few_at_a_time(video):
    parts = list(batches(video))
    assert [len(part) for part in parts] == [8, 1]
    greys = np.concatenate(parts).mean(axis=(1, 2, 3))
    assert greys == pytest.approx(np.arange(0, 90, 10), abs=2)


def test_nothing_is_missing_where_vbenchs_own_results_are_given(tmp_path):
    assert AppearanceScorer(None, "cpu", tmp_path).missing({"pred"}) == []
    assert len(AppearanceScorer(None, "cpu", tmp_path).missing(set())) == 5


def test_folders_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(UnsuitableInput, match="--vbench-weights"):
        AppearanceScorer(tmp_path / "none", "cpu", tmp_path)
