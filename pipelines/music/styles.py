"""What each style plays: drum patterns in sixteenths of a bar of four beats, chords, voices.

A pattern is 16 characters: `X` loud, `x` medium, `o` soft, `.` silent.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """A way to play.

    Attributes:
        drums: instrument name to pattern; "kick" and its like are looked up in `compose`.
        bass: (sixteenth, length in sixteenths, semitones above the chord's root).
        chord_hits: pattern of the chord instrument.
        chord_voice: "piano", "pluck" or "pad".
        lead_voice: instrument of the melody.
        progressions: per choice, the chord of each bar as (semitones above the key, "major" or
            "minor").
        swing: how late the off-beat sixteenths come, as a share of a sixteenth.
        bright_bass: a harder bass sound.
    """

    drums: dict[str, str]
    bass: tuple[tuple[int, int, int], ...]
    chord_hits: str
    chord_voice: str
    lead_voice: str
    progressions: tuple[tuple[tuple[int, str], ...], ...]
    swing: float = 0.0
    bright_bass: bool = False


_AXIS = ((0, "major"), (7, "major"), (9, "minor"), (5, "major"))
_DOO_WOP = ((0, "major"), (9, "minor"), (5, "major"), (7, "major"))
_SAD = ((9, "minor"), (5, "major"), (0, "major"), (7, "major"))
_ANDALUSIAN = ((0, "minor"), (10, "major"), (8, "major"), (7, "major"))
_MONTUNO = ((0, "minor"), (5, "minor"), (7, "major"), (0, "minor"))
_VAMP = ((0, "minor"), (0, "minor"), (8, "major"), (10, "major"))
_PLAGAL = ((0, "major"), (5, "major"), (0, "major"), (7, "major"))

STYLES: dict[str, Style] = {
    "salsa": Style(
        drums={
            "kick": "X.....o.X.....o.",
            "clave": "X..x..X...X.X...",
            "conga_slap": "....X.......x...",
            "conga": "......oo......XX",
            "shaker": "X.o.X.o.X.o.X.o.",
        },
        bass=((0, 3, 0), (6, 5, 7), (12, 4, 0)),
        chord_hits="X..x.x.x..x.x.x.",
        chord_voice="piano",
        lead_voice="lead",
        progressions=(_MONTUNO, _ANDALUSIAN, _PLAGAL),
    ),
    "house": Style(
        drums={
            "kick": "X...X...X...X...",
            "clap": "....X.......X...",
            "hat": "o.....o.o.....o.",
            "hat_open": "..X...X...X...X.",
            "shaker": "o.ooo.ooo.ooo.oo",
        },
        bass=((2, 2, 0), (6, 2, 0), (10, 2, 0), (14, 2, 12)),
        chord_hits="x..x..x...x..x..",
        chord_voice="piano",
        lead_voice="pluck",
        progressions=(_VAMP, _SAD, _ANDALUSIAN),
        bright_bass=True,
    ),
    "hiphop": Style(
        drums={
            "kick": "X..o....o.X.....",
            "snare": "....X.......X...",
            "hat": "X.o.x.o.X.o.x.oo",
            "rim": ".......o........",
        },
        bass=((0, 4, 0), (4, 2, 0), (8, 3, 0), (12, 4, 7)),
        chord_hits="X.......x.......",
        chord_voice="piano",
        lead_voice="pluck",
        progressions=(_VAMP, _SAD, _ANDALUSIAN),
        swing=0.25,
    ),
    "pop": Style(
        drums={
            "kick": "X...o...X..oo...",
            "snare": "....X.......X...",
            "hat": "X.o.X.o.X.o.X.o.",
        },
        bass=((0, 2, 0), (2, 2, 0), (4, 2, 0), (6, 2, 0), (8, 2, 0), (10, 2, 0), (12, 2, 0),
              (14, 2, 7)),
        chord_hits="X.......x...x...",
        chord_voice="pad",
        lead_voice="lead",
        progressions=(_AXIS, _SAD, _DOO_WOP),
    ),
    "folk": Style(
        drums={
            "kick": "X...o...X...o...",
            "rim": "....x.......x...",
            "shaker": "X.o.X.o.X.o.X.oo",
        },
        bass=((0, 4, 0), (4, 3, 7), (8, 4, 0), (12, 3, 7)),
        chord_hits="x.o.X.o.x.o.X.oo",
        chord_voice="pluck",
        lead_voice="pluck",
        progressions=(_PLAGAL, _AXIS, _DOO_WOP),
    ),
}  # fmt: skip
