"""`curate` over folders: what is kept and why, resuming, thresholds, kills."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.curate import CurateConfig, curate, plan
from pipelines.keypoints.files import load_keypoints
from pipelines.keypoints.skeletons import COCO_17
from pipelines.media.video import probe_video
from pipelines.support.files import sha256_file
from pipelines.support.progress import SILENT
from pipelines.workspace.clips import finished_clip
from pipelines.workspace.layout import Workspace

MOMENTS = (9, 110, 40, 8)
"""Changes of the disk at which a run is killed; one undisturbed makes two hundred."""
SHORTEST = 5.0
"""Seconds that a clip has at least."""


@pytest.fixture(scope="module")
def videos(dancers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One dancer, two, nobody, a still, a re-encoded repeat, a copy, and no video at all."""
    folder = tmp_path_factory.mktemp("videos")
    for kind in ("one", "two", "none", "still"):
        (folder / kind).mkdir()
        shutil.copy(dancers(kind, SHORTEST), folder / kind / f"{kind}.mp4")
    one = dancers("one", SHORTEST)
    shutil.copy(one, folder / "copy.mp4")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", one, "-vf", "scale=420:280", "-crf", "30",
         folder / "repeat.mp4"], check=True,
    )  # fmt: skip
    (folder / "bad.mp4").write_text("no video")
    return folder


@pytest.fixture(scope="module")
def config(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> CurateConfig:
    workspace = tmp_path_factory.mktemp("ws")
    return CurateConfig(src=(videos,), workspace=workspace, test_share=0.0, workers=1)


@pytest.fixture(scope="module")
def summary(config: CurateConfig) -> dict[str, Any]:
    return curate(config, SILENT)


def table(config: CurateConfig) -> list[dict[str, Any]]:
    text = Workspace(config.workspace).clip_table.read_text()
    return [json.loads(line) for line in text.splitlines()]


def decisions(config: CurateConfig) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    text = (config.workspace / "curation" / "decisions.jsonl").read_text()
    for row in map(json.loads, text.splitlines()):
        found.setdefault(Path(row["file"]).stem, []).append(row)
    return found


def test_each_video_is_kept_or_dropped_for_its_reason(
    config: CurateConfig, summary: dict[str, Any], videos: Path
) -> None:
    assert summary["failed"] == [
        {"file": str(videos / "bad.mp4"), "reason": summary["failed"][0]["reason"]}
    ]
    assert "not audio or video" in summary["failed"][0]["reason"]
    assert any("the same file as" in one["remark"] for one in summary["remarks"])
    rows = decisions(config)
    kept = "copy" if "copy" in rows else "one"
    assert all(row["kept"] for row in rows[kept])
    assert {tuple(row["reasons"]) for row in rows["repeat"]} == {("duplicate",)}
    assert all("several" in row["reasons"] for row in rows["two"])
    assert all("nobody" in row["reasons"] for row in rows["none"])
    assert {tuple(row["reasons"]) for row in rows["still"]} == {("still",)}
    assert len(rows["two"][0]["named"]["several"]) > 10
    assert rows[kept][0]["scores"]["motion"] > 0.2 > 0.02 > rows["still"][0]["scores"]["motion"]
    assert summary["kept"]["number"] == summary["rows"] == len(rows[kept])


def test_clips_are_whole(config: CurateConfig, summary: dict[str, Any]) -> None:
    for row in table(config):
        folder = Workspace(config.workspace).clip(row["id"])
        facts = finished_clip(folder, SILENT)
        assert facts is not None and facts["maker"] == "curate"
        info = probe_video(folder / "video.mp4")
        assert (info.width, info.height, info.fps) == (480, 320, 10)
        assert info.frames == row["frames"] == round(10 * row["seconds"])
        assert 5 <= row["seconds"] <= 10
        assert row["file_name"] == f"{row['id']}/video.mp4" and row["split"] == "train"
        points = load_keypoints(folder / "keypoints.npz")
        assert points.skeleton == COCO_17
        assert points.xy.shape == (len(range(0, row["frames"], 3)), 17, 2) or points.fps > 3
        nose = points.xy[:, 0]
        assert (np.abs(nose - [240, 65]) < 45).all()


def test_the_report_shows_every_reason(config: CurateConfig, summary: dict[str, Any]) -> None:
    page = Path(summary["report"]).read_text()
    for text in ("Kept", "several people", "nobody", "hardly any motion", "repeats another clip"):
        assert text in page
    assert page.count("data:image/jpeg;base64,") >= 5
    assert "http" not in page and "src='/" not in page


def test_again_and_with_other_thresholds_nothing_is_watched_again(
    config: CurateConfig, summary: dict[str, Any]
) -> None:
    def watched() -> dict[Path, int]:
        folder = config.workspace / "curation"
        return {f: f.stat().st_mtime_ns for f in folder.glob("*/*/observations.npz")}

    before, rows = watched(), table(config)
    again = curate(config, SILENT)
    assert (again["made"], table(config)) == (0, rows)
    looser = replace(config, min_motion=0.0, max_several=1.0)
    more = curate(looser, SILENT)
    kinds = {Path(row["source"]).stem for row in table(looser)}
    assert kinds >= {"still", "two"} and more["made"] > 0
    back = curate(config, SILENT)
    assert (back["made"], table(config)) == (0, rows)
    assert watched() == before and len(before) == 5


def test_a_plan_writes_nothing(config: CurateConfig, summary: dict[str, Any]) -> None:
    elsewhere = replace(config, workspace=config.workspace.parent / "planned")
    facts = plan(elsewhere, SILENT)
    assert (facts["videos"], facts["watched"], len(facts["failed"])) == (7, 0, 1)
    assert facts["seconds_to_watch"] == pytest.approx(6 * SHORTEST, abs=0.5)
    assert not elsewhere.workspace.exists()
    assert plan(config, SILENT)["watched"] == 6
    assert plan(replace(config, limit=2), SILENT)["videos"] == 2
    shares = [plan(replace(config, shard=f"{i}/3"), SILENT)["videos"] for i in (1, 2, 3)]
    assert sum(shares) == 7


@pytest.fixture(scope="module")
def whole(dancers, tmp_path_factory: pytest.TempPathFactory) -> CurateConfig:
    """Two videos with sound, and a workspace with a clip of each."""
    root = tmp_path_factory.mktemp("whole")
    (root / "videos").mkdir()
    for name, seconds in (("a", SHORTEST), ("c", SHORTEST + 1)):
        subprocess.run(
            ["ffmpeg", "-v", "error", "-i", dancers("one", seconds), "-f", "lavfi",
             "-i", f"sine=duration={seconds}", "-c:v", "copy", root / "videos" / f"{name}.mp4"],
            check=True,
        )  # fmt: skip
    config = CurateConfig(
        src=(root / "videos",), workspace=root / "ws", test_share=0.0, max_duplicate=0.0, workers=1
    )
    assert curate(config, SILENT)["kept"]["number"] == 2
    return config


def test_killed_again_and_again_no_clip_is_lost_doubled_or_broken(
    whole: CurateConfig, warm_commands, environment, tmp_path: Path
) -> None:
    shutil.copytree(whole.src[0], tmp_path / "videos")
    config, undisturbed = CurateConfig(workspace=tmp_path / "killed"), whole

    def run(config: CurateConfig, killed_at: int = 0) -> int:
        words = ("curate", "--src", "videos", "--test-share", "0", "--max-duplicate", "0",
                 "--workspace", config.workspace.name)  # fmt: skip
        return warm_commands.start(words, tmp_path, environment, killed_at).wait().returncode

    chance = random.Random(0)
    clips = config.workspace / "clips"
    killed = 0
    for moment in MOMENTS:
        killed += run(config, moment) == -signal.SIGKILL
        for folder in clips.glob("*/"):
            if (folder / "clip.json").exists():
                assert finished_clip(folder, SILENT) is not None
        done = sorted(clips.glob("*/clip.json"))
        # Once all is there, something is taken away again.
        if len(done) == len(table(undisturbed)):
            shutil.rmtree(chance.choice(done).parent)
    assert run(config) == 0 and killed >= 3
    rows = table(config)
    assert [row["id"] for row in rows] == [row["id"] for row in table(undisturbed)]
    for row in rows:
        theirs = undisturbed.workspace / "clips" / row["id"] / "video.mp4"
        assert sha256_file(clips / row["file_name"]) == sha256_file(theirs)
    places = (clips, config.workspace / "curation")
    left = [f.name for place in places for f in place.rglob("*")]
    assert not [name for name in left if ".part" in name or name.startswith("cut-")]


def test_captures_are_the_same_by_more_workers_in_shares_and_after_a_kill(
    whole: CurateConfig, warm_commands, environment, tmp_path: Path
) -> None:
    def files(workspace: str) -> dict[str, str]:
        clips = tmp_path / workspace / "clips"
        return {str(f.relative_to(clips)): sha256_file(f) for f in clips.rglob("*") if f.is_file()}

    def captured(workspace: str) -> list[Path]:
        return sorted((tmp_path / workspace / "clips").glob("*/motion.npz"))

    def begin(workspace: str, *more: str) -> Any:
        words = ("curate", str(whole.src[0]), "--test-share", "0", "--max-duplicate", "0",
                 "--min-capture", "0", "--capture", "--workspace", workspace)  # fmt: skip
        return warm_commands.start((*words, *more), tmp_path, environment)

    for name in ("together", "shares"):
        shutil.copytree(whole.workspace, tmp_path / name)
    assert begin("together", "--workers", "2").wait().returncode == 0
    share = begin("shares", "--shard", "1/2")
    while not captured("shares"):
        assert share.poll() is None, share.said()
        time.sleep(0.01)
    os.killpg(share.pid, signal.SIGKILL)
    assert share.wait().returncode == -signal.SIGKILL
    (killed,) = captured("shares")
    assert begin("shares", "--shard", "2/2").wait().returncode == 0
    (other,) = set(captured("shares")) - {killed}
    made = other.stat().st_mtime_ns
    assert begin("shares").wait().returncode == 0
    assert files("shares") == files("together") and other.stat().st_mtime_ns == made
    for name in ("motion.npz", "capture.json", "music.wav", "capture.jpg"):
        assert sum(file.endswith(name) for file in files("shares")) == 2


def test_ray_makes_the_same_clips(dancers, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    made = []
    for engine in ("local", "ray"):
        config = CurateConfig(
            src=(dancers("one", SHORTEST),),
            workspace=tmp_path / engine,
            engine=engine,
            test_share=0.0,
        )
        curate(config, SILENT)
        made.append([(row["id"], row["score_motion"]) for row in table(config)])
    assert made[0] == made[1] != []
