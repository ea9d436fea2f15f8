"""What is there already is refused, unless it is what would be made."""

from dataclasses import replace

import pytest

from pipelines.generation.outputs import hand_over, is_there, refuse_others
from pipelines.generation.settings import GenerateConfig
from pipelines.support.errors import BadUsage
from pipelines.support.progress import SILENT, Silent
from pipelines.workspace.run_record import RunRecord


@pytest.fixture
def config(tmp_path):
    return GenerateConfig(
        song=tmp_path / "song.wav", picture=tmp_path / "picture.png", output=tmp_path / "out.mp4",
        workspace=tmp_path / "workspace",
    )  # fmt: skip


def test_an_output_that_exists_needs_force(config, tmp_path):
    (tmp_path / "out.mp4").touch()
    with pytest.raises(BadUsage) as caught:
        refuse_others(config, {})
    assert "--force" in caught.value.hint
    refuse_others(replace(config, force=True), {})
    dance = replace(config, output=tmp_path / "new.mp4", motion_out=tmp_path / "dance.npz")
    (tmp_path / "dance.npz").touch()
    with pytest.raises(BadUsage, match=r"dance\.npz exists"):
        refuse_others(dance, {})


def test_what_this_command_makes_may_be_there(config, tmp_path):
    made = tmp_path / "made.mp4"
    made.write_bytes(b"a video")
    config.output.write_bytes(b"a video")
    refuse_others(config, {config.output: made})
    config.output.write_bytes(b"another")
    with pytest.raises(BadUsage, match=r"out\.mp4 exists"):
        refuse_others(config, {config.output: made})


def test_it_is_handed_over_once(tmp_path):
    said = []

    class Listener(Silent):
        def say(self, message):
            said.append(message)

    made, target = tmp_path / "made.mp4", tmp_path / "out.mp4"
    made.write_bytes(b"a video")
    record = RunRecord("generate", "run", {}, 0)
    hand_over(made, target, record, SILENT)
    assert is_there(made, target)
    before = target.stat().st_ino
    hand_over(made, target, record, Listener())
    assert target.stat().st_ino == before and "is there already" in said[0]
    assert list(record.outputs) == [str(target)]
    assert not is_there(None, target) and not is_there(made, tmp_path / "none")
