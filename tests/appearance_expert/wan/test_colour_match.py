import cv2
import numpy as np
import pytest

from pipelines.appearance_expert.wan.colour_match import delta_e, lab_statistics, matched


def clip(frames=17, seed=0, size=64):
    """Soft colour patches that drift about, as a dancer before a wall does."""
    random = np.random.default_rng(seed)
    wall = cv2.resize(random.uniform(0.25, 0.75, (4, 4, 3)).astype(np.float32), (size, size))
    video = np.repeat(wall[None], frames, axis=0)
    for index in range(frames):
        left = 10 + index
        video[index, 20:50, left : left + 12] = (0.7, 0.3, 0.3)
    return np.rint(video * 255).astype(np.uint8)


def tinted(frames, gain=1.0, shift=(0.0, 0.0, 0.0)):
    changed = (frames / 255.0 - 0.5) * gain + 0.5 + np.asarray(shift)
    return np.rint(np.clip(changed, 0, 1) * 255).astype(np.uint8)


def test_known_colours():
    white = lab_statistics(np.full((1, 8, 8, 3), 255, np.uint8))
    black = lab_statistics(np.zeros((1, 8, 8, 3), np.uint8))
    assert white.mean == pytest.approx([100, 0, 0], abs=0.1)
    assert delta_e(white, black) == pytest.approx(100, abs=0.1)
    assert delta_e(white, white) == 0


def test_an_unchanged_segment_stays_as_it_is():
    frames = clip()
    held = matched(frames, lab_statistics(frames), frames[:1])
    assert np.abs(held.astype(int) - frames).max() <= 1


@pytest.mark.parametrize("shift", [(0.03, 0.0, -0.02), (-0.02, 0.02, 0.02)])
def test_a_tint_is_taken_out(shift):
    frames = clip()
    drifted = tinted(frames, 1.04, shift)
    anchor = lab_statistics(frames)
    held = matched(drifted, anchor, frames[:5])
    assert delta_e(anchor, lab_statistics(drifted)) > 1.5
    assert delta_e(anchor, lab_statistics(held)) < 0.3
    assert np.abs(held.astype(int) - frames).mean() < 1.5


def test_no_jump_where_segments_meet():
    frames = clip(34)
    first, second = frames[:17], tinted(frames[16:], 1.0, (0.04, 0.04, 0.0))
    held = matched(second, lab_statistics(first), first[-1:])
    meeting = delta_e(lab_statistics(first[-1:]), lab_statistics(held[:1]))
    assert meeting < 0.3


def test_drift_does_not_add_up_over_many_segments():
    anchor = lab_statistics(clip())
    tail = clip()[-1:]
    drift = np.zeros(3)
    for _ in range(10):
        # Each segment starts in the colours of the tail that it continues and drifts on by 0.02.
        made = np.stack([
            tinted(frame[None], 1.0, drift + share * np.array([0.02, 0.02, 0.0]))[0]
            for frame, share in zip(clip(), np.linspace(0, 1, 17), strict=True)
        ])  # fmt: skip
        held = matched(made, anchor, tail)
        drift = (held[-1].astype(float) - clip()[-1]).mean(axis=(0, 1)) / 255
        tail = clip()[:1] + np.rint(drift * 255).astype(np.uint8)
    assert np.abs(drift).max() < 0.03


def test_a_real_change_of_the_picture_survives():
    frames = clip()
    night = tinted(frames, 0.3, (-0.2, -0.2, -0.15))
    held = matched(night, lab_statistics(frames), night[:1])
    assert delta_e(lab_statistics(frames), lab_statistics(held)) > 15


def test_frames_that_do_not_continue_the_tail_say_nothing_about_colour():
    anchor, made = lab_statistics(clip()), tinted(clip(seed=1), 1.0, (0.05, 0.0, -0.05))
    unrelated = clip(seed=2)[-1:]
    held = matched(made, anchor, unrelated)
    assert delta_e(anchor, lab_statistics(held)) < delta_e(anchor, lab_statistics(made))
