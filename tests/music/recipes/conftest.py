"""A piece of the example song, for all recipes that are held against librosa's own calls."""

from pathlib import Path

import pytest

from pipelines.media.audio import load_audio

SONG = Path(__file__).parents[3] / "examples" / "song.wav"


@pytest.fixture(scope="session")
def sound():
    """(61440,) four seconds at 15 360 Hz."""
    return load_audio(SONG, 15360, 1.0, 4.0)
