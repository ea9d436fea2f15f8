"""What `generate` is asked to do, what is refused before any file is read, and by which flag."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.appearance_expert.experts import EXPERTS as APPEARANCE_EXPERTS
from pipelines.generation.settings import GenerateConfig, own_options
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.support.errors import BadUsage


def given_files(folder: Path) -> GenerateConfig:
    (folder / "song.wav").write_bytes(b"a song")
    (folder / "picture.png").write_bytes(b"a picture")
    return GenerateConfig(
        song=folder / "song.wav", picture=folder / "picture.png", output=folder / "out.mp4",
        workspace=folder / "workspace", appearance="puppet",
    )  # fmt: skip


def test_a_good_request_is_given_back(tmp_path):
    config = given_files(tmp_path)
    assert config.validate() is config


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"song": None}, "no song"),
        ({"picture": None}, "no picture"),
        ({"output": Path("out.avi")}, "out.avi"),
        ({"motion_only": True, "output": None}, "--motion-out"),
        ({"motion_out": Path("dance.fbx")}, "--motion-out"),
        ({"by_name": True}, "--by-name is for many"),
        ({"shard": "1/2"}, "--shard is for many"),
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
        ({"options": {"top_k": 3}}, "--top-k means nothing to --expert library"),
        ({"appearance": "magic"}, "--appearance magic"),
        ({"options": {"lora": ("x",)}}, "--lora means nothing to --appearance puppet"),
    ],
    ids=str,
)
def test_refused_requests_name_the_flag(tmp_path, change, says):
    with pytest.raises(BadUsage, match=says):
        replace(given_files(tmp_path), **change).validate()


def test_an_input_is_never_written_over(tmp_path):
    song = tmp_path / "concert.mp4"
    song.touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for output in (song, tmp_path / "link" / "concert.mp4"):
        config = replace(given_files(tmp_path), song=song, output=output, force=True)
        with pytest.raises(BadUsage, match="also an input"):
            config.validate()


def test_every_experts_own_options_are_offered():
    offered = own_options()
    for table in (EXPERTS, APPEARANCE_EXPERTS):
        assert all(row.options in offered for row in table.values())


def test_the_record_says_what_the_experts_defaults_were():
    config = GenerateConfig(
        song=Path("song.wav"), motion_only=True, expert="mace", options={"beta": 0.5}
    )
    resolved = config.resolved()
    assert resolved.expert == "mace"
    assert resolved.options == {
        "beta": 0.5, "beat_weight": None, "sampling_steps": 50, "tempo_change": 0.2,
    }  # fmt: skip
    assert config.dance_options() == MaceOptions(beta=0.5)
    drawn = GenerateConfig(song=Path("song.wav"), appearance="tiny", expert="mace").resolved()
    assert (drawn.options["wan_sampling_steps"], drawn.options["beta"]) == (10, 0.75)


def test_inputs_are_the_files_that_are_there_to_read():
    config = GenerateConfig(song=Path("song.wav"), picture=Path("me.png"), ref_mask=Path("m.png"))
    assert config.inputs() == {
        "song": Path("song.wav"), "picture": Path("me.png"), "ref_mask": Path("m.png"),
    }  # fmt: skip


def test_what_experts_options_name_is_read_too(tmp_path):
    for name in ("adapter", "style", "face"):
        (tmp_path / name).touch()
    config = GenerateConfig(
        song=Path("song.wav"), picture=Path("me.png"), appearance="tiny",
        options={
            "adapter": tmp_path / "adapter", "lora": (f"{tmp_path / 'style'}:0.5",),
            "face": str(tmp_path / "face"),
        },
    )  # fmt: skip
    assert config.inputs() == {
        "song": Path("song.wav"), "picture": Path("me.png"), "adapter": tmp_path / "adapter",
        "lora 1": tmp_path / "style", "face": tmp_path / "face",
    }  # fmt: skip
    assert replace(config, motion_only=True).inputs().keys() == {"song", "picture"}


def test_each_expert_gets_its_own_of_the_given_options():
    config = GenerateConfig(
        song=Path("song.wav"),
        expert="mace",
        appearance="wan",
        options={"beta": 0.5, "prompt": "she dances"},
    )
    assert config.dance_options() == MaceOptions(beta=0.5)
    assert config.drawing_options()["wan"].prompt == "she dances"


def test_a_video_without_a_name_is_called_after_song_and_picture(tmp_path):
    config = replace(given_files(tmp_path), output=None)
    assert config.validate().with_output().output == Path("song-picture.mp4")
    assert given_files(tmp_path).with_output() == given_files(tmp_path)
    alone = replace(config, motion_only=True, motion_out=Path("dance.npz"))
    assert alone.validate().with_output().output is None


@pytest.mark.parametrize("change", [{"split": "test"}, {"genre": "label"}])
def test_what_is_of_a_data_set_is_refused_for_one_song(change):
    config = GenerateConfig(Path("song.wav"), Path("me.jpg"), Path("out.mp4"), **change)
    with pytest.raises(BadUsage, match="is of a data set"):
        config.validate()


def test_a_split_that_none_has_is_refused_for_many_too(tmp_path):
    with pytest.raises(BadUsage, match="no split is called testing"):
        GenerateConfig(tmp_path, tmp_path, tmp_path / "out", split="testing").validate()


def test_a_storyboard_that_is_only_printed_needs_no_output(tmp_path):
    config = replace(given_files(tmp_path), picture=None, output=None, motion_only=True, bars=True)
    assert config.validate() is config
