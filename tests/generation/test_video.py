"""The video of a dance, drawn by a back end of a toy's size."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.appearance_expert.experts import Choice
from pipelines.appearance_expert.interface import Expert
from pipelines.generation.settings import GenerateConfig
from pipelines.generation.video import VIDEO_RECORD, find_person, finished_video, warn_of
from pipelines.keypoints.files import load_keypoints
from pipelines.media.video import probe_video
from pipelines.motion.npz import load_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT, Silent
from pipelines.workspace.run_record import RunRecord

DANCER = Path(__file__).parents[2] / "examples" / "dancer.png"


@dataclass(frozen=True)
class FlatOptions:
    grey: int = 128
    projector: str = "exact"


class Flat:
    """Frames of one grey; keeps what it was asked."""

    name = "flat"

    def __init__(self, order, options):
        self.order, self.options = order, options

    def frames(self, person, dance, seed):
        for _ in dance.xy:
            yield np.full((dance.height, dance.width, 3), self.options.grey, np.uint8)

    def report(self):
        return {"size": list(self.order.size((0, 0))), "kept": self.order.folder.name}


FLAT = Expert(
    help="grey", options=FlatOptions, identity=lambda order, options: {}, draft=True,
    load=lambda order, options, progress, because: Flat(order, options),
)  # fmt: skip


@pytest.fixture(scope="module")
def config(tiny_song, tmp_path_factory):
    return GenerateConfig(
        song=tiny_song, picture=DANCER, appearance="puppet", size="96", fps=15.0,
        workspace=tmp_path_factory.mktemp("workspace"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def person(config):
    return find_person(config)


def drawn(config, person, tiny_dance, folder, **options):
    record = RunRecord("generate", "run", {}, 0)
    choice = Choice("flat", FLAT, FlatOptions(**options), "asked for")
    dance = load_npz(tiny_dance).sliced(0, 30)
    return finished_video(config, choice, dance, person, folder, record, SILENT), record


def test_video_pose_and_points_lie_in_the_folder_with_what_the_back_end_says(
    config, person, tiny_dance, tmp_path
):
    report, record = drawn(config, person, tiny_dance, tmp_path)
    assert report == {"backend": "flat", "draft": True, "size": [64, 96], "kept": "segments"}
    for name in ("out.mp4", "pose.mp4"):
        info = probe_video(tmp_path / name)
        assert (info.width, info.height, info.frames, float(info.fps)) == (64, 96, 15, 15.0)
    assert probe_video(tmp_path / "out.mp4").has_audio
    assert len(load_keypoints(tmp_path / "keypoints.npz").xy) == 15
    assert list(record.seconds) == ["staging", "pose video", "video"]
    assert json.loads((tmp_path / VIDEO_RECORD).read_text())


def test_a_detector_may_stand_between_dance_and_back_end(config, person, tiny_dance, tmp_path):
    folders = tmp_path / "rendered", tmp_path / "exact"
    for folder in folders:
        folder.mkdir()
        _, record = drawn(config, person, tiny_dance, folder, projector=folder.name)
        assert ("projector" in record.seconds) == (folder.name == "rendered")
    found, exact = (load_keypoints(folder / "keypoints.npz") for folder in folders)
    assert found.xy.shape == exact.xy.shape
    assert not np.array_equal(found.xy, exact.xy)


def test_a_picture_of_nobody_is_named(config, tmp_path):
    picture = tmp_path / "grey.png"
    Image.fromarray(np.full((300, 200, 3), 128, np.uint8)).save(picture)
    with pytest.raises(UnsuitableInput, match=r"grey\.png: no person"):
        find_person(replace(config, picture=picture))


def test_drafts_and_warnings_are_said_again():
    class Listener(Silent):
        def __init__(self):
            self.warned = []

        def warn(self, message):
            self.warned.append(message)

    listener = Listener()
    warn_of({"draft": True, "backend": "puppet", "warnings": ["one arm is hidden"]}, listener)
    assert listener.warned == [
        "the video is a draft made by the puppet", "one arm is hidden",
    ]  # fmt: skip
    warn_of({"draft": False}, listener)
    assert len(listener.warned) == 2
