from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.rendering.settings import RenderConfig
from pipelines.support.errors import BadUsage, UnsuitableInput


@pytest.fixture
def single(tmp_path: Path) -> RenderConfig:
    (tmp_path / "dance.npz").write_bytes(b"a dance")
    (tmp_path / "song.wav").write_bytes(b"a song")
    return RenderConfig(dance=tmp_path / "dance.npz", output=tmp_path / "dance.mp4")


@pytest.fixture
def many(tmp_path: Path) -> RenderConfig:
    return RenderConfig(src=(tmp_path,))


def test_what_is_asked_for_rightly_is_accepted(single, many, tmp_path):
    single.validate()
    many.validate()
    replace(many, windows=True, vary=True, export=("glb", "bvh"), shard="2/3").validate()
    replace(single, output=tmp_path / "a.glb").validate()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"camera": "top"}, "--camera top"),
        ({"body": "robot"}, "--body robot"),
        ({"renderer": "blender"}, "--renderer blender"),
        ({"export": ("fbx",)}, "--export fbx"),
        ({"size": "540"}, "width and height"),
        ({"size": "541x960"}, "even"),
        ({"fps": 0.5}, "--fps 0.5"),
        ({"motion_fps": 0.0}, "--motion-fps 0"),
        ({"seed": -1}, "--seed -1"),
        ({"workers": 0}, "--workers 0"),
        ({"body": "smpl"}, "--body-model"),
        ({"body_model": Path("a.pkl")}, "--body-model"),
        ({"output": None}, "no output"),
        ({"output": Path("a.avi")}, "must end in"),
        ({"windows": True}, "--windows"),
        ({"shard": "1/2"}, "--shard"),
        ({"src": (Path(),)}, "exclude each other"),
        ({"output": Path("a.npz"), "music": Path("a.wav")}, "has no sound"),
    ],
)
def test_one_dance_that_cannot_be(single, change, says):
    with pytest.raises(BadUsage, match=says):
        replace(single, **change).validate()


def test_outputs_that_are_there_or_are_inputs(single, tmp_path):
    (tmp_path / "dance.mp4").touch()
    with pytest.raises(BadUsage, match="exists"):
        single.validate()
    replace(single, force=True).validate()
    with pytest.raises(BadUsage, match="also an input"):
        replace(single, export=("npz",), force=True).validate()
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(BadUsage, match="is a folder"):
        replace(single, output=tmp_path / "folder.mp4").validate()


def test_folders_that_cannot_be(many, tmp_path):
    with pytest.raises(BadUsage, match="no dance given"):
        RenderConfig().validate()
    with pytest.raises(UnsuitableInput, match="no such file or folder"):
        RenderConfig(src=(tmp_path / "none",)).validate()
    with pytest.raises(BadUsage, match="-o"):
        replace(many, output=tmp_path / "a.mp4").validate()
    with pytest.raises(BadUsage, match="folder of songs"):
        replace(many, music=tmp_path / "song.wav").validate()


def test_exports_stand_beside_the_output_once(single, tmp_path):
    config = replace(single, export=("glb", "bvh", "glb"))
    assert config.targets() == [tmp_path / f"dance.{kind}" for kind in ("mp4", "glb", "bvh")]
    config = replace(single, output=tmp_path / "a.glb", export=("glb",))
    assert config.targets() == [tmp_path / "a.glb"]


def test_what_shapes_a_clip(many, tmp_path):
    assert replace(many, workers=4, shard="1/2").shaping() == many.shaping()
    for change in ({"seed": 1}, {"vary": True}, {"size": "64x64"}, {"camera": "side"}):
        assert replace(many, **change).shaping() != many.shaping()
    twice = replace(many, export=("npz", "bvh", "npz"))
    assert twice.shaping() == replace(many, export=("bvh", "npz")).shaping()
    model = tmp_path / "model.pkl"
    model.write_bytes(b"one")
    smpl = replace(many, body="smpl", body_model=model)
    before = smpl.shaping()
    model.write_bytes(b"two")
    assert smpl.shaping() != before


def test_exports_stand_beside_an_output_of_two_suffixes(tmp_path):
    config = RenderConfig(dance=tmp_path / "d.bvh", output=tmp_path / "a.g1.csv",
                          export=("vrma", "smplx.npz", "g1.csv"))  # fmt: skip
    names = [path.name for path in config.validate().targets()]
    assert names == ["a.g1.csv", "a.vrma", "a.smplx.npz"]
