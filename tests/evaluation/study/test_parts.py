"""What is seen and heard of each clip: as long as the shortest, with a song where any has one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.evaluation.sets import find_sets
from pipelines.evaluation.study.design import design
from pipelines.evaluation.study.parts import DANCE, VIDEO, PartMaker, kind_of
from pipelines.motion.npz import save_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT


def made(config, folder: Path, most: float = 30.0):
    sets = find_sets(config, (DANCE,))
    items = {name: {item.name: item for item in of} for name, of in sets.everyone().items()}
    asked = design(sets, 40, 1, 0, "salt")
    folder.mkdir()
    maker = PartMaker(DANCE, items, most, 0, folder)
    return asked, maker, maker.make_all(asked, SILENT)


def test_a_dance_its_body_and_its_song(config, tmp_path):
    asked, maker, clips = made(config, tmp_path / "parts")
    names = {path.name for path in (tmp_path / "parts").iterdir()}
    (sound,) = {clip["sound"] for clip in clips.values()}
    assert names == {"body.glb", f"{sound}.m4a", *(f"{clip}.glb" for clip in asked.clips)}
    assert all(clip["seconds"] == pytest.approx(0.4) for clip in clips.values())
    assert maker.silent(asked) == []
    body, dance = ((tmp_path / "parts" / name).read_bytes()
                   for name in ("body.glb", f"{next(iter(clips))}.glb"))  # fmt: skip
    assert b'"skins"' in body and b'"skins"' not in dance and b'"animations"' in dance
    whole = next(name for name, seen in asked.clips.items() if seen.distorted)
    twin = next(name for name, seen in asked.clips.items()
                if seen == replace(asked.clips[whole], distorted=False))  # fmt: skip
    read = [(tmp_path / "parts" / f"{name}.glb").read_bytes() for name in (whole, twin)]
    assert len(read[0]) == pytest.approx(len(read[1]), abs=200) and read[0] != read[1]


def test_no_clip_tells_itself_by_its_end(config, folders, dance, tmp_path):
    save_npz(dance(7, 60), folders / "a" / "2.npz")
    _, _, clips = made(config, tmp_path / "parts", most=0.3)
    assert {clip["seconds"] for clip in clips.values()} == {0.3}


def test_a_song_of_one_is_heard_with_all_of_its_name(config, folders, tiny_song, tmp_path):
    silent = replace(config, music=None)
    _, maker, _ = made(silent, tmp_path / "parts")
    sets = find_sets(silent, (DANCE,))
    items = {name: {item.name: item for item in of} for name, of in sets.everyone().items()}
    items["theirs"]["1"] = replace(items["theirs"]["1"], music=tiny_song, start=0.5)
    maker = PartMaker(DANCE, items, 30.0, 0, tmp_path / "parts")
    assert maker.silent(design(sets, 40, 0, 0, "salt")) == ["0", "2"]


def test_videos_first_then_dances_and_never_both():
    broken = UnsuitableInput("none")
    assert kind_of({VIDEO: "sets", DANCE: "sets"}) == VIDEO
    assert kind_of({VIDEO: broken, DANCE: "sets"}) == DANCE
    with pytest.raises(UnsuitableInput, match="neither videos nor dances"):
        kind_of({VIDEO: broken, DANCE: broken})
