"""Songs of a data set: of a split, as long as the recorded dances, in their styles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.datasets.listing import ListedTake
from pipelines.generation.many import dances_alone, items_of
from pipelines.generation.settings import GenerateConfig
from pipelines.generation.songs import Song, data_set_songs
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.support.errors import BadUsage, UnsuitableInput


@pytest.fixture
def config(tmp_path):
    for name in ("motion/001.npy", "motion/063.npy", "motion/065.npy", "music_wav/001.wav",
                 "music_wav/063.wav"):  # fmt: skip
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).touch()
    return GenerateConfig(song=tmp_path / "data", output=tmp_path / "dances",
                          workspace=tmp_path / "workspace")  # fmt: skip


def test_songs_of_the_test_split_unless_asked_otherwise(config):
    songs, left = data_set_songs(config)
    assert list(songs) == ["063"] and [path[-7:] for path in left] == ["065.npy"]
    assert list(data_set_songs(replace(config, split="train"))[0]) == ["001"]
    assert list(data_set_songs(replace(config, split="all"))[0]) == ["001", "063"]
    with pytest.raises(UnsuitableInput, match="nothing of the split val"):
        data_set_songs(replace(config, split="val"))


def test_without_a_song_there_is_nothing_to_dance_to(config):
    (config.song / "music_wav" / "063.wav").unlink()
    with pytest.raises(UnsuitableInput, match="none of its 2 dances has a song"):
        data_set_songs(config)


def test_of_another_folder_there_is_no_part(config, tmp_path):
    (tmp_path / "songs").mkdir()
    other = replace(config, song=tmp_path / "songs")
    assert data_set_songs(other) is None
    for change in ({"split": "test"}, {"genre": "label"}):
        with pytest.raises(BadUsage, match="no data set as downloaded"):
            data_set_songs(replace(other, **change))


def test_without_a_picture_dances_go_where_o_says(config):
    alone = dances_alone(config)
    assert (alone.motion_only, alone.motion_out, alone.output) == (True, config.output, None)
    (item,), _ = items_of(alone)
    assert item.config.motion_out == config.output / "063.npz"
    assert item.config.split is None
    with_picture = replace(config, picture=config.song / "p.png")
    assert dances_alone(with_picture) == with_picture


def test_a_dance_lasts_as_long_as_the_recorded_one_and_begins_with_it(config, tmp_path):
    still = Motion(np.zeros((300, 24, 3), np.float32), np.zeros((300, 3), np.float32), 30.0)
    save_npz(still, tmp_path / "a.npz")
    take = ListedTake("a", tmp_path / "a.npz", genre="HO", skip_seconds=2.0)
    asked = Song(tmp_path / "a.wav", take).asked(replace(config, genre="label", start=1.0))
    assert (asked.start, asked.duration, asked.genre) == (3.0, 8.0, "house")
    assert Song(tmp_path / "a.wav", take).asked(replace(config, duration=4.0)).duration == 4.0
    unknown = Song(tmp_path / "a.wav", replace(take, genre="Kun"))
    assert unknown.asked(replace(config, genre="label")).genre == "Kun"
    assert Song(tmp_path / "b.wav").asked(config) == replace(config, song=tmp_path / "b.wav")
