"""By tempo and energy alone."""

import numpy as np

from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.plain_retrieval import tempo_and_energy
from pipelines.motion_expert.infinitedance.retrieval import places
from pipelines.motion_expert.infinitedance.windows import DanceBatch
from pipelines.music import layout


def pulsing(periods, energies, motion_periods=None):
    """Songs and dances that pulse, one window each."""
    time, count = np.arange(384), len(periods)
    music = np.zeros((count, 384, layout.WIDTH), np.float32)
    motion = np.zeros((count, 384, columns.WIDTH), np.float32)
    for n, (song, dance, energy) in enumerate(
        zip(periods, motion_periods or periods, energies, strict=True)
    ):
        music[n, :, layout.envelope] = (energy * (1 + np.cos(2 * np.pi * time / song)))[
            :, None
        ].reshape(music[n, :, layout.envelope].shape)
        motion[n, :, columns.velocities.start] = energy * (1 + np.cos(2 * np.pi * time / dance))
    none = np.zeros(count, dtype=np.int64)
    return DanceBatch(motion, music, none, np.arange(count))


def test_dances_of_the_song_s_own_tempo_and_energy_are_found():
    periods, energies = [9, 12, 15, 19, 24, 30], [3, 1, 6, 2, 5, 4]
    assert places(tempo_and_energy(pulsing(periods, energies))).tolist() == [1] * 6


def test_ones_of_the_opposite_are_not():
    periods, energies = [9, 12, 15, 19, 24, 30], [1, 1, 1, 1, 1, 1]
    place = places(tempo_and_energy(pulsing(periods, energies, periods[::-1])))
    assert float(place.double().mean()) > 3
