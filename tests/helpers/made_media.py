"""Small media that are drawn and sounded here."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipelines.media.video_writer import VideoWriter

WIDTH, HEIGHT = 64, 48


def picture(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A grey ramp that tells left from right, with a brightness that tells the frame."""
    ramp = np.linspace(0, 120, width)[None, :, None] + np.zeros((height, 1, 3))
    return (ramp + index % 100).astype(np.uint8)


def tone(path: Path, seconds: float, rate: int = 22050, start_of_tone: float = 0.0) -> Path:
    """A mono 440 Hz wav that is silent before `start_of_tone`."""
    times = np.arange(round(seconds * rate)) / rate
    samples = np.where(times >= start_of_tone, np.sin(2 * np.pi * 440 * times), 0) * 20000
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(rate)
        stream.writeframes(samples.astype("<i2").tobytes())
    return path


def grey_video(path: Path, frames: int, fps: Fraction = Fraction(30), **options) -> Path:
    """A video of so many pictures."""
    with VideoWriter(path, WIDTH, HEIGHT, fps, **options) as video:
        for index in range(frames):
            video.write(picture(index))
    return path
