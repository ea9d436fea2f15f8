"""The small matters of `generate`: sizes, rates, names, refusals, copies."""

import errno
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.generate import (
    GenerateConfig,
    _run_name,
    canvas_size,
    copy_atomically,
    generate,
)
from pipelines.media.shape import frame_rate, parse_size
from pipelines.support.errors import BadUsage, OutOfResources, UnsuitableInput
from pipelines.support.files import check_writable
from pipelines.support.progress import Silent


def given_files(folder: Path) -> GenerateConfig:
    (folder / "song.wav").write_bytes(b"a song")
    (folder / "picture.png").write_bytes(b"a picture")
    return GenerateConfig(
        song=folder / "song.wav", picture=folder / "picture.png", output=folder / "out.mp4",
        workspace=folder / "workspace", appearance="puppet",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "size"),
    [("540x960", (540, 960)), ("540X960", (540, 960)), ("64 x 4096", (64, 4096)),
     ("960", (None, 960))],
)  # fmt: skip
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["", "x", "960x", "x960", "540x960x3", "540*960", "-540x960", "5.4x9.6", "62x960", "540x4098",
     "541x960", "540x961", "961", "²²²", "1e3"],
)  # fmt: skip
def test_no_sizes(text):
    with pytest.raises(BadUsage, match="--size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("picture", "size", "canvas"),
    [((1080, 1920), None, (540, 960)), ((1920, 1080), None, (960, 540)),
     ((100, 100), None, (960, 960)),
     ((3000, 4000), "480", (360, 480)), ((3000, 4000), "540x960", (540, 960)),
     ((10_000, 10), None, (960, 64)), ((1, 1), "64", (64, 64))],
)  # fmt: skip
def test_canvas(picture, size, canvas):
    assert canvas_size(*picture, size) == canvas


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_every_canvas_is_even_and_of_the_pictures_shape(width, height):
    canvas = canvas_size(width, height, None)
    assert max(canvas) == 960
    assert all(side % 2 == 0 and side >= 64 for side in canvas)
    if min(canvas) > 64:
        assert abs(canvas[0] / canvas[1] - width / height) < 0.035 * width / height


@pytest.mark.parametrize(
    ("fps", "rate"),
    [(30, Fraction(30)), (29.97, Fraction(30000, 1001)), (23.976, Fraction(24000, 1001)),
     (59.94, Fraction(60000, 1001)), (24, Fraction(24)), (12.5, Fraction(25, 2)),
     (60, Fraction(60)), (1, Fraction(1))],
)  # fmt: skip
def test_rates(fps, rate):
    assert frame_rate(fps) == rate


def test_a_good_request_is_given_back(tmp_path):
    config = given_files(tmp_path)
    assert config.validate() is config


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"song": None}, "no song"),
        ({"picture": None}, "no picture"),
        ({"output": None}, "no output"),
        ({"output": Path("out.avi")}, "out.avi"),
        ({"motion_only": True, "output": None}, "--motion-out"),
        ({"motion_out": Path("dance.fbx")}, "--motion-out"),
        ({"fps": 0.5}, "--fps"),
        ({"fps": float("nan")}, "--fps"),
        ({"start": -1.0}, "--start"),
        ({"start": float("nan")}, "--start"),
        ({"start": float("inf")}, "--start"),
        ({"duration": 1.0}, "--duration"),
        ({"duration": 601.0}, "--duration"),
        ({"duration": float("nan")}, "--duration"),
        ({"seed": -1}, "--seed"),
        ({"seed": 2**63}, "--seed"),
        ({"size": "541x960"}, "--size"),
        ({"options": {"beta": 0.0}}, "--beta"),
        ({"options": {"sampling_steps": 0}}, "--sampling-steps"),
        ({"candidates": 100}, "--candidates"),
        ({"expert": "nobody"}, "--expert nobody"),
        ({"options": {"top_k": 3}}, "--top-k means nothing to --expert mace"),
    ],
    ids=str,
)
def test_refused_requests_name_the_flag(tmp_path, change, says):
    with pytest.raises(BadUsage, match=says):
        replace(given_files(tmp_path), **change).validate()


def test_an_output_that_exists_needs_force(tmp_path):
    config = given_files(tmp_path)
    (tmp_path / "out.mp4").touch()
    with pytest.raises(BadUsage) as caught:
        config.validate()
    assert "--force" in caught.value.hint
    replace(config, force=True).validate()
    dance = replace(config, output=tmp_path / "new.mp4", motion_out=tmp_path / "dance.npz")
    (tmp_path / "dance.npz").touch()
    with pytest.raises(BadUsage, match=r"dance\.npz exists"):
        dance.validate()


def test_an_input_is_never_written_over(tmp_path):
    song = tmp_path / "concert.mp4"
    song.touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for output in (song, tmp_path / "link" / "concert.mp4"):
        config = replace(given_files(tmp_path), song=song, output=output, force=True)
        with pytest.raises(BadUsage, match="also an input"):
            config.validate()


def test_targets_must_be_writable_before_anything_is_done(tmp_path, monkeypatch):
    check_writable([tmp_path / "out.mp4"])
    with pytest.raises(UnsuitableInput, match="does not exist"):
        check_writable([tmp_path / "no" / "out.mp4"])
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(UnsuitableInput, match="no permission"):
        check_writable([tmp_path / "out.mp4"])


def test_a_copy_replaces_whole(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"new")
    target.write_bytes(b"old and longer")
    copy_atomically(source, target)
    assert target.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, OutOfResources), (errno.EACCES, UnsuitableInput)]
)
def test_a_copy_that_fails_leaves_what_was_and_says_where_the_result_is(
    tmp_path, monkeypatch, number, kind
):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"new")
    target.write_bytes(b"old")

    def fail(_, part):
        Path(part).write_bytes(b"ne")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(kind) as caught:
        copy_atomically(source, target)
    assert str(source) in caught.value.hint
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_runs_name_follows_content_not_place(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here, there = given_files(tmp_path / "here"), given_files(tmp_path / "there")
    name = _run_name(here)
    assert name.startswith("song-")
    assert _run_name(there) == name
    assert _run_name(replace(here, output=Path("x.mp4"), force=True, device="cpu")) == name
    there.song.write_bytes(b"another song")
    assert _run_name(there) != name
    changes = [
        {"seed": 1}, {"options": {"beta": 0.5}}, {"options": {"sampling_steps": 9}},
        {"genre": "Jazz"}, {"candidates": 2},
        {"start": 1.0}, {"duration": 5.0}, {"fps": 25}, {"size": "480"},
        {"motion": here.picture}, {"ref_mask": here.picture}, {"motion_model": tmp_path},
    ]  # fmt: skip
    names = {_run_name(replace(here, **change)) for change in changes}
    assert len(names | {name}) == len(changes) + 1


@pytest.mark.parametrize("stem", ["", "...", "日本", "a b/../c".replace("/", "-"), "x" * 300])
def test_any_songs_name_makes_a_folder_name(tmp_path, stem):
    config = given_files(tmp_path)
    song = tmp_path / f"{stem[:60]}.wav"
    song.write_bytes(b"a song")
    name = _run_name(replace(config, song=song))
    assert len(name) < 70
    assert "/" not in name
    assert not name.startswith((".", "-"))


def test_missing_files_are_named(tmp_path):
    config = given_files(tmp_path)
    with pytest.raises(UnsuitableInput, match=r"nothing\.wav: no such file"):
        _run_name(replace(config, song=tmp_path / "nothing.wav"))
    with pytest.raises(UnsuitableInput, match="not a file"):
        _run_name(replace(config, picture=tmp_path))


def test_a_song_that_is_none_is_told_before_any_stage(tmp_path):
    class Listener(Silent):
        def stage(self, name, total=None, unit=""):
            raise AssertionError(name)

    with pytest.raises(UnsuitableInput, match=r"song\.wav: not a sound"):
        generate(given_files(tmp_path), Listener())
    assert not (tmp_path / "workspace").exists()
