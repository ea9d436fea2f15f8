"""`render` over many dances: what is found, shared out, resumed, refused and listed."""

import json
import os
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.motion.npz import load_npz, save_npz
from pipelines.render import RenderConfig, failure, plan, render
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.workspace.clips import finished_clip
from pipelines.workspace.layout import Workspace


@pytest.fixture
def config(tmp_path: Path, monkeypatch) -> RenderConfig:
    for name in ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"):
        monkeypatch.delenv(name, raising=False)
    return RenderConfig(
        src=(tmp_path / "dances",), workspace=tmp_path / "workspace", size="64x96", fps=5.0,
        body="skeleton", renderer="builtin", workers=1,
    )  # fmt: skip


@pytest.fixture
def dances(tmp_path: Path, tiny_dance: Path) -> Path:
    """Three dances of three seconds in two folders."""
    folder = tmp_path / "dances"
    for name in ("a.npz", "more/b.npz", "more/c.npz"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with np.load(tiny_dance) as arrays:
            changed = dict(arrays) | {"trans": arrays["trans"] + len(name) + ord(name[-5]) / 100}
        np.savez(folder / name, **changed)
    return folder


def ids(workspace: Path) -> set[str]:
    return {path.parent.name for path in workspace.glob("clips/*/clip.json")}


def test_the_second_run_finds_everything(config, dances):
    first = render(config, SILENT)
    assert (first["dances"], first["read"], first["rows"]) == (3, 3, 3)
    assert set(first["made"]) == ids(config.workspace)
    stamps = {path: path.stat().st_mtime_ns for path in config.workspace.glob("clips/*/*.mp4")}
    again = render(config, SILENT)
    assert (again["made"], sorted(again["there"])) == ([], sorted(first["made"]))
    assert again["clip_seconds"] == first["clip_seconds"] == 9.0
    assert stamps == {
        path: path.stat().st_mtime_ns for path in config.workspace.glob("clips/*/*.mp4")
    }


def test_a_damaged_clip_is_made_again_and_only_that_one(config, dances):
    made = render(config, SILENT)["made"]
    folder = Workspace(config.workspace).clip(made[0])
    whole = (folder / "video.mp4").read_bytes()
    (folder / "video.mp4").write_bytes(whole[:500])
    again = render(config, SILENT)
    assert again["made"] == [made[0]]
    assert (folder / "video.mp4").read_bytes() == whole


def test_ids_follow_from_content_and_not_from_place(config, dances, tmp_path):
    first = set(render(config, SILENT)["made"])
    shutil.move(dances, tmp_path / "moved")
    moved = replace(config, src=(tmp_path / "moved",), workspace=tmp_path / "other")
    assert set(render(moved, SILENT)["made"]) == first


def test_shards_part_the_work_and_share_the_table(config, dances, monkeypatch):
    parts = []
    for index in (1, 2, 3):
        result = render(replace(config, shard=f"{index}/3"), SILENT)
        parts.append(set(result["made"]))
    assert sum(map(len, parts)) == len(set.union(*parts)) == 3
    assert result["rows"] == 3
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "1")
    monkeypatch.setenv("SLURM_ARRAY_TASK_MIN", "0")
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "3")
    assert set(render(config, SILENT)["there"]) == parts[1]


def test_several_workers_make_the_same_clips(config, dances, tmp_path):
    alone = render(config, SILENT)
    crowd = render(replace(config, workers=2, workspace=tmp_path / "other"), SILENT)
    assert set(crowd["made"]) == set(alone["made"])
    for clip in alone["made"]:
        for name in ("video.mp4", "pose.mp4", "keypoints.npz"):
            one, other = (
                (Workspace(root).clip(clip) / name).read_bytes()
                for root in (config.workspace, tmp_path / "other")
            )
            assert one == other, name


def test_bad_files_are_listed_each_with_its_reason_and_the_rest_is_done(config, dances, tiny_dance):
    with np.load(tiny_dance) as arrays:
        good = dict(arrays)
    nan = good["trans"].copy()
    nan[7, 1] = np.inf
    np.savez(dances / "nan.npz", **(good | {"trans": nan}))
    np.savez(dances / "empty.npz", **(good | {"poses": nan[:0], "trans": nan[:0]}))
    np.savez(dances / "columns.npz", **(good | {"poses": np.zeros((90, 71))}))
    np.save(dances / "columns.npy", np.zeros((90, 314)))
    long = {"poses": np.zeros((7200, 72)), "trans": np.zeros((7200, 3)), "mocap_framerate": 1.0}
    np.savez_compressed(dances / "long.npz", **long)
    (dances / "code.pkl").write_bytes(pickle.dumps({"smpl_poses": os.system}))
    (dances / "robot.bvh").write_text(
        "HIERARCHY\nROOT base\n{\nOFFSET 0 0 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n"
        "End Site\n{\nOFFSET 0 1 0\n}\n}\nMOTION\nFrames: 1\nFrame Time: 0.033\n0 0 0\n"
    )
    (dances / "labels.json").write_text('{"style2": "Jazz"}')
    (dances / "scene.fbx").write_bytes(b"")
    (dances / "notes.txt").write_text("")
    result = render(config, SILENT)
    reasons = {Path(entry["file"]).name: entry["reason"] for entry in result["failed"]}
    expected = {
        "nan.npz": "first in frame 7", "empty.npz": "no frames", "columns.npz": "71 columns",
        "columns.npy": "315", "long.npz": "120 minutes", "code.pkl": "refused",
        "robot.bvh": "unknown skeleton",
    }  # fmt: skip
    assert reasons.keys() == expected.keys()
    for name, says in expected.items():
        assert says in reasons[name]
        assert "\n" not in reasons[name]
    assert len(result["made"]) == result["rows"] == 3
    assert [Path(line.split(":")[0]).name for line in result["skipped"]] == [
        "labels.json",
        "scene.fbx",
    ]
    error = failure(result)
    assert error is not None
    assert error.exit_code == 5
    assert "7 of 10 dances" in error.what
    record = json.loads((config.workspace / "runs" / f"{result['run']}.json").read_text())
    assert (record["status"], record["exit_code"]) == ("done", 5)
    assert record["facts"]["failed"] == result["failed"]


def test_no_motion_at_all_is_refused(config, tmp_path):
    (tmp_path / "dances").mkdir()
    with pytest.raises(UnsuitableInput, match="no motion file"):
        render(config, SILENT)


def test_windows_of_what_is_too_short_are_none(config, dances):
    result = render(replace(config, windows=True), SILENT)
    assert (result["made"], len(result["too_short"]), result["failed"]) == ([], 3, [])
    assert failure(result) is None


def test_a_plan_writes_nothing(config, dances):
    facts = plan(config, SILENT)
    assert (facts["dances"], facts["clips"], facts["finished"]) == (3, 3, 0)
    assert facts["frames"] == 45
    assert facts["renderer"] == "built-in"
    assert not config.workspace.exists()
    render(config, SILENT)
    assert plan(config, SILENT)["finished"] == 3


def test_music_is_cut_along_and_missing_songs_are_told(config, dances, tiny_song, tmp_path):
    (tmp_path / "songs").mkdir()
    shutil.copy(tiny_song, tmp_path / "songs" / "a.wav")
    result = render(replace(config, music=tmp_path / "songs"), SILENT)
    assert len(result["silent"]) == 2
    rows = [json.loads(line) for line in Path(result["table"]).read_text().splitlines()]
    assert sorted(row["has_sound"] for row in rows) == [False, False, True]
    assert [Path(row["source"]).name for row in rows if row["has_sound"]] == ["a.npz"]


def test_a_song_that_is_none_is_the_dances_failure(config, dances, tmp_path):
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "a.wav").write_text("la la la")
    result = render(replace(config, music=tmp_path / "songs"), SILENT)
    assert [Path(entry["file"]).name for entry in result["failed"]] == ["a.npz"]
    assert "a.wav" in result["failed"][0]["reason"]
    assert len(result["made"]) == 2


def test_data_sets_are_read_by_their_own_rules(config, tmp_path, tiny_song):
    """FineDance: songs and genres by number, ignored takes left out, dull starts skipped."""
    from pipelines.body.rotations import matrix_to_6d

    folder = tmp_path / "finedance"
    for name in ("motion", "music_wav", "label_json"):
        (folder / name).mkdir(parents=True)
    still = np.tile(np.concatenate([[0, 0.9, 0], np.tile(matrix_to_6d(np.eye(3)), 52)]), (60, 1))
    for number in ("001", "010", "116"):
        np.save(folder / "motion" / f"{number}.npy", still)
        shutil.copy(tiny_song, folder / "music_wav" / f"{number}.wav")
        (folder / "label_json" / f"{number}.json").write_text('{"style2": "jazz"}')
    result = render(replace(config, src=(folder,), fps=30.0), SILENT)
    assert (result["dances"], len(result["made"]), len(result["skipped"])) == (2, 2, 1)
    facts = {
        Path(clip["source"]["file"]).stem: clip
        for clip in (
            finished_clip(Workspace(config.workspace).clip(clip), SILENT) for clip in result["made"]
        )
    }
    assert facts["001"]["genre"] == "Jazz"
    assert (facts["010"]["source"]["start"], facts["010"]["music"]["start"]) == (0.1, 0.1)
    assert (facts["010"]["frames"], facts["001"]["frames"]) == (57, 60)


def test_one_dance_becomes_the_files_that_are_asked_for(tmp_path, tiny_dance, tiny_song):
    from pipelines.media.video import probe_video

    config = RenderConfig(
        dance=tiny_dance, output=tmp_path / "dance.mp4", music=tiny_song, export=("glb", "bvh"),
        size="64x96", fps=10.0, workspace=tmp_path / "workspace", body="skeleton",
    )  # fmt: skip
    result = render(config, SILENT)
    assert result["output"] == [str(tmp_path / f"dance.{kind}") for kind in ("mp4", "glb", "bvh")]
    info = probe_video(tmp_path / "dance.mp4")
    assert (info.frames, info.has_audio) == (30, True)
    assert all(Path(path).stat().st_size > 1000 for path in result["output"])
    record = json.loads((tmp_path / "workspace" / "runs" / f"{result['run']}.json").read_text())
    assert len(record["outputs"]) == 3
    only = replace(config, output=tmp_path / "only.glb", music=None, export=())
    assert render(only, SILENT)["output"] == [str(tmp_path / "only.glb")]
    assert not (tmp_path / "only.mp4").exists()


def test_files_for_others_tools_and_what_they_could_not_keep(tmp_path, tiny_dance):
    said = []

    class Heard(type(SILENT)):
        def warn(self, message):
            said.append(message)

    config = RenderConfig(
        dance=tiny_dance, output=tmp_path / "a.g1.csv", export=("vrma", "vmd", "smplx.npz"),
        workspace=tmp_path / "workspace", body="skeleton",
    )  # fmt: skip
    render(config, Heard())
    made = sorted(path.name for path in tmp_path.glob("a.*"))
    assert made == ["a.g1.csv", "a.smplx.npz", "a.vmd", "a.vrma"]
    assert len(said) == 1 and "a.g1.csv: limbs point" in said[0]


def test_a_folder_for_a_video_model(tmp_path, tiny_dance):
    picture = Path(__file__).parents[1] / "examples" / "dancer.png"
    save_npz(load_npz(tiny_dance).sliced(0, 30), tmp_path / "second.npz")
    config = RenderConfig(
        dance=tmp_path / "second.npz", output=tmp_path / "folder", control="scail-2",
        reference=picture,
        workspace=tmp_path / "workspace",
    )  # fmt: skip
    result = render(config, SILENT)
    assert (result["size"], result["fps"]) == ("704x1280", 16.0)
    record = json.loads((tmp_path / "workspace" / "runs" / f"{result['run']}.json").read_text())
    assert str(picture) in record["inputs"]
    assert len(list((tmp_path / "folder").iterdir())) == 4
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
