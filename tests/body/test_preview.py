import numpy as np
import pytest

from pipelines.body.preview import contact_sheet, render_preview, stick_frames
from pipelines.body.rotations import axis_angle_to_matrix

POSES = np.zeros((6, 24, 3))
POSES[:, 0, 0] = np.pi / 2
ROTATIONS = axis_angle_to_matrix(POSES)
TRANS = np.tile([0.0, 0.0, 0.95], (6, 1))


def test_left_is_blue_and_on_the_right_of_the_picture():
    frame = next(stick_frames(ROTATIONS, TRANS, 200, 270)).astype(int)
    blue = (frame[..., 2] - frame[..., 0]) > 100
    red = (frame[..., 0] - frame[..., 2]) > 100
    assert np.nonzero(blue)[1].mean() > np.nonzero(red)[1].mean() + 20


def test_a_sheet_holds_every_frame_in_order():
    frames = [np.full((10, 20, 3), 10 * k, dtype=np.uint8) for k in range(5)]
    sheet = contact_sheet(frames, columns=2, gap=1)
    assert sheet.shape == (3 * 11 + 1, 2 * 21 + 1, 3)
    assert [int(sheet[1 + 11 * (k // 2), 1 + 21 * (k % 2), 0]) for k in range(5)] == [
        0, 10, 20, 30, 40,
    ]  # fmt: skip


def test_preview_file_is_written_for_any_length(tmp_path):
    for frames in (1, 6):
        path = tmp_path / f"{frames}.png"
        render_preview(ROTATIONS[:frames], TRANS[:frames], path, pictures=4, columns=2)
        assert path.stat().st_size > 1000


@pytest.mark.parametrize("view", ["front", "side", "orbit", "follow"])
def test_every_view_has_a_picture_per_frame_with_the_whole_figure(view):
    frames = list(stick_frames(ROTATIONS, TRANS, 120, 160, view=view))
    assert len(frames) == 6
    for frame in frames:
        assert frame.shape == (160, 120, 3) and frame.dtype == np.uint8
        drawn = np.abs(frame.astype(int) - (250, 249, 246)).max(-1) > 60
        rows, columns = np.nonzero(drawn)
        assert rows.min() > 0 and rows.max() < 159 and columns.min() > 0 and columns.max() < 119


def test_a_figure_stands_head_up_on_its_floor():
    frame = next(stick_frames(ROTATIONS, TRANS, 200, 270)).astype(int)
    coloured = np.ptp(frame, axis=-1) > 60
    legs = np.nonzero(coloured)[0].max()
    grey = (np.ptp(frame, axis=-1) < 12) & (frame.max(-1) < 120)
    head = np.nonzero(grey)[0].min()
    assert head < 60 < 200 < legs


def test_a_dance_that_travels_keeps_the_floor_still():
    """From the front the camera is fixed, so the grid behind the dancer never moves."""
    walking = TRANS.copy()
    walking[:, 0] = np.linspace(-0.5, 0.5, 6)
    frames = np.stack(list(stick_frames(ROTATIONS, walking, 200, 270)))
    assert (frames[:, :20] == frames[0, :20]).all()
    assert (frames[1:] != frames[:-1]).any((1, 2, 3)).all()


def test_a_long_way_off_the_floor_does_not_wrap_round():
    far = TRANS.copy()
    far[:, 1] -= 40
    for frame in stick_frames(ROTATIONS, far, 120, 160):
        assert (frame == (250, 249, 246)).all(-1).mean() > 0.5


def test_the_sheet_is_white_where_there_is_no_picture():
    frames = [np.zeros((4, 5, 3), np.uint8)] * 3
    sheet = contact_sheet(frames, columns=2, gap=1)
    assert (sheet[6:10, 7:12] == 255).all() and (sheet[0] == 255).all()
    one = contact_sheet(frames[:1], columns=1, gap=0)
    np.testing.assert_array_equal(one, frames[0])


def test_a_preview_spreads_its_pictures_over_the_dance(tmp_path):
    import cv2

    turning = POSES.copy()
    turning[:, 16, 2] = np.linspace(-1.2, 1.2, 6)
    render_preview(axis_angle_to_matrix(turning), TRANS, tmp_path / "a.png", pictures=3, columns=3)
    sheet = cv2.imread(str(tmp_path / "a.png"))[..., ::-1]
    assert sheet.shape == (270 + 8, 3 * 204 + 4, 3)
    first, middle, last = (sheet[4:274, 4 + 204 * k : 204 + 204 * k] for k in range(3))
    assert (first != middle).any() and (middle != last).any()
