"""The one clock of InfiniteDance: tokens, latents, frames of motion and frames of music.

    9 tokens = 3 latents = 12 frames of motion at 30 Hz = 10 frames of music at 25 Hz = 0.4 s

docs/reference/infinitedance.md#one-clock. Everything that is cut or moved in time moves by whole
cells of 0.4 s, so that nothing is ever rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.support.errors import UnsuitableInput

FRAMES_PER_LATENT = 4
TOKENS_PER_LATENT = 3
MUSIC_HZ = 25.0
_FRAMES, _LATENTS, _TOKENS, _MUSIC = 12, 3, 9, 10


@dataclass(frozen=True)
class Span:
    """A length of so many cells of 0.4 s, in every unit."""

    cells: int

    @property
    def frames(self) -> int:
        """Of motion, at 30 Hz."""
        return self.cells * _FRAMES

    @property
    def latents(self) -> int:
        """Of the tokenizer, 4 frames each."""
        return self.cells * _LATENTS

    @property
    def tokens(self) -> int:
        """Three to a latent."""
        return self.cells * _TOKENS

    @property
    def music(self) -> int:
        """States of the music, at 25 Hz."""
        return self.cells * _MUSIC

    def rows(self, hz: float) -> int:
        """Of music features at 30 or 25 a second."""
        return round(self.cells * _MUSIC * hz / MUSIC_HZ)

    @staticmethod
    def of_rows(rows: int, hz: float) -> Span:
        """The span of exactly so many rows; raises UnsuitableInput if they are no whole cells."""
        span = Span(max(1, round(rows * MUSIC_HZ / hz / _MUSIC)))
        if span.rows(hz) != rows:
            raise UnsuitableInput(f"{rows} rows of music at {hz:g} a second are no whole cells")
        return span

    @staticmethod
    def of_frames(frames: int) -> Span:
        """The span of exactly so many frames; raises UnsuitableInput if they are no whole cells."""
        cells, rest = divmod(frames, _FRAMES)
        if rest or cells < 1:
            raise UnsuitableInput(f"{frames} frames are not whole cells of {_FRAMES}")
        return Span(cells)

    @staticmethod
    def covering(frames: int) -> Span:
        """The shortest span that holds so many frames."""
        return Span(max(1, -(-frames // _FRAMES)))


WINDOW = Span(32)
"""What the generator sees at once: 384 frames, 96 latents, 288 tokens, 320 music states, 12.8 s."""
STEP = Span(20)
"""How far a window of a long song lies behind the one before: 8 s, so that 4.8 s overlap."""


def window_starts(whole: Span, window: Span = WINDOW, step: Span = STEP) -> list[int]:
    """The cells at which the windows of a song begin; the last is moved back to end with the song.

    Raises UnsuitableInput for a song shorter than a window.
    """
    if whole.cells < window.cells:
        raise UnsuitableInput(
            f"{whole.frames / 30:.1f} s are shorter than a window of {window.frames / 30:.1f} s"
        )
    last = whole.cells - window.cells
    return [*range(0, last, step.cells), last]
