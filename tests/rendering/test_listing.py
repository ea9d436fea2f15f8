"""Which dances there are to draw, and their songs."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.rendering.listing import list_sources, single_source, song_of
from pipelines.rendering.settings import RenderConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import recorded_run


def put(path):
    still = Motion(np.zeros((9, 24, 3), np.float32), np.zeros((9, 3), np.float32), 30.0)
    save_npz(still, path)


def test_songs_are_found_by_name(tmp_path):
    songs = {name: tmp_path / f"{name}.wav" for name in ("001", "mBR0", "kth_gCH_sFM", "1")}
    assert song_of("001", songs) == songs["001"]
    assert song_of("gBR_sBM_cAll_d04_mBR0_ch01", songs) == songs["mBR0"]
    assert song_of("kth_gCH_sFM", songs) == songs["kth_gCH_sFM"]
    assert song_of("60_1", songs) is None
    assert song_of("002", songs) is None


def test_names_do_not_depend_on_where_the_folder_lies(tmp_path):
    for root in ("here", "there"):
        put(tmp_path / root / "deep" / "a.npz")
        put(tmp_path / root / "b.npz")
    here, there = (list_sources(RenderConfig(src=(tmp_path / r,)))[0] for r in ("here", "there"))
    assert [name for name, _ in here] == [name for name, _ in there] == ["b.npz", "deep/a.npz"]
    alone, _ = list_sources(RenderConfig(src=(tmp_path / "here" / "b.npz",)))
    assert [name for name, _ in alone] == ["b.npz"]


def test_given_songs_take_the_place_of_those_beside_the_dances(tmp_path):
    put(tmp_path / "dances" / "a.npz")
    (tmp_path / "dances" / "a.wav").touch()
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "a.mp3").touch()
    beside, given = (
        list_sources(RenderConfig(src=(tmp_path / "dances",), music=music))[0][0][1].music
        for music in (None, tmp_path / "songs")
    )
    assert beside == tmp_path / "dances" / "a.wav"
    assert given == tmp_path / "songs" / "a.mp3"


def test_a_lying_header_is_corrected_by_name_alone_or_among_many(tmp_path):
    for name in ("60_03.bvh", "other.bvh"):
        (tmp_path / name).write_text("HIERARCHY")
    found = {
        name: source.true_fps for name, source in list_sources(RenderConfig(src=(tmp_path,)))[0]
    }
    assert found == {"60_03.bvh": 60.0, "other.bvh": None}
    assert single_source(RenderConfig(dance=tmp_path / "60_03.bvh")).true_fps == 60.0


def test_a_folder_without_dances_is_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UnsuitableInput, match="no motion file in there") as caught:
        list_sources(RenderConfig(src=(tmp_path,)))
    assert ".bvh" in caught.value.hint


def test_the_tools_own_files_are_no_dances_of_ones_own(tmp_path):
    root = tmp_path / "place" / "workspace"
    with recorded_run([Workspace(root).run_record("song-1")], "generate", "song-1", {}):
        pass
    put(tmp_path / "place" / "dance.npz")
    for name in ("dances/1/motion.npz", "generations/song-1/motion.npz"):
        put(root / name)
    (root / "generations" / "song-1" / "motion.json").write_text("{}")
    for name in ("generations/song-1/motion.bvh", "generations/song-1/keypoints.npz"):
        (root / name).touch()
    found, skipped = list_sources(RenderConfig(src=(tmp_path / "place",)))
    assert [name for name, _ in found] == ["dance.npz"]
    assert len(skipped) == 1 and "a workspace, whose 4 files are left alone" in skipped[0]
    own, left = list_sources(RenderConfig(src=(root,)))
    assert [name for name, _ in own] == ["dances/1/motion.npz"] and left == []
    one = root / "generations" / "song-1" / "motion.npz"
    assert [name for name, _ in list_sources(RenderConfig(src=(one,)))[0]] == ["motion.npz"]
