"""The name of a run: by content, not by place."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.appearance_expert.tiny.row import SHIPPED
from pipelines.generation.run_name import canvas, chosen, dance_name, order, run_name
from pipelines.generation.settings import GenerateConfig
from pipelines.support.errors import UnsuitableInput


def given_files(folder: Path) -> GenerateConfig:
    (folder / "song.wav").write_bytes(b"a song")
    (folder / "picture.png").write_bytes(b"a picture")
    return GenerateConfig(
        song=folder / "song.wav", picture=folder / "picture.png", output=folder / "out.mp4",
        workspace=folder / "workspace", appearance="puppet", expert="mace",
    )  # fmt: skip


def test_a_runs_name_follows_content_not_place(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here, there = given_files(tmp_path / "here"), given_files(tmp_path / "there")
    name = run_name(here)
    assert name.startswith("song-")
    assert run_name(there) == name
    assert run_name(replace(here, output=Path("x.mp4"), force=True, device="cpu")) == name
    there.song.write_bytes(b"another song")
    assert run_name(there) != name
    changes = [
        {"seed": 1}, {"options": {"beta": 0.5}}, {"options": {"sampling_steps": 9}},
        {"genre": "Jazz"}, {"candidates": 2},
        {"start": 1.0}, {"duration": 5.0}, {"fps": 25}, {"size": "480"},
        {"motion": here.picture}, {"ref_mask": here.picture}, {"motion_model": tmp_path},
    ]  # fmt: skip
    names = {run_name(replace(here, **change)) for change in changes}
    assert len(names | {name}) == len(changes) + 1


def test_a_dance_does_not_depend_on_who_dances_it_nor_on_the_video(tmp_path):
    config = given_files(tmp_path)
    other = tmp_path / "other.png"
    other.write_bytes(b"another")
    same = [
        {"picture": other}, {"picture": None, "output": None, "motion_only": True},
        {"output": Path("x.mp4")}, {"size": "320"}, {"fps": 25.0}, {"ref_mask": other},
        {"appearance": "wan"}, {"model": "x"},
        {"options": {"lora": (str(other),)}, "appearance": "wan"},
    ]  # fmt: skip
    assert {dance_name(replace(config, **change)) for change in same} == {dance_name(config)}
    others = [
        {"seed": 1}, {"start": 1.0}, {"duration": 5.0}, {"genre": "Jazz"}, {"candidates": 2},
        {"options": {"beta": 0.5}}, {"motion": other}, {"song": other}, {"expert": "library"},
    ]  # fmt: skip
    names = {dance_name(replace(config, **change)) for change in others}
    assert len(names | {dance_name(config)}) == len(others) + 1


@pytest.mark.parametrize("stem", ["", "...", "日本", "a b/../c".replace("/", "-"), "x" * 300])
def test_any_songs_name_makes_a_folder_name(tmp_path, stem):
    config = given_files(tmp_path)
    song = tmp_path / f"{stem[:60]}.wav"
    song.write_bytes(b"a song")
    name = run_name(replace(config, song=song))
    assert len(name) < 70
    assert "/" not in name
    assert not name.startswith((".", "-"))


def test_missing_files_are_named(tmp_path):
    config = given_files(tmp_path)
    with pytest.raises(UnsuitableInput, match=r"nothing\.wav: no such file"):
        run_name(replace(config, song=tmp_path / "nothing.wav"))
    with pytest.raises(UnsuitableInput, match="not a file"):
        run_name(replace(config, picture=tmp_path))


def test_a_model_trained_anew_in_the_same_folder_is_another_run(tmp_path):
    model = tmp_path / "model"
    shutil.copytree(SHIPPED, model)
    config = replace(given_files(tmp_path), appearance="tiny", model=str(model))
    before = run_name(config)
    shutil.copytree(model, tmp_path / "moved")
    assert run_name(replace(config, model=str(tmp_path / "moved"))) == before
    weights = model / "transformer" / "diffusion_pytorch_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert run_name(config) != before


def test_of_a_dance_alone_the_drawing_does_not_matter(tmp_path):
    alone = replace(given_files(tmp_path), motion_only=True, picture=None)
    assert run_name(alone) == run_name(replace(alone, options={"prompt": "she dances"}))
    assert run_name(alone) != run_name(given_files(tmp_path))


def test_the_picture_is_read_when_its_size_is_asked(tmp_path):
    import numpy as np
    from PIL import Image

    config = given_files(tmp_path)
    assert chosen(config).facts() == {"appearance": "puppet", "draft": True, "because": "asked for"}
    with pytest.raises(UnsuitableInput):
        order(config).size((1, 1))
    Image.fromarray(np.zeros((400, 300, 3), np.uint8)).save(config.picture)
    assert canvas(config) == order(config).size((1, 1)) == (720, 960)


def test_another_stretch_pose_or_dance_is_another_dance(tmp_path):
    song, dance, other = (tmp_path / name for name in ("song.wav", "a.npz", "b.npz"))
    for path in (song, dance, other):
        path.write_bytes(path.name.encode())
    plain = GenerateConfig(song=song, motion_only=True, motion_out=tmp_path / "out.npz")
    asked = [
        plain,
        replace(plain, edit=dance, redo=("1:2",)),
        replace(plain, edit=other, redo=("1:2",)),
        replace(plain, edit=dance, redo=("1:3",)),
        replace(plain, edit=dance, keep=("1:2",)),
        replace(plain, edit=dance, keep_joints=("upper",)),
        replace(plain, pose=(f"1={dance}",)),
        replace(plain, pose=(f"1={other}",)),
        replace(plain, pose=(f"1={other}@2",)),
        replace(plain, pose=(f"2={other}",)),
        replace(plain, like=dance),
        replace(plain, facing="left"),
        replace(plain, hold=("1:2",)),
    ]
    assert len({dance_name(one) for one in asked}) == len(asked)
    other.write_bytes(dance.read_bytes())
    assert dance_name(asked[6]) == dance_name(asked[7])


@pytest.mark.parametrize("text", ["68.0:72", "68:72.00", "1:08-1:12", "68-72"])
def test_a_stretch_has_one_name_however_it_is_written(tmp_path, text):
    song, dance = tmp_path / "song.wav", tmp_path / "a.npz"
    song.write_bytes(b"song"), dance.write_bytes(b"dance")
    plain = GenerateConfig(song=song, motion_only=True, motion_out=tmp_path / "out.npz", edit=dance)
    for flag in ("redo", "keep", "hold"):
        one, other = replace(plain, **{flag: ("68:72",)}), replace(plain, **{flag: (text,)})
        assert dance_name(one) == dance_name(other) and run_name(one) == run_name(other)
