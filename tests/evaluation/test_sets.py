"""Which sets a config names: systems, truth, music, and names without a partner."""

from __future__ import annotations

import pytest

from pipelines.evaluation.items import Item
from pipelines.evaluation.sets import Sets, find_sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.support.errors import UnsuitableInput

KINDS = ("motion",)


@pytest.fixture
def folders(tmp_path):
    for place in ("a/1.npz", "a/2.npz", "b/2.npz", "b/3.npz", "music/1.wav", "music/3.wav"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(b"x")
    return tmp_path


def names(items):
    return [item.name for item in items]


def test_a_system_and_the_truth_with_their_songs(folders):
    config = EvaluateConfig("motion-3d", folders / "a", folders / "b", music=folders / "music")
    sets = find_sets(config, KINDS)
    assert {name: names(items) for name, items in sets.everyone().items()} == {
        "pred": ["1", "2"], "truth": ["2", "3"],
    }  # fmt: skip
    assert [item.music and item.music.name for item in sets.clips()] == [
        "1.wav", None, None, "3.wav",
    ]  # fmt: skip
    assert sets.unmatched() == {"pred without truth": ["1"], "truth without pred": ["3"]}


def test_without_truth_nothing_lacks_a_partner(folders):
    compare = (f"x={folders / 'a'}", f"y={folders / 'b'}")
    sets = find_sets(EvaluateConfig("motion-3d", compare=compare), KINDS)
    assert list(sets.everyone()) == ["x", "y"]
    assert sets.truth == [] and sets.unmatched() == {}


def test_two_single_files_belong_together(folders):
    one, other = folders / "a" / "1.npz", folders / "b" / "3.npz"
    sets = find_sets(EvaluateConfig("motion-3d", one, other), KINDS)
    assert sets.systems["pred"] == [Item("3", one)]
    assert sets.unmatched() == {}
    among = find_sets(EvaluateConfig("motion-3d", one, folders / "b"), KINDS)
    assert names(among.systems["pred"]) == ["1"]


def test_what_is_not_there_is_refused(folders):
    for changes in ({"pred": folders / "none"}, {"truth": folders / "none"},
                    {"truth": folders / "music"}):  # fmt: skip
        config = EvaluateConfig(**{"protocol": "motion-3d", "pred": folders / "a"} | changes)
        with pytest.raises(UnsuitableInput, match=r"none|music"):
            find_sets(config, KINDS)


def test_everyone_leaves_an_empty_truth_out():
    assert Sets({"pred": []}, []).everyone() == {"pred": []}


def test_music_that_is_none_is_refused(folders):
    config = EvaluateConfig("motion-3d", folders / "a", music=folders / "music" / "1.wav")
    with pytest.raises(UnsuitableInput, match=r"1\.wav"):
        find_sets(config, KINDS)


def test_songs_of_which_none_has_a_clips_name_are_refused(folders):
    (folders / "music" / "1.wav").unlink()
    config = EvaluateConfig("motion-3d", folders / "a", music=folders / "music")
    with pytest.raises(UnsuitableInput, match="no song in it has the name of a clip, such as 1"):
        find_sets(config, KINDS)


def test_a_data_set_counts_by_its_split_and_lends_its_songs(folders):
    for name in ("motion/001.npy", "motion/063.npy", "music_wav/063.wav"):
        (folders / "f" / name).parent.mkdir(parents=True, exist_ok=True)
        (folders / "f" / name).touch()
    (folders / "a" / "063.npz").touch()
    config = EvaluateConfig("motion-3d", folders / "a", folders / "f" / "motion")
    sets = find_sets(config, KINDS)
    assert names(sets.truth) == ["063"] and len(sets.said) == 1
    heard = {item.name: item.music for item in sets.systems["pred"]}
    assert heard == {"063": folders / "f" / "music_wav" / "063.wav", "1": None, "2": None}
    with pytest.raises(UnsuitableInput, match="not a data set"):
        find_sets(EvaluateConfig("motion-3d", folders / "a", folders / "b", "test"), KINDS)
