import numpy as np

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
