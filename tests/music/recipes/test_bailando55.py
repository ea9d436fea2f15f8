"""The 55 features beside librosa's own calls, written out plainly, on a real song."""

import numpy as np
import pytest

from pipelines.music.recipes.bailando55 import BAILANDO55
from pipelines.music.warm_up import import_librosa

librosa = import_librosa()


@pytest.fixture(scope="module")
def heard(sound):
    return BAILANDO55.of_samples(sound, 15360)


def test_it_is_what_librosa_gives(sound, heard):
    values = heard.values
    assert values.shape == (1 + len(sound) // 512, 55) and heard.fps == 30
    mel = librosa.feature.melspectrogram(y=sound, sr=15360)
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel, ref=np.max))
    harmonic, percussive = librosa.effects.hpss(sound)
    onset = librosa.onset.onset_strength(y=percussive, sr=15360, aggregate=np.median)
    chroma = librosa.feature.chroma_cqt(y=harmonic, sr=15360, n_octaves=5)
    _, beats = librosa.beat.beat_track(onset_envelope=onset, sr=15360)
    np.testing.assert_allclose(values[:, :20], mfcc.T, atol=1e-4)
    # A delta of width 3 is half the step from the frame before to the one behind.
    np.testing.assert_allclose(values[1:-1, 20:40], (mfcc[:, 2:] - mfcc[:, :-2]).T / 2, atol=1e-3)
    np.testing.assert_allclose(values[:, 40:52], chroma.T, atol=1e-5)
    np.testing.assert_allclose(values[:, 52], onset, atol=1e-5)
    assert np.flatnonzero(values[:, 53]).tolist() == beats.tolist() and len(beats) > 3
    assert set(np.unique(values[:, 53])) == {0.0, 1.0}


def test_the_tempograms_first_lag_says_next_to_nothing(heard):
    """Lag 0 of a normalised autocorrelation is 1 wherever there is any sound."""
    assert (heard.values[:, 54] == 1).mean() > 0.95


def test_golden_numbers_of_the_example_song(heard):
    means = heard.values.mean(0)
    np.testing.assert_allclose(means[[0, 1, 20, 40, 49, 52, 53]], GOLDEN, rtol=2e-3, atol=2e-3)


GOLDEN = [-543.5018, 115.6938, -0.4679, 0.2792, 0.6902, 2.6646, 0.0579]
