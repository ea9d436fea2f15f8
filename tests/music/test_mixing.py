"""The mixer: notes land at their sample, panned with even power, and the master holds its level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from pipelines.music.instruments import RATE
from pipelines.music.mixing import Mixer


def click(samples: int = 1) -> np.ndarray:
    return np.ones(samples, dtype=np.float32)


def tone(seconds: float, frequency: float = 440.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE).astype("f4")


def mastered(mixer: Mixer, seed: int = 0) -> np.ndarray:
    return mixer.mastered(np.random.default_rng(seed))


def highpassed(track: np.ndarray) -> np.ndarray:
    return sosfilt(butter(2, 28.0, "highpass", fs=RATE, output="sos"), track, axis=0)


def test_a_note_lands_at_the_nearest_sample() -> None:
    mixer = Mixer(1.0)
    mixer.add(click(), 0.25, 1.0)
    track = mastered(mixer)
    assert track.shape == (RATE, 2) and track.dtype == np.float32
    assert np.abs(track).argmax(axis=0).tolist() == [RATE // 4] * 2
    assert (track[: RATE // 4] == 0).all()


@settings(max_examples=15, deadline=None)
@given(pan=st.floats(-1, 1))
def test_panning_keeps_the_power(pan: float) -> None:
    mixer = Mixer(0.2)
    mixer.add(tone(0.1), 0.05, 1.0, pan)
    left, right = (mastered(mixer).astype(float) ** 2).sum(axis=0)
    # Mastering sets the loudness of both together: shares are what is left of the panning. The
    # soft limiter takes a little more from the louder side.
    assert left / (left + right) == pytest.approx(np.cos((pan + 1) * np.pi / 4) ** 2, abs=0.04)


def test_pan_ends_are_one_side_alone() -> None:
    mixer = Mixer(0.2)
    mixer.add(tone(0.1), 0.0, 1.0, pan=-1.0)
    left, right = np.abs(mastered(mixer)).max(axis=0)
    assert left > 0.1 and right < 1e-6


def test_gain_is_linear_between_notes() -> None:
    mixer = Mixer(1.0)
    mixer.add(tone(0.25), 0.2, 0.2)
    mixer.add(tone(0.25), 0.6, 0.05)
    # Undo the limiter, which is the only thing that is not linear.
    track = np.abs(np.arctanh(mastered(mixer)[:, 0].astype(float) / 0.97))
    first, second = (track[int(a * RATE) : int((a + 0.15) * RATE)].max() for a in (0.25, 0.65))
    assert first / second == pytest.approx(4.0, rel=1e-3)


def test_notes_add_up() -> None:
    def track(*times: float) -> np.ndarray:
        mixer = Mixer(0.5)
        for moment in times:
            mixer.add(tone(0.2), moment, 0.3)
        return np.arctanh(mastered(mixer)[: int(0.4 * RATE), 0].astype(float) / 0.97)

    both, first, second = track(0.05, 0.15), track(0.05), track(0.15)
    mix, *_ = np.linalg.lstsq(np.stack([first, second], 1), both, rcond=None)
    np.testing.assert_allclose(np.stack([first, second], 1) @ mix, both, atol=2e-4)
    assert (mix > 0.3).all()


def test_what_lies_behind_the_end_is_cut() -> None:
    mixer = Mixer(0.5)
    mixer.add(tone(1.0), 0.4, 1.0)
    mixer.add(tone(1.0), 0.5, 1.0)
    mixer.add(tone(1.0), 9.0, 1.0)
    track = mastered(mixer)
    assert track.shape == (RATE // 2, 2)
    assert (track[: int(0.4 * RATE)] == 0).all()


@pytest.mark.parametrize("gain", [0.01, 0.3, 5.0])
def test_loudness_does_not_depend_on_the_gain(gain: float) -> None:
    mixer = Mixer(2.0)
    mixer.add(tone(2.0), 0.0, gain)
    track = mastered(mixer)
    assert np.sqrt((track.astype(float) ** 2).mean()) == pytest.approx(0.16, rel=0.05)


def test_a_lone_loud_peak_is_bent_over_below_full_scale() -> None:
    mixer = Mixer(2.0)
    mixer.add(click(40), 1.0, 100.0)
    assert 0.9 < np.abs(mastered(mixer)).max() <= 0.97


def test_silence_stays_silent() -> None:
    assert (mastered(Mixer(0.3)) == 0).all()


def test_the_end_fades_over_thirty_milliseconds() -> None:
    mixer = Mixer(1.0)
    mixer.add(tone(1.0, 1000.0), 0.0, 0.5)
    track = np.abs(mastered(mixer)[:, 0])
    loud = [track[RATE - a : RATE - b].max() for a, b in ((2880, 1440), (960, 720), (240, 0))]
    assert loud[1] == pytest.approx(loud[0] * 2 / 3, rel=0.05)
    assert loud[2] < 0.2 * loud[0] and track[-1] == 0


def test_below_hearing_is_taken_out() -> None:
    mixer = Mixer(2.0)
    mixer.add(tone(2.0, 8.0), 0.0, 1.0)
    mixer.add(tone(2.0, 200.0), 0.0, 1.0)
    power = np.abs(np.fft.rfft(mastered(mixer)[:, 0])) ** 2
    at = [power[int(f * 2) - 2 : int(f * 2) + 3].sum() for f in (8, 200)]
    assert at[0] < 0.02 * at[1]


def test_reverb_follows_the_note_decays_and_is_drawn_from_the_generator() -> None:
    def track(send: float, seed: int = 0) -> np.ndarray:
        mixer = Mixer(1.2)
        mixer.add(click(20), 0.1, 0.5, send=send)
        return mastered(mixer, seed)

    dry, wet = track(0.0), track(1.0)
    early, late = slice(int(0.13 * RATE), int(0.33 * RATE)), slice(int(0.8 * RATE), RATE)
    assert np.abs(dry[late]).max() < 1e-4
    loudness = [np.sqrt((wet[part].astype(float) ** 2).mean()) for part in (early, late)]
    assert loudness[0] > 3 * loudness[1] > 3e-4
    assert np.abs(wet[: int(0.1 * RATE) - 1]).max() < 1e-9
    np.testing.assert_array_equal(wet, track(1.0))
    assert np.abs(wet - track(1.0, seed=1)).max() > 0.01
    # The two sides hear different walls.
    assert abs(np.corrcoef(wet[early].T)[0, 1]) < 0.5


def test_the_tail_dies_by_its_time_constant() -> None:
    mixer = Mixer(1.5)
    mixer.add(click(20), 0.0, 0.01, send=1.0)
    tail = highpassed(mastered(mixer).astype(float))
    energy = (tail.reshape(30, -1, 2) ** 2).mean(axis=(1, 2))[2:20]
    slope = np.polyfit(np.arange(len(energy)) * 0.05, np.log(energy), 1)[0]
    assert slope == pytest.approx(-2 / 0.28, rel=0.1)
