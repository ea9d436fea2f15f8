"""The whole of `evaluate` on small sets: results, resuming, refusals, what is left out and why."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.evaluate import EvaluateConfig, evaluate, plan
from pipelines.keypoints.tracks import PoseTrack, read_track
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.progress import SILENT


def dance(seed: int, frames: int = 90, fps: float = 30.0) -> Motion:
    random = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None] / fps
    rate, phase = random.uniform(0.5, 2, (2, 1, 24, 3))
    poses = random.normal(0, 0.3, (1, 24, 3)) * np.sin(2 * np.pi * rate * t + 6 * phase)
    poses[:, 0, 0] += np.pi / 2
    trans = np.concatenate([0.2 * t[:, 0], 0 * t[:, 0], 0.95 + 0 * t[:, 0]], axis=1)
    return Motion(poses.astype(np.float32), trans.astype(np.float32), fps)


def keypoints(motion: Motion) -> dict[str, object]:
    joints = motion.joints()
    xy = np.stack([joints[..., 0], -joints[..., 2]], axis=-1) * 200 + 500
    names = tuple("nose" if name == "head" else name for name in JOINT_NAMES)
    track = PoseTrack(names, xy, np.ones(xy.shape[:2]), motion.fps, "test")
    from pipelines.keypoints.skeletons import COCO_25_EASY_VITPOSE

    return {"fps": motion.fps, "skeleton": list(COCO_25_EASY_VITPOSE),
            "keypoints": track.easy_vitpose().tolist()}  # fmt: skip


@pytest.fixture(scope="module")
def genres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """classifier/ of two genres with one layer; pred/ and truth/ of eight dances that name them."""
    import torch

    from pipelines.metrics.genre.columns import Scale
    from pipelines.metrics.genre.folder import ClassifierHeader, save_classifier
    from pipelines.metrics.genre.network import ClassifierShape, GenreClassifier

    root = tmp_path_factory.mktemp("genres")
    shape = ClassifierShape(2, 20, width=8, heads=2, layers=1, feedforward=8, narrow=4)
    torch.manual_seed(0)
    header = ClassifierHeader(
        ("house", "krump"), shape.to_json(), Scale(0, 1, 0, 1), "front", 60, metadata={}
    )
    save_classifier(root / "classifier", header, GenreClassifier(shape).state_dict())
    for name, first in (("pred", 100), ("truth", 300)):
        (root / name).mkdir()
        for number in range(8):
            motion = replace(dance(first + number), genre=("house", "krump")[number % 2])
            save_npz(motion, root / name / f"d{number}.npz")
    return root


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, tiny_song: Path) -> Path:
    """pred/ and other/ and truth/ of six dances, k-pred/ and k-truth/ of their poses, music/."""
    root = tmp_path_factory.mktemp("sets")
    for name, first in (("pred", 100), ("other", 200), ("truth", 300)):
        for place in (root / name, root / f"k-{name}"):
            place.mkdir()
        for number in range(6):
            motion = dance(first + number, 90 if number else 120)
            save_npz(motion, root / name / f"d{number}.npz")
            text = json.dumps(keypoints(motion))
            (root / f"k-{name}" / f"d{number}.json").write_text(text)
    (root / "music").mkdir()
    for number in range(6):
        (root / "music" / f"d{number}.wav").write_bytes(tiny_song.read_bytes())
    return root


def config(folders: Path, workspace: Path, **changes: object) -> EvaluateConfig:
    base = EvaluateConfig("motion-3d", folders / "pred", folders / "truth", workspace=workspace,
                          music=folders / "music")  # fmt: skip
    return replace(base, **changes)


class Heard:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.stage = SILENT.stage

    def say(self, message: str) -> None:
        self.lines.append(message)

    warn = say


@pytest.mark.parametrize(
    "profile",
    ["strict", "mace3d-official", "megadance", "lodge", "infinitedance", "bailando", "mint"],
)
def test_dances_by_every_profile(folders, tmp_path, profile) -> None:
    result = evaluate(config(folders, tmp_path, profile=profile), SILENT)
    row = result["rows"]["pred"]
    assert {"fid_k", "fid_g", "div_k", "div_g", "fsr", "pfc", "jitter"} <= set(row)
    assert all(row[metric]["n"] == 6 for metric in ("fid_k", "div_g"))
    assert result["floor"]["fid_k"] > 0
    assert 0 < result["chance"]["pred"]["mean"] < 1
    assert any("features" in line for line in result["warnings"])
    assert len(result["protocol_sha256"]) == 64
    assert set(result["clips"]) == {"pred", "truth"}
    report = Path(result["folder"], "report.html").read_text()
    assert profile in report and "MACE Motion Expert (paper)" in report
    assert not re.search(r"https?://|<script|src=\"(?!data:)", report)


def test_again_and_with_another_option(folders, tmp_path) -> None:
    first = evaluate(config(folders, tmp_path), SILENT)
    heard = Heard()
    again = evaluate(config(folders, tmp_path), heard)
    assert heard.lines == ["this evaluation is there from an earlier run"]
    assert again == first
    windows = evaluate(config(folders, tmp_path, window=1.0), SILENT)
    assert windows["run"] != first["run"]
    assert windows["protocol_sha256"] != first["protocol_sha256"]
    record = json.loads(Path(first["folder"], "run.json").read_text())
    assert record["status"] == "done"
    assert len(record["inputs"]) == 12
    # A damaged result is made again.
    Path(first["folder"], "metrics.json").write_text("{}")
    assert evaluate(config(folders, tmp_path), SILENT)["rows"] == first["rows"]


def test_the_truth_against_itself(folders, tmp_path) -> None:
    result = evaluate(config(folders, tmp_path, pred=folders / "truth"), SILENT)
    assert result["rows"]["pred"]["fid_k"]["value"] == pytest.approx(0, abs=1e-6)
    assert result["rows"]["pred"]["bas"] == result["rows"]["truth"]["bas"]


def test_two_systems(folders, tmp_path) -> None:
    compare = (f"ours={folders / 'pred'}", f"theirs={folders / 'other'}")
    targets = {
        "latex": tmp_path / "t.tex",
        "markdown": tmp_path / "t.md",
        "csv": tmp_path / "t.csv",
    }
    result = evaluate(config(folders, tmp_path, pred=None, compare=compare, **targets), SILENT)
    assert set(result["rows"]) == {"ours", "theirs", "truth"}
    assert {"fid_k", "fsr", "bas"} <= set(result["differences"])
    assert all(0 < result["differences"][m]["p_value"] <= 1 for m in ("fid_g", "jitter", "bas"))
    assert "ours against theirs" in (tmp_path / "t.md").read_text()
    assert (tmp_path / "t.tex").read_text().startswith(r"\begin{tabular}")
    assert ",ours,fid_k," in (tmp_path / "t.csv").read_text()
    with pytest.raises(BadUsage, match=r"t\.tex exists"):
        evaluate(config(folders, tmp_path, pred=None, compare=compare, **targets), SILENT)


@pytest.mark.parametrize("profile", ["strict", "mace2d-official"])
def test_poses(folders, tmp_path, profile) -> None:
    asked = config(folders, tmp_path, protocol="motion-appearance", profile=profile,
                   pred=folders / "k-pred", truth=folders / "k-truth")  # fmt: skip
    heard = Heard()
    result = evaluate(asked, heard)
    assert {"fid_k", "fid_g", "div_k", "div_g", "bas"} == set(result["rows"]["pred"])
    assert sum("is left out: no" in line for line in heard.lines) == 5


def test_poses_by_vitpose(tmp_path, dancers, tiny_pose_models) -> None:
    detector, pose = map(str, tiny_pose_models)
    video = dancers("one", seconds=1.0)
    asked = EvaluateConfig(
        "motion-appearance", video, workspace=tmp_path, person_detector=detector, pose_model=pose,
        device="cpu",
    )  # fmt: skip
    result = evaluate(asked, SILENT)
    # A random network is sure of no joint, and its poses are not believed.
    assert "is seen in" in result["left_out"]["pred"][video.stem]
    kept = read_track(next((tmp_path / "cache" / "poses").glob("poses-*.npz")))
    assert kept.layout == f"{detector} + {pose}"
    embedded = replace(asked, person_detector=None, pose_model=None)
    other = evaluate(embedded, SILENT)
    assert other["run"] != result["run"]
    assert other["left_out"] == {}


def test_vbench_results_stand_in_for_pixels(folders, tmp_path) -> None:
    rows = [{"video_path": f"x/d{k}.mp4", "video_results": 0.9 + k / 100} for k in range(6)]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"temporal_flickering": [0.9, rows]}))
    asked = config(folders, tmp_path, protocol="motion-appearance", pred=folders / "k-pred",
                   truth=folders / "k-truth", vbench_json=(str(path),))  # fmt: skip
    result = evaluate(asked, SILENT)
    assert result["rows"]["pred"]["tf"]["value"] == pytest.approx(0.925)
    assert "tf" not in result["rows"]["truth"]


def test_bad_clips_are_left_out_and_named(folders, tmp_path) -> None:
    place = tmp_path / "mixed"
    place.mkdir()
    for number in range(4):
        save_npz(dance(number, fps=(30, 60, 25, 120)[number]), place / f"d{number}.npz")
    save_npz(dance(9, 4), place / "short.npz")
    with np.load(place / "d0.npz") as archive:
        content = dict(archive)
    content["poses"] = content["poses"].copy()
    content["poses"][5] = np.nan
    np.savez(place / "nan.npz", **content)
    (place / "text.bvh").write_text("no motion")
    result = evaluate(config(folders, tmp_path / "w", pred=place), SILENT)
    left = result["left_out"]["pred"]
    assert set(left) == {"short", "nan", "text"}
    assert "frame 5" in left["nan"] and "too few" in left["short"]
    assert result["rows"]["pred"]["jitter"]["n"] == 4
    assert result["unmatched"]["truth without pred"] == ["d4", "d5"]
    assert set(result["unmatched"]["pred without truth"]) == {"short", "nan", "text"}


def test_one_clip_without_truth_or_music(folders, tmp_path) -> None:
    one = config(folders, tmp_path, pred=folders / "pred" / "d1.npz", truth=None, music=None)
    result = evaluate(one, SILENT)
    assert set(result["rows"]["pred"]) == {
        "fsr", "pfc", "jitter", "pen_self", "pen_floor", "fgd", "magnitude",
    }  # fmt: skip
    assert result["without_music"]["pred"] == {"d1": "no music of its name"}
    assert any("BAS is left out" in line and "--music" in line for line in result["warnings"])
    pair = replace(one, truth=folders / "truth" / "d2.npz")
    result = evaluate(pair, SILENT)
    assert result["unmatched"] == {}
    assert any("one clip of the truth" in line for line in result["warnings"])


def test_silent_songs(folders, tmp_path) -> None:
    from pipelines.media.audio import write_wav

    write_wav(tmp_path / "silence.wav", np.zeros(50_000), 16_000)
    result = evaluate(config(folders, tmp_path, music=tmp_path / "silence.wav"), SILENT)
    assert "bas" not in result["rows"]["pred"]
    assert "no beat is heard" in result["without_music"]["pred"]["d0"]
    assert any("BAS is left out" in line and "no beat" in line for line in result["warnings"])


def test_speed_from_run_records(folders, tmp_path) -> None:
    run = tmp_path / "generations" / "a"
    run.mkdir(parents=True)
    save_npz(dance(1), run / "motion.npz")
    record = {"command": "generate", "seconds": {"dance": 0.5}, "config": {"song": "gone.wav"}}
    (run / "run.json").write_text(json.dumps(record))
    result = evaluate(config(folders, tmp_path, pred=tmp_path / "generations"), SILENT)
    assert result["rows"]["pred"]["fps"]["value"] == pytest.approx(180)
    given = config(folders, tmp_path, run_records=(run / "run.json",))
    assert evaluate(given, SILENT)["rows"]["pred"]["fps"]["value"] == pytest.approx(180)
    (run / "run.json").write_text("[]")
    with pytest.raises(UnsuitableInput, match=r"run\.json"):
        evaluate(given, SILENT)


@pytest.mark.parametrize("profile", ["strict", "megadance"])
def test_genres(genres, tmp_path, profile) -> None:
    plain = config(genres, tmp_path, music=None, profile=profile)
    with_it = replace(plain, genre_classifier=genres / "classifier", csv=tmp_path / "t.csv",
                      latex=tmp_path / "t.tex")  # fmt: skip
    result, without = evaluate(with_it, SILENT), evaluate(plain, SILENT)
    ours, truth = result["rows"]["pred"], result["rows"]["truth"]
    assert set(ours) - set(without["rows"]["pred"]) == {"fid_s", "div_s", "acc", "f1"}
    assert set(truth) - set(without["rows"]["truth"]) == {"div_s", "acc", "f1"}
    assert ours["fid_k"] == without["rows"]["pred"]["fid_k"]
    assert result["dimensions"]["s"] == (20 if profile == "megadance" else 2)
    assert result["run"] != without["run"]
    assert result["protocol_sha256"] != without["protocol_sha256"]
    for metric in ("acc", "f1"):
        assert 0 <= ours[metric]["low"] <= ours[metric]["value"] <= ours[metric]["high"] <= 1
        assert ours[metric]["n"] == 8
    assert result["floor"]["fid_s"] > 0
    page = Path(result["folder"], "report.html").read_text()
    assert "FID_s" in page and "ACC" in page
    assert ",acc," in (tmp_path / "t.csv").read_text()
    assert r"FID$_s$ $\downarrow$" in (tmp_path / "t.tex").read_text()


def test_plan_writes_nothing(folders, tmp_path) -> None:
    facts = plan(config(folders, tmp_path / "w"), SILENT)
    assert facts["clips of pred"] == facts["with music in truth"] == 6
    assert facts["finished"] is False
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"protocol": ""}, BadUsage, "--protocol"),
        ({"pred": None}, BadUsage, "--pred"),
        ({"compare": ("a=x", "b=y")}, BadUsage, "--compare"),
        ({"pred": None, "compare": ("a=x", "a=y")}, BadUsage, "differ"),
        ({"pred": None, "compare": ("a", "b=y")}, BadUsage, "named"),
        ({"profile": "mace2d-official"}, BadUsage, "motion-3d"),
        ({"protocol": "animation", "profile": "lodge"}, BadUsage, "has none"),
        ({"protocol": "animation", "truth": None}, BadUsage, "frame by frame"),
        ({"window": 0.1}, BadUsage, "--window"),
        ({"window": 5.0, "profile": "lodge"}, BadUsage, "strict"),
        ({"video_frames": 1}, BadUsage, "--video-frames"),
        ({"video_fps": 0.0}, BadUsage, "--video-fps"),
        ({"video_side": 1}, BadUsage, "--video-side"),
        ({"seed": -1}, BadUsage, "--seed"),
        ({"pose_model": "vitpose"}, BadUsage, "--person-detector"),
        ({"latex": Path("table.txt")}, BadUsage, r"\.tex"),
        ({"csv": Path("no-such-folder/t.csv")}, UnsuitableInput, "no-such-folder"),
        ({"truth": Path("nowhere")}, UnsuitableInput, "nowhere"),
        ({"music": Path("nowhere")}, UnsuitableInput, "nowhere"),
        ({"vbench_json": ("nowhere.json",)}, UnsuitableInput, "nowhere"),
        ({"i3d": Path("nowhere.pt")}, UnsuitableInput, "nowhere"),
        ({"genre_classifier": Path("nowhere")}, MissingAsset, "no genre classifier in nowhere"),
    ],
)
def test_refusals(folders, tmp_path, changes, error, says) -> None:
    with pytest.raises(error, match=says):
        evaluate(config(folders, tmp_path, **changes), SILENT)


def test_folders_of_nothing(folders, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsuitableInput, match="nothing to evaluate"):
        evaluate(config(folders, tmp_path, pred=tmp_path / "empty"), SILENT)
    (tmp_path / "empty" / "a.npz").write_bytes(b"x")
    with pytest.raises(UnsuitableInput, match="none of its 1 clips"):
        evaluate(config(folders, tmp_path, pred=tmp_path / "empty"), SILENT)
