"""Finding the dancer's "one" in windows of a made-up dance whose "one" is known."""

import numpy as np

from pipelines.motion.mirroring import mirror
from pipelines.rhythm.bar_alignment import BAR, align_bars, bar_spectra, mirror_spectra


def windows(ones, noise, seed=0):
    """Bars of one made-up basic step, each window counted from a song that knows no "one"."""
    random = np.random.default_rng(seed)
    step = random.normal(size=(3, 2, 151)) * [[[2]], [[3]], [[1]]]
    found = []
    for one in ones:
        count = np.arange(150) / 15 + random.uniform(0, BAR)
        angle = 2 * np.pi * (count - one)[:, None] * np.array([1, 2, 3]) / BAR
        x = np.einsum("th,hk->tk", np.cos(angle), step[:, 0])
        x += np.einsum("th,hk->tk", np.sin(angle), step[:, 1])
        found.append((x + noise * random.normal(size=x.shape) + random.normal(size=151), count))
    return found


def test_finds_what_was_called_one():
    ones = np.random.default_rng(1).integers(0, BAR, 60)
    aligned = align_bars(bar_spectra(windows(ones, noise=3.0)), ["salsa"] * 60)
    # Nobody can know which beat of the bar is the first; that all windows agree is what counts.
    assert len(set((aligned - ones) % BAR)) == 1


def test_each_style_has_a_bar_of_its_own():
    ones = np.random.default_rng(2).integers(0, BAR, 40)
    one_style, other = windows(ones[:20], 0.5, seed=3), windows(ones[20:], 0.5, seed=4)
    aligned = align_bars(bar_spectra(one_style + other), ["a"] * 20 + ["b"] * 20)
    assert len(set((aligned - ones)[:20] % BAR)) == 1
    assert len(set((aligned - ones)[20:] % BAR)) == 1


def test_a_song_without_beats_has_no_bar():
    silent = [(np.random.default_rng(0).normal(size=(50, 151)), np.full(50, np.nan))]
    spectra = bar_spectra(silent)
    assert not spectra.any()
    assert align_bars(spectra, ["a"])[0] in range(BAR)


def test_spectra_are_mirrored_like_the_dances():
    dances = windows([0, 1, 2], noise=1.0)
    expected = bar_spectra((mirror(x.astype(np.float32)), count) for x, count in dances)
    found = mirror_spectra(bar_spectra((x.astype(np.float32), count) for x, count in dances))
    np.testing.assert_allclose(found, expected, atol=1e-5)
