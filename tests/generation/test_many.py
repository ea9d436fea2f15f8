"""Folders of songs and pictures: pairs, shards, one table, and what fails costs itself alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.generation.many import failure, items_of, make_many
from pipelines.generation.settings import GenerateConfig
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.progress import SILENT


@pytest.fixture
def config(tmp_path):
    for name in ("songs/a.wav", "songs/deep/b.mp3", "songs/notes.txt", "songs/.hidden.wav",
                 "pictures/a.png", "pictures/c.JPG"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return GenerateConfig(
        song=tmp_path / "songs", picture=tmp_path / "pictures", output=tmp_path / "videos",
        appearance="puppet", workspace=tmp_path / "workspace",
    )  # fmt: skip


def names(config):
    return [item.name for item in items_of(config)[0]]


def test_every_song_goes_with_every_picture(config):
    assert names(config) == ["a-a", "a-c", "deep-b-a", "deep-b-c"]
    item = items_of(config)[0][1]
    assert (item.config.song.name, item.config.picture.name) == ("a.wav", "c.JPG")
    assert item.config.output == config.output / "a-c.mp4"
    one_picture = replace(config, picture=config.picture / "a.png")
    assert names(one_picture) == ["a", "deep-b"]
    assert names(replace(config, song=config.song / "a.wav")) == ["a-a", "a-c"]


def test_or_those_of_one_name_go_together(config):
    items, left = items_of(replace(config, by_name=True))
    assert [item.name for item in items] == ["a"]
    assert {Path(path).name for path in left} == {"b.mp3", "c.JPG"}
    with pytest.raises(UnsuitableInput, match="no song has a picture's name"):
        items_of(replace(config, by_name=True, song=config.song / "deep"))


def test_dances_alone_need_no_pictures(config, tmp_path):
    alone = replace(config, picture=None, output=None, motion_only=True, motion_out=tmp_path / "d")
    items, _ = items_of(alone)
    assert [item.config.motion_out for item in items] == [
        tmp_path / "d" / "a.npz", tmp_path / "d" / "deep-b.npz"
    ]  # fmt: skip


def test_shards_part_the_work(config):
    shards = [names(replace(config, shard=f"{n}/3")) for n in (1, 2, 3)]
    assert sorted(name for shard in shards for name in shard) == names(config)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"output": None}, "need a folder"), ({"output": Path("out.mp4")}, "out.mp4"),
     ({"motion_out": Path("dance.npz")}, "dance.npz"), ({"preview": Path("p.png")}, "--preview"),
     ({"ref_mask": Path("m.png")}, "--ref-mask"), ({"genre": "polka"}, "polka"),
     ({"picture": None}, "no picture")],
)  # fmt: skip
def test_what_is_wrong_with_all_is_told_first(config, change, says):
    with pytest.raises(BadUsage, match=says):
        items_of(replace(config, **change))
    assert not config.workspace.exists()


def test_an_empty_folder_is_told(config, tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(UnsuitableInput, match="none: no song in this folder"):
        items_of(replace(config, song=tmp_path / "none"))


def one(config, progress):
    if config.song.name == "b.mp3":
        raise UnsuitableInput(f"{config.song}: not a song")
    stages = {} if config.output.exists() else {"dance": 1.0}
    config.output.write_bytes(b"video")
    return {"run": "song-1", "seconds": 2.0, "stage_seconds": stages}


def test_what_fails_costs_itself_alone_and_the_table_has_all(config):
    summary = make_many(config, one, SILENT)
    assert [Path(path).name for path in summary["made"]] == ["a-a.mp4", "a-c.mp4"]
    error = failure(summary)
    assert error.exit_code == 5 and "deep-b-a.mp4" in error.what and error.what.startswith("2 of 4")
    rows = [json.loads(line) for line in Path(summary["table"]).read_text().splitlines()]
    assert [row["file"] for row in rows] == [
        "a-a.mp4", "a-c.mp4", "deep-b-a.mp4", "deep-b-c.mp4"
    ]  # fmt: skip
    assert rows[0]["run"] == "song-1" and rows[2]["failed"].endswith("not a song")
    record = json.loads((config.workspace / "runs" / f"{summary['run']}.json").read_text())
    assert record["exit_code"] == 5 and record["facts"]["failed"] == summary["failed"]
    again = make_many(config, one, SILENT)
    assert len(again["there"]) == 2 and again["made"] == []


def test_the_expert_is_loaded_once_and_dances_as_for_one_alone(tiny_song, tmp_path, monkeypatch):
    from pipelines.generate import generate
    from pipelines.motion_expert.library.expert import LibraryExpert

    loads, load = [], LibraryExpert.load
    monkeypatch.setattr(LibraryExpert, "load", lambda *given: loads.append(given) or load(*given))
    (tmp_path / "songs").mkdir()
    for name in ("a", "b"):
        (tmp_path / "songs" / f"{name}.wav").write_bytes(tiny_song.read_bytes())
    many = GenerateConfig(
        song=tmp_path / "songs", motion_only=True, motion_out=tmp_path / "dances", expert="library",
        duration=2.0, workspace=tmp_path / "w",
    )  # fmt: skip
    # Another part of the song, so that the second dance is not found from the first.
    (tmp_path / "songs" / "b.wav").write_bytes(tiny_song.read_bytes()[:-4000])
    assert len(generate(many, SILENT)["made"]) == 2 and len(loads) == 1
    alone = replace(many, song=tmp_path / "songs" / "b.wav", motion_out=tmp_path / "b.npz",
                    workspace=tmp_path / "elsewhere")  # fmt: skip
    generate(alone, SILENT)
    assert len(loads) == 2
    assert (tmp_path / "b.npz").read_bytes() == (tmp_path / "dances" / "b.npz").read_bytes()


def test_shards_share_one_table(config):
    for n in (1, 2, 3):
        summary = make_many(replace(config, shard=f"{n}/3"), one, SILENT)
    assert len(Path(summary["table"]).read_text().splitlines()) == 4


def test_what_would_befall_all_ends_the_run(config):
    def nothing(config, progress):
        raise MissingAsset("no weights")

    with pytest.raises(MissingAsset):
        make_many(config, nothing, SILENT)
