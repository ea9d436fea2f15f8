"""Pose-control folders from a real dance and the example's picture: files, sizes, alignment."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pipelines.keypoints.person import POINT
from pipelines.keypoints.staging import stage_dance
from pipelines.motion.motion import Motion
from pipelines.rendering.control import CONTROL_TOOLS, found_person, write_control
from pipelines.rendering.settings import CONTROLS, RenderConfig
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT

PICTURE = Path(__file__).parents[2] / "examples" / "dancer.png"


@pytest.fixture(scope="module")
def person():
    return found_person(PICTURE)


@pytest.fixture(scope="module")
def dance():
    """Half a second at 120 frames: standing, the left arm level, the right one hanging."""
    poses = np.zeros((60, 24, 3), dtype=np.float32)
    poses[:, 0, 0] = np.pi / 2
    poses[:, POINT["right_shoulder"], 2] = 1.3
    return Motion(poses, np.zeros((60, 3), dtype=np.float32), 120.0, source="standing")


def frames(path):
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        return [f.to_ndarray(format="rgb24") for f in video.decode(stream)], stream.average_rate


def test_every_choice_has_its_tool():
    assert set(CONTROL_TOOLS) == set(CONTROLS)


def test_wan_animate_s_folder(person, dance, tmp_path):
    made = write_control(CONTROL_TOOLS["wan-animate"], dance, person, tmp_path / "c", SILENT)
    assert sorted(p.name for p in (tmp_path / "c").iterdir()) == [
        "src_face.mp4", "src_pose.mp4", "src_ref.png",
    ]  # fmt: skip
    poses, rate = frames(tmp_path / "c" / "src_pose.mp4")
    picture = cv2.imread(str(tmp_path / "c" / "src_ref.png"))
    assert rate == 30 and len(poses) == made["frames"] == 15
    assert picture.shape == poses[0].shape
    height, width = picture.shape[:2]
    assert width % 16 == height % 16 == 0 and width * height <= 1280 * 720
    faces, _ = frames(tmp_path / "c" / "src_face.mp4")
    assert faces[0].shape == (512, 512, 3) and faces[0].any() and len(faces) == 15


def test_the_skeleton_stands_where_the_person_stands_and_is_as_large(person, dance):
    size = CONTROL_TOOLS["wan-animate"].size(*person.image.shape[1::-1])
    staged = stage_dance(dance.rotations(), dance.trans, 30.0, person, *size, keep_size=True)
    scale = staged.reference_to_canvas
    seen = person.xy @ scale[:, :2].T + scale[:, 2]
    assert staged.figure_scale == 1.0
    for joint in ("left_ankle", "right_ankle", "left_shoulder", "right_shoulder", "pelvis"):
        off = staged.xy[0, POINT[joint]] - seen[POINT[joint]]
        assert np.abs(off).max() < 0.06 * size[1], joint


def test_steadydancer_s_folder(person, dance, tmp_path):
    write_control(CONTROL_TOOLS["steadydancer"], dance, person, tmp_path / "c", SILENT)
    picture = cv2.imread(str(tmp_path / "c" / "ref_image.png"))
    drawn = {}
    for kind in ("positive", "negative"):
        files = sorted((tmp_path / "c" / kind).iterdir())
        assert [file.name for file in files] == [f"{n:04d}.jpg" for n in range(8)]
        drawn[kind] = cv2.imread(str(files[0]))
        assert drawn[kind].shape == picture.shape
    tall = [np.ptp(np.nonzero(drawn[kind].max(-1) > 60)[0]) for kind in ("positive", "negative")]
    assert tall[1] == pytest.approx(0.93 * tall[0], rel=0.03)


def test_scail_2_s_folder(person, dance, tmp_path):
    made = write_control(CONTROL_TOOLS["scail-2"], dance, person, tmp_path / "c", SILENT)
    assert made == {"size": "704x1280", "fps": 16.0, "frames": 8}
    rods, rate = frames(tmp_path / "c" / "rendered_v2.mp4")
    masks, _ = frames(tmp_path / "c" / "rendered_mask_v2.mp4")
    ref, mask = (cv2.imread(str(tmp_path / "c" / n)) for n in ("ref.png", "ref_mask.png"))
    assert rate == 16 and rods[0].shape == masks[0].shape == ref.shape == mask.shape
    blue = masks[0][..., 2] >= 225
    assert blue.any() and (masks[0][blue][:, :2] < 30).all()
    assert (blue == (rods[0].max(-1) > 40)).mean() > 0.995
    body = mask[..., 0] >= 225  # OpenCV reads blue first
    assert set(np.unique(mask)) == {0, 255} and 0.1 < body.mean() < 0.5
    assert (blue & body).sum() > 0.5 * blue.sum(), "the rods lie on the person"


def test_one_frame(person, dance, tmp_path):
    tool = CONTROL_TOOLS["steadydancer"]
    write_control(tool, dance.sliced(0, 1), person, tmp_path / "c", SILENT)
    assert len(list((tmp_path / "c" / "positive").iterdir())) == 1


def test_a_picture_without_a_person_is_refused_by_name(tmp_path):
    cv2.imwrite(str(tmp_path / "sky.png"), np.full((300, 200, 3), 200, dtype=np.uint8))
    with pytest.raises(UnsuitableInput, match=r"sky\.png"):
        found_person(tmp_path / "sky.png")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"control": "scail-2"}, "add --reference"),
        ({"reference": Path("me.png"), "output": Path("a.mp4")}, "goes with --control"),
        ({"control": "scail-2", "reference": Path("me.png"), "output": Path("a.mp4")}, "a folder"),
        ({"control": "sora", "reference": Path("me.png")}, "--control"),
        ({"control": "scail-2", "reference": Path("me.png"), "export": ("bvh",)}, "--export"),
    ],
)
def test_what_does_not_go_together_is_said(given, said, tmp_path):
    config = RenderConfig(**{"dance": Path("d.npz"), "output": Path("folder"), **given})
    with pytest.raises(BadUsage) as refused:
        config.validate()
    assert said in f"{refused.value.what} {refused.value.hint}"


def test_a_folder_that_is_there_stays(tmp_path):
    (tmp_path / "c").mkdir()
    config = RenderConfig(
        dance=Path("d.npz"), output=tmp_path / "c", control="scail-2", reference=PICTURE
    )
    with pytest.raises(BadUsage, match="exists"):
        config.validate()
