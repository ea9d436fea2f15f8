"""Motion archives: keys that others read, our own round trip, AMASS in its sizes, refusals."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.motion import Motion
from pipelines.motion.npz import body_poses, from_arrays, load_npz, save_npz
from pipelines.support.archives import read_npz
from pipelines.support.errors import UnsuitableInput


def amass(motion: Motion, columns: int = 156, **more: object) -> dict[str, np.ndarray]:
    """The arrays of an AMASS file of this motion; hands and face hold nonsense."""
    poses = np.full((motion.frames, columns), 0.7, dtype=np.float64)
    poses[:, :66] = motion.poses.reshape(motion.frames, 72)[:, :66]
    content = {
        "poses": poses,
        "trans": motion.trans.astype(np.float64),
        "mocap_framerate": 120.0,
        "gender": "male",
        "betas": np.arange(16.0),
        "dmpls": np.zeros((motion.frames, 8)),
    }
    return {key: np.asarray(value) for key, value in {**content, **more}.items()}


def test_keys_shapes_and_types_that_other_tools_read(tmp_path, swaying):
    motion = replace(
        swaying(7, 29.97), genre="salsa", gender="female", betas=np.arange(10, dtype="f4")
    )
    save_npz(motion, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        held = {key: (archive[key].shape, archive[key].dtype.kind) for key in archive.files}
        assert held == {
            "poses": ((7, 72), "f"),
            "trans": ((7, 3), "f"),
            "mocap_framerate": ((), "f"),
            "gender": ((), "U"),
            "betas": ((10,), "f"),
            "genre": ((), "U"),
            "source": ((), "U"),
        }
        assert float(archive["mocap_framerate"]) == 29.97
        assert (str(archive["gender"]), str(archive["genre"])) == ("female", "salsa")


@settings(max_examples=20, deadline=None)
@given(
    frames=st.integers(1, 12),
    fps=st.floats(1, 1000),
    genre=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    seed=st.integers(0, 99),
)
def test_what_is_saved_comes_back_bit_by_bit(tmp_path_factory, frames, fps, genre, seed):
    random = np.random.default_rng(seed)
    motion = Motion(
        random.normal(size=(frames, 24, 3)).astype("f4"),
        random.normal(size=(frames, 3)).astype("f4"),
        fps,
        genre,
        "capture 7",
        "male",
        random.normal(size=10).astype("f4"),
    )
    path = tmp_path_factory.mktemp("trip") / "a.npz"
    save_npz(motion, path)
    back = load_npz(path)
    np.testing.assert_array_equal(back.poses, motion.poses)
    np.testing.assert_array_equal(back.trans, motion.trans)
    np.testing.assert_array_equal(back.betas, motion.betas)
    assert (back.fps, back.genre, back.source, back.gender) == (fps, genre, "capture 7", "male")
    assert back.poses.dtype == back.trans.dtype == back.betas.dtype == np.float32


def test_a_failed_write_leaves_the_old_file(tmp_path, swaying, monkeypatch):
    save_npz(swaying(5), tmp_path / "a.npz")
    before = (tmp_path / "a.npz").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(Exception, match=r"[Nn]o space"):
        save_npz(swaying(9), tmp_path / "a.npz")
    assert (tmp_path / "a.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_our_own_files_keep_their_height_and_foreign_ones_stand_on_the_floor(tmp_path, standing):
    flying = standing(20)
    flying.trans[:, 2] += 3
    save_npz(flying, tmp_path / "ours.npz")
    np.testing.assert_array_equal(load_npz(tmp_path / "ours.npz").trans, flying.trans)
    np.savez(tmp_path / "amass.npz", **amass(flying))
    landed = load_npz(tmp_path / "amass.npz")
    np.testing.assert_allclose(landed.trans[:, :2], flying.trans[:, :2], atol=1e-6)
    assert abs(landed.joints()[:, FOOT_JOINTS[2:], 2].min()) < 0.02


@pytest.mark.parametrize(("columns", "kept"), [(66, 22), (72, 24), (156, 22), (165, 22)])
def test_only_smpl_files_keep_their_hands(columns, kept):
    poses = body_poses(np.arange(2 * columns, dtype="f8").reshape(2, columns), "a")
    assert poses.shape == (2, 24, 3) and poses.dtype == np.float32
    expected = np.arange(2 * columns).reshape(2, columns)[:, : 3 * kept].reshape(2, kept, 3)
    np.testing.assert_array_equal(poses[:, :kept], expected)
    assert (poses[:, kept:] == 0).all()


@pytest.mark.parametrize("shape", [(3, 24, 3), (3, 72), (3, 22, 3), (3, 52, 3), (3, 55, 3)])
def test_poses_may_be_flat_or_by_joint(shape):
    assert body_poses(np.ones(shape), "a").shape == (3, 24, 3)


@pytest.mark.parametrize("columns", [1, 63, 71, 73, 315])
def test_other_widths_are_refused_with_those_that_are_read(columns):
    with pytest.raises(UnsuitableInput, match=f"a: poses have {columns} columns") as caught:
        body_poses(np.zeros((3, columns)), "a")
    assert "72 (SMPL)" in caught.value.what and "165 (SMPL-X)" in caught.value.what


def test_no_frames_is_refused():
    with pytest.raises(UnsuitableInput, match="a: holds no frames"):
        body_poses(np.zeros((0, 72)), "a")


@pytest.mark.parametrize("key", ["mocap_framerate", "mocap_frame_rate", "fps"])
def test_three_names_of_the_frame_rate(tmp_path, swaying, key):
    content = amass(swaying(5))
    content[key] = content.pop("mocap_framerate")
    assert from_arrays(content, tmp_path / "a.npz").fps == 120.0


def test_amass_names_itself_by_its_file_and_has_no_genre(tmp_path, swaying):
    motion = from_arrays(amass(swaying(5)), tmp_path / "a.npz")
    assert (motion.source, motion.genre, motion.gender) == (str(tmp_path / "a.npz"), None, "male")
    np.testing.assert_array_equal(motion.betas, np.arange(10))


def test_few_betas_or_none_are_filled_with_zeros(tmp_path, swaying):
    few = from_arrays(amass(swaying(5), betas=np.array([[3.0, 1.0]])), tmp_path / "a.npz")
    np.testing.assert_array_equal(few.betas, [3, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    content = amass(swaying(5))
    del content["betas"], content["gender"]
    none = from_arrays(content, tmp_path / "a.npz")
    assert (none.betas == 0).all() and none.gender == "neutral"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"trans": np.zeros((4, 3))}, r"trans is \(4, 3\), expected \(5, 3\)"),
        ({"trans": np.full((5, 3), np.nan)}, "NaN or infinity, first in frame 0"),
        ({"mocap_framerate": 0.0}, "frame rate 0.0 is not plausible"),
        ({"mocap_framerate": 5000.0}, "not plausible"),
        ({"poses": np.zeros((5, 71))}, "71 columns"),
    ],
)
def test_foreign_files_that_make_no_dance(tmp_path, swaying, change, says):
    with pytest.raises(UnsuitableInput, match=says):
        from_arrays(amass(swaying(5), **change), tmp_path / "a.npz")


@pytest.mark.parametrize("missing", ["poses", "trans", "mocap_framerate"])
def test_what_is_missing_is_said_with_the_file(tmp_path, swaying, missing):
    content = amass(swaying(5))
    del content[missing]
    with pytest.raises(UnsuitableInput, match=r"bad\.npz") as caught:
        from_arrays(content, tmp_path / "bad.npz")
    message = f"{caught.value.what} {caught.value.hint}"
    assert "mocap_framerate" in message


def test_an_archive_of_other_things_says_what_it_holds(tmp_path):
    np.savez(tmp_path / "a.npz", **{f"key{n}": np.zeros(1) for n in range(12)})
    with pytest.raises(UnsuitableInput, match="not a motion, it holds key0, key1, key10"):
        load_npz(tmp_path / "a.npz")
    with pytest.raises(UnsuitableInput, match="it holds nothing"):
        from_arrays({}, tmp_path / "a.npz")


def test_skeletons_with_quaternions_are_retargeted(tmp_path, standing):
    """An archive with names, parents and quaternions of a rig in our own rest pose."""
    from pipelines.body.skeleton import JOINT_NAMES, OFFSETS, PARENTS, TO_Z_UP

    motion = standing(6)
    quaternions = np.tile([0.0, 0, 0, 1], (6, 24, 1))
    places = np.tile(OFFSETS * 100, (6, 1, 1))
    places[:, 0] = motion.trans @ TO_Z_UP * 100
    np.savez(
        tmp_path / "rig.npz",
        names=np.array(JOINT_NAMES),
        parents=np.array(PARENTS),
        local_quat_xyzw=quaternions,
        local_trans=places,
        fps=30.0,
    )
    np.testing.assert_allclose(
        load_npz(tmp_path / "rig.npz").joints()[:, :22], motion.joints()[:, :22], atol=0.01
    )


def damaged(name: str, whole: bytes) -> bytes:
    return {
        "empty": b"",
        "text": b"hello",
        "cut in half": whole[: len(whole) // 2],
        "without its directory": whole[:-60],
        "one byte flipped": whole[:400] + bytes([whole[400] ^ 0xFF]) + whole[401:],
    }[name]


@pytest.mark.parametrize(
    "name", ["empty", "text", "cut in half", "without its directory", "one byte flipped"]
)
def test_damaged_archives_are_refused_never_read_wrongly(tmp_path, swaying, name):
    save_npz(swaying(9), tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(damaged(name, (tmp_path / "a.npz").read_bytes()))
    with pytest.raises(UnsuitableInput, match=r"b\.npz: broken \.npz"):
        load_npz(tmp_path / "b.npz")


def test_python_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return exec, ("raise SystemExit('executed')",)

    np.savez(tmp_path / "trap.npz", poses=np.array([Trap()], dtype=object), trans=np.zeros((1, 3)))
    with pytest.raises(UnsuitableInput, match=r"trap\.npz: it holds Python objects"):
        load_npz(tmp_path / "trap.npz")


def test_read_arrays_gives_all_arrays(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.arange(3), y=np.str_("z"))
    arrays = read_npz(tmp_path / "a.npz")
    assert sorted(arrays) == ["x", "y"]
    np.testing.assert_array_equal(arrays["x"], [0, 1, 2])
    with pytest.raises(UnsuitableInput, match="broken"):
        read_npz(tmp_path / "absent.npz")


def test_a_member_that_is_no_array_is_not_taken_for_one(tmp_path, swaying):
    save_npz(swaying(5), tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("notes.txt", "danced by the sea")
    assert "notes.txt" not in read_npz(tmp_path / "a.npz")
    assert load_npz(tmp_path / "a.npz").frames == 5
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        for key in ("poses", "trans", "fps"):
            archive.writestr(f"{key}.npy", "no array")
    with pytest.raises(UnsuitableInput, match="not a motion, it holds nothing"):
        load_npz(tmp_path / "b.npz")
