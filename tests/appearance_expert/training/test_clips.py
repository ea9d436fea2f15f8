import csv
import shutil

import pytest

from pipelines.appearance_expert.training.clips import (
    DataSource,
    count_frames,
    gather_clips,
    is_held_out,
)
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT


def test_sources_with_and_without_weights(tmp_path):
    assert DataSource.parse("a/b") == DataSource(type(tmp_path)("a/b"))
    assert DataSource.parse("a/b:2.5") == DataSource(type(tmp_path)("a/b"), 2.5)
    odd = tmp_path / "odd:3"
    odd.mkdir()
    assert DataSource.parse(str(odd)) == DataSource(odd)
    with pytest.raises(BadUsage, match="more than 0"):
        DataSource.parse("a:0")


def test_kept_clips_of_a_workspace_with_their_split(clip_workspace):
    clips, skipped = gather_clips([DataSource(clip_workspace)], SILENT)
    assert [clip.name for clip in clips] == ["held", "short", "train0", "train1", "train2"]
    assert skipped == []
    assert {clip.name: is_held_out(clip, 1.0) for clip in clips}["held"]
    assert sum(is_held_out(clip, 0.9) for clip in clips) == 1
    assert len({clip.digest for clip in clips}) == 5
    assert count_frames(clips[2].video, 30.0) == 12
    assert count_frames(clips[2].video, 15.0) == 6


def test_a_changed_clip_is_another_one_and_a_copy_is_the_same(clip_workspace, tmp_path):
    shutil.copytree(clip_workspace, tmp_path / "copy")
    first, _ = gather_clips([DataSource(clip_workspace)], SILENT)
    both, _ = gather_clips([DataSource(clip_workspace), DataSource(tmp_path / "copy")], SILENT)
    assert len(both) == len(first)
    with (tmp_path / "copy" / "clips" / "held" / "keypoints.npz").open("ab") as stream:
        stream.write(b"x")
    changed, _ = gather_clips([DataSource(tmp_path / "copy")], SILENT)
    digests = {clip.name: clip.digest for clip in changed}
    assert {c.name for c in first if digests[c.name] != c.digest} == {"held"}


def test_captions_lie_beside_clips(clip_workspace, tmp_path):
    shutil.copytree(clip_workspace, tmp_path / "copy")
    (tmp_path / "copy" / "clips" / "held" / "caption.txt").write_text(" she dances \n")
    clips, _ = gather_clips([DataSource(tmp_path / "copy")], SILENT)
    assert {c.name: c.prompt for c in clips if c.prompt} == {"held": "she dances"}


def test_damaged_clips_are_listed_and_folders_without_clips_refused(clip_workspace, tmp_path):
    shutil.copytree(clip_workspace, tmp_path / "copy")
    (tmp_path / "copy" / "clips" / "held" / "video.mp4").unlink()
    (tmp_path / "copy" / "clips" / "train0" / "clip.json").write_text("{")
    clips, skipped = gather_clips([DataSource(tmp_path / "copy")], SILENT)
    assert len(clips) == 3
    assert len(skipped) == 2
    assert "held: video.mp4 is missing" in skipped
    (tmp_path / "empty").mkdir()
    for path, said in ((tmp_path / "empty", "no clips"), (tmp_path / "none", "no such folder")):
        with pytest.raises(UnsuitableInput, match=said):
            gather_clips([DataSource(path)], SILENT)


def write_csv(path, rows):
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_diffsynths_columns(clip_workspace, tmp_path):
    video = clip_workspace / "clips" / "train0" / "video.mp4"
    row = {
        "video": str(video), "prompt": "a dance", "animate_pose_video": str(video),
        "animate_face_video": str(video), "input_image": "",
    }  # fmt: skip
    table = write_csv(tmp_path / "data.csv", [row, row | {"video": "none.mp4"}])
    (clip,), skipped = gather_clips([DataSource(table, 2.0)], SILENT)
    assert (clip.prompt, clip.pose, clip.reference) == ("a dance", video, None)
    assert len(skipped) == 1
    assert "line 3" in skipped[0]
    bad = write_csv(tmp_path / "bad.csv", [{"video": str(video)}])
    with pytest.raises(UnsuitableInput, match="animate_pose_video"):
        gather_clips([DataSource(bad)], SILENT)


def test_held_out_shares_keep_groups_together():
    from dataclasses import replace
    from pathlib import Path

    from pipelines.appearance_expert.training.clips import TrainingClip

    clip = TrainingClip("a", Path("a"), "d", 0)
    groups = [is_held_out(replace(clip, group=str(n)), 0.2) for n in range(500)]
    assert 0.14 < sum(groups) / 500 < 0.26
    assert not is_held_out(clip, 0.0)
    assert is_held_out(clip, 1.0)
