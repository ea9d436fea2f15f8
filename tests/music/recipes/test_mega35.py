"""MEGADance's own 35 features beside librosa's own calls, on a real song."""

import numpy as np
import pytest

from pipelines.music.recipes.mega35 import MEGA35
from pipelines.music.warm_up import import_librosa

librosa = import_librosa()


@pytest.fixture(scope="module")
def values(sound):
    return MEGA35.of_samples(sound, 15360).values


def test_it_is_what_librosa_gives(sound, values):
    assert values.shape == (1 + len(sound) // 512, 35)
    mel = librosa.feature.melspectrogram(y=sound, sr=15360)
    harmonic, percussive = librosa.effects.hpss(sound)
    onset = librosa.onset.onset_strength(y=percussive, sr=15360, aggregate=np.median)
    chroma = librosa.feature.chroma_cqt(y=harmonic, sr=15360, n_octaves=4)
    _, beats = librosa.beat.beat_track(onset_envelope=onset, sr=15360)
    peaks = librosa.util.peak_pick(
        onset, pre_max=3, post_max=3, pre_avg=3, post_avg=5, delta=0.5, wait=10
    )
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel, ref=np.max))
    np.testing.assert_allclose(values[:, :20], mfcc.T, atol=1e-4)
    np.testing.assert_allclose(values[:, 20:32], chroma.T, atol=1e-5)
    np.testing.assert_allclose(values[:, 32], onset, atol=1e-5)
    assert np.flatnonzero(values[:, 33]).tolist() == beats.tolist() and len(beats) > 3
    assert np.flatnonzero(values[:, 34]).tolist() == peaks.tolist() and len(peaks) > 3


def test_golden_numbers_of_the_example_song(values):
    np.testing.assert_allclose(
        values.mean(0)[[0, 1, 20, 29, 32, 33, 34]], GOLDEN, rtol=2e-3, atol=2e-3
    )


GOLDEN = [-543.5018, 115.6938, 0.2815, 0.6980, 2.6646, 0.0579, 0.0661]
