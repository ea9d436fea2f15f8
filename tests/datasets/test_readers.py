"""Every layout as downloaded, with small files of our own in it."""

import json
import pickle

import numpy as np
import pytest

from pipelines.datasets.paired import group_of, load_pair, save_pair
from pipelines.datasets.preparation import Preparation
from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.music.song_cache import cached_features
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Silent

SECONDS = 4


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    from pipelines.media.audio import write_wav

    path = tmp_path_factory.mktemp("song") / "clicks.wav"
    time = np.arange(int(16000 * (SECONDS + 1))) / 16000
    clicks = np.exp(-40 * (time % 0.5)) * np.sin(2 * np.pi * 220 * time)
    write_wav(path, (0.5 * clicks).astype(np.float32), 16000)
    return path


def put(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def finedance_array(frames):
    """Standing upright in FineDance's terms: y up, identity rotations as rows of 6D."""
    array = np.zeros((frames, 315), np.float32)
    array[:, 1] = 1.3
    array[:, 3:] = np.tile([1, 0, 0, 0, 1, 0], 52)
    return array


def our_motion(seconds=SECONDS, fps=30.0, genre="salsa"):
    poses = np.zeros((int(seconds * fps), 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    trans = np.tile(np.array([0, 0, 0.95], np.float32), (len(poses), 1))
    return Motion(poses, trans, fps, genre=genre)


def prepare(folder, cache, music=("paired",), **kwargs):
    preparation = Preparation(cache, music, 0.2, 0, kwargs.get("progress", Silent()))
    preparation.add(folder)
    return preparation


def test_finedance(tmp_path, song):
    root = tmp_path / "finedance"
    (root / "motion").mkdir(parents=True)
    (root / "label_json").mkdir()
    for number, genre in {
        "001": "jazz",
        "063": "Dai",
        "120": "Kun",
        "M01": "Kun",
        "005": "Wei",
    }.items():
        np.save(root / "motion" / f"{number}.npy", finedance_array(30 * SECONDS))
        (root / "label_json" / f"{number}.json").write_text(json.dumps({"style2": genre}))
        if number != "005":
            put(song, root / "music_wav" / f"{number}.wav")
    found = prepare(root, tmp_path / "cache")
    assert {(s.take, s.genre, s.split) for s in found.sequences} == {
        ("001", "Jazz", "train"), ("063", "Dai", "test"),
    }  # fmt: skip
    talk = "\n".join(found.skipped)
    assert "120.npy: on FineDance's ignore list, although on the test list" in talk
    assert "M01.npy" in talk
    assert "005.npy: has no music; --music warp:FOLDER" in talk
    for sequence in found.sequences:
        assert sequence.features.shape == (30 * SECONDS, 35)
        assert sequence.motion.frames == 30 * SECONDS
        # Two centimetres are the sole under the toe joint; FineDance's own height is 0.35 m off.
        assert sequence.motion.joints()[..., 2].min() == pytest.approx(0.02, abs=0.03)


def test_finedance_drops_dull_starts_from_dance_and_music_alike(tmp_path):
    root = tmp_path / "finedance"
    frames = 30 * 12
    (root / "motion").mkdir(parents=True)
    (root / "music_npy").mkdir()
    array = finedance_array(frames)
    array[:, 0] = np.arange(frames) / 1000
    np.save(root / "motion" / "067.npy", array)
    music = np.zeros((frames, 35), np.float32)
    music[:, 0] = np.arange(frames)
    np.save(root / "music_npy" / "067.npy", music)
    (sequence,) = prepare(root, tmp_path / "cache").sequences
    assert sequence.motion.frames == frames - 180
    assert sequence.features[0, 0] == 180
    assert sequence.motion.trans[0, 0] == pytest.approx(0.18)
    assert sequence.genre == ""


def test_aist(tmp_path, song):
    root = tmp_path / "aist"
    names = {
        "gBR_sBM_cAll_d04_mBR0_ch01": "train",
        "gPO_sBM_cAll_d10_mPO1_ch02": "test",
        "gLH_sBM_cAll_d16_mLH4_ch03": "val",
        "gKR_sBM_cAll_d28_mKR2_ch01": "train",
        "gWA_sBM_cAll_d25_mWA0_ch01": "nowhere",
        "gHO_sBM_cAll_d19_mHO5_ch01": "train",
    }
    (root / "motions").mkdir(parents=True)
    (root / "splits").mkdir()
    for name in names:
        content = {
            "smpl_poses": np.zeros((60 * SECONDS, 72)),
            "smpl_scaling": np.array([90.0]),
            "smpl_trans": np.tile([0.0, 90.0, 0.0], (60 * SECONDS, 1)),
        }
        (root / "motions" / f"{name}.pkl").write_bytes(pickle.dumps(content))
    for split in ("train", "val", "test"):
        lines = [name for name, where in names.items() if where == split]
        (root / "splits" / f"crossmodal_{split}.txt").write_text("\n".join(lines))
    (root / "ignore_list.txt").write_text("gKR_sBM_cAll_d28_mKR2_ch01 \n")
    for music in ("mBR0", "mPO1", "mLH4", "mKR2", "mWA0"):
        put(song, root / "wav" / f"{music}.wav")
    found = prepare(root, tmp_path / "cache")
    assert {(s.genre, s.split) for s in found.sequences} == {
        ("BR", "train"), ("PO", "test"), ("LH", "val"),
    }  # fmt: skip
    assert all(s.motion.fps == 30 and s.motion.frames == 30 * SECONDS for s in found.sequences)
    talk = "\n".join(found.skipped)
    assert "d28_mKR2_ch01.pkl: on AIST++'s ignore list" in talk
    assert "mWA0_ch01.pkl: in none of the crossmodal splits" in talk
    assert "mHO5_ch01.pkl: has no music" in talk


def test_motorica(tmp_path, song):
    from pipelines.motion.bvh_export import save_bvh

    root = tmp_path / "motorica"
    name = "kthjazz_gCH_sFM_cAll_d02_mCH_ch01_beatlestreet"
    (root / "BVH").mkdir(parents=True)
    save_bvh(our_motion(fps=120.0), root / "BVH" / f"{name}.bvh")
    put(song, root / "wav" / f"{name}.wav")
    (sequence,) = prepare(root, tmp_path / "cache").sequences
    assert sequence.genre == "Charleston"
    assert sequence.motion.fps == 30
    assert abs(sequence.motion.frames - 30 * SECONDS) <= 1


def test_phantom_dance(tmp_path, song):
    from pipelines.body.skeleton import JOINT_NAMES

    root = tmp_path / "phantom"
    (root / "motion").mkdir(parents=True)
    frames = 30 * SECONDS
    content = {
        "bone_name": list(JOINT_NAMES),
        "root_positions": [[0.0, 0.95, 0.0]] * frames,
        "rotations": [[[0.0, 0.0, 0.0, 1.0]] * 24] * frames,
    }
    (root / "motion" / "dance01.json").write_text(json.dumps(content))
    (root / "readme.json").write_text("{}")
    put(song, root / "music" / "dance01.wav")
    found = prepare(root, tmp_path / "cache")
    (sequence,) = found.sequences
    assert sequence.take == "dance01"
    assert "readme.json: not a PhantomDance motion" in found.skipped[0]


def test_our_workspace_with_music_or_features(tmp_path, song):
    root = tmp_path / "workspace"
    for name in ("a", "b", "c"):
        save_npz(our_motion(), root / "motions" / f"{name}.npz")
    put(song, root / "music" / "a.wav")
    features = cached_features(song, root / "features")
    (made,) = (root / "features").iterdir()
    made.rename(root / "features" / "b.npz")
    found = prepare(root, root / "features")
    assert [s.take for s in found.sequences] == ["a", "b"]
    for sequence in found.sequences:
        np.testing.assert_array_equal(sequence.features, features.values[: 30 * SECONDS])
    assert "c.npz: has no music" in found.skipped[0]


def test_bad_files_are_listed_with_reasons(tmp_path, song):
    root = tmp_path / "workspace"
    (root / "motions").mkdir(parents=True)
    (root / "motions" / "empty.npz").write_bytes(b"")
    bad = our_motion()
    bad.poses[7, 3] = np.nan
    save_npz(bad, root / "motions" / "nan.npz")
    save_npz(our_motion(seconds=60), root / "motions" / "long.npz")
    save_npz(our_motion(), root / "motions" / "mute.npz")
    save_npz(our_motion(), root / "motions" / "good.npz")
    for name in ("empty", "nan", "long", "good"):
        put(song, root / "music" / f"{name}.wav")
    (root / "music" / "mute.wav").write_bytes(b"RIFF")
    found = prepare(root, tmp_path / "cache")
    assert [s.take for s in found.sequences] == ["good"]
    reasons = {line.split("/")[-1].split(".")[0] for line in found.skipped}
    assert len(found.skipped) == 4, found.skipped
    assert {"empty", "nan", "mute"} <= reasons
    assert any("dances 60.0 s, but its music" in line for line in found.skipped)


def test_second_preparation_reads_the_cache_and_changed_content_is_rebuilt(
    tmp_path, song, monkeypatch
):
    from pipelines.datasets import preparation

    root, cache = tmp_path / "workspace", tmp_path / "cache"
    save_npz(our_motion(), root / "motions" / "a.npz")
    put(song, root / "music" / "a.wav")
    (first,) = prepare(root, cache).sequences
    with monkeypatch.context() as patch:
        patch.setattr(preparation, "load_motion", None)
        (again,) = prepare(root, cache).sequences
    np.testing.assert_array_equal(first.motion.poses, again.motion.poses)
    assert (again.take, again.group, again.genre) == ("a", "a", "salsa")

    moved = our_motion()
    moved.trans[:, 0] = 1.0
    save_npz(moved, root / "motions" / "a.npz")
    (rebuilt,) = prepare(root, cache).sequences
    assert rebuilt.motion.trans[0, 0] == 1.0

    (cache / next(p.name for p in cache.glob("pair-*"))).write_bytes(b"damaged")
    for path in cache.glob("pair-*"):
        path.write_bytes(b"damaged")
    assert prepare(root, cache).sequences[0].motion.trans[0, 0] == 1.0


def pair(take="60_03", frames=90):
    motion = our_motion().sliced(0, frames)
    return PairedSequence(motion, np.ones((frames, 35), np.float32), take, group_of(take), "train")


def test_pairs_round_trip(tmp_path):
    save_pair(pair(), "a song", "warp", tmp_path / "p.npz")
    again = load_pair(tmp_path / "p.npz")
    assert (again.take, again.group, again.split, again.genre) == (
        "60_03", "60_03", "train", "salsa",
    )  # fmt: skip
    np.testing.assert_array_equal(again.motion.poses, pair().motion.poses)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": np.str_("essentia-35")}, "essentia-35"),
        ({"features": np.full((90, 35), np.nan, np.float32)}, "NaN"),
        ({"features": np.ones((20, 35), np.float32)}, "do not belong together"),
        ({"features": np.ones((90, 438), np.float32)}, "expected"),
    ],
)
def test_bad_pairs_are_refused_with_the_reason(tmp_path, change, reason):
    save_pair(pair(), "a song", "warp", tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz") as archive:
        values = dict(archive)
    np.savez(tmp_path / "p.npz", **{**values, **change})
    with pytest.raises(UnsuitableInput, match=reason):
        load_pair(tmp_path / "p.npz")


def test_pairs_at_another_rate_are_resampled(tmp_path):
    motion = our_motion(seconds=3, fps=60.0)
    sequence = PairedSequence(motion, np.ones((90, 35), np.float32), "a", "a")
    save_pair(sequence, "", "paired", tmp_path / "p.npz")
    assert load_pair(tmp_path / "p.npz").motion.frames == 90


def test_groups_keep_partners_and_pieces_together():
    names = ("60_09a", "61_09", "salsa__60_09b", "modern__05_02", "120", "g_001_02x")
    assert [group_of(name) for name in names] == [
        "60_09", "60_09", "salsa__60_09", "modern__05_02", "120", "g_001_02x",
    ]  # fmt: skip


def test_a_missing_or_empty_folder_is_refused(tmp_path):
    with pytest.raises(UnsuitableInput, match="no such folder"):
        prepare(tmp_path / "nowhere", tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsuitableInput, match="no motion"):
        prepare(tmp_path / "empty", tmp_path / "cache")


def test_dances_without_music_get_new_music_once(tmp_path, song, monkeypatch):
    from pipelines.datasets import pairing

    asked = []

    class Warped:
        def __init__(self, motion):
            self.motion = motion

    def pair_takes(takes, songs, config, progress, counts, recipe, done):
        asked.append((len(takes), len(songs), config.warped_songs, config.composed_songs))
        assert counts == {}  # files know none
        features = cached_features(song, tmp_path / "cache")
        values = features.values[: takes[0].frames]
        for take in takes[:1]:
            yield pairing.PairedTake(
                Warped(take), type(features)(values), "a song", "compose", np.zeros(0)
            )

    monkeypatch.setattr(pairing, "pair_takes", pair_takes)
    root = tmp_path / "motions"
    for name in ("dance_01", "dance_02"):
        save_npz(our_motion(), root / f"{name}.npz")
    (root / "dance_03.fbx").write_bytes(b"Kaydara")
    first = prepare(root, tmp_path / "cache", music=("paired", "compose"))
    again = prepare(root, tmp_path / "cache", music=("paired", "compose"))
    assert asked == [(2, 0, 0, 2)]
    assert [s.take for s in first.sequences] == [s.take for s in again.sequences] == ["dance_01"]
    assert first.skipped == again.skipped
    assert "dance_03.fbx: no reader" in first.skipped[0]
    assert first.skipped[1:] == ["dance_02: no music could be given to it"]
    assert prepare(root, tmp_path / "cache").sequences == []
