"""The shape of a Motion Expert, and the named presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from pipelines.motion_expert.interface import find_genre
from pipelines.rhythm.beat_clock import SIZE as CLOCK_SIZE

FINEDANCE_GENRES: tuple[str, ...] = (
    "Dai", "ShenYun", "Wei", "Korean", "Urban", "Hiphop", "Popping", "Miao", "HanTang",
    "Breaking", "Kun", "Locking", "Jazz", "Choreography", "Chinese", "DunHuang",
)  # fmt: skip
"""MACE-Dance's genre order; labels are matched without regard to case."""


@dataclass(frozen=True)
class MotionExpertConfig:
    """Sizes and switches of the network (docs/reference/motion-expert.md#network).

    Attributes:
        width: latent size. heads, feedforward: of the attention half of a dance block.
        dance_blocks, music_blocks: depth. state, conv, expand: of each Mamba layer.
        genres: label list; empty for a network that knows none.
        backbone: "bimamba", or the ablations "mamba" and "transformer".
        guidance: "gft" (takes beta as an input) or the ablation "cfg".
        null: "replace" as in the paper, "add" as the published code does
            (docs/reference/motion-expert.md#departures, 4).
        aligned_music: also add the music tokens frame by frame to the dance tokens. The paper's
            network meets the music in cross-attention alone, which has no notion of position;
            with minutes instead of hours of dance that is too little to learn alignment from.
        attention_reach: frames to either side that cross-attention sees; 0 sees the whole song.
            A short reach makes the cost linear in the song and a song look like its windows.
        preconditioned: start from the best linear guess that the spectrum of dance allows, and
            predict what it misses (`precondition`). The paper's network has to learn even that
            motion is smooth; with an hour of training there is no time for it.
        beat_clock: also hear the beats counted (`beat_clock`). The paper's network is left to count
            by itself.
        beat_gate: the clock also scales and shifts the dance tokens before every dance block, frame
            by frame. Where in a beat a foot is fast is nothing that could be added to its path: it
            multiplies what the path is already.
        beat_weight: what of the network's answer depends on where the beats lie counts so many
            times, unless `--beat-weight` says otherwise. Above 1 the network is asked twice a step:
            also what it would dance to the same song half a beat later.
    """

    width: int = 512
    heads: int = 8
    feedforward: int = 1024
    dropout: float = 0.1
    dance_blocks: int = 8
    music_blocks: int = 2
    state: int = 16
    conv: int = 4
    expand: int = 2
    motion_size: int = 151
    music_size: int = 35
    genres: tuple[str, ...] = FINEDANCE_GENRES
    backbone: Literal["bimamba", "mamba", "transformer"] = "bimamba"
    guidance: Literal["gft", "cfg"] = "gft"
    null: Literal["replace", "add"] = "replace"
    aligned_music: bool = False
    attention_reach: int = 0
    preconditioned: bool = False
    beat_clock: bool = False
    beat_gate: bool = False
    beat_weight: float = 1.0

    @property
    def heard_size(self) -> int:
        """Columns of what the network hears: the features, and the clock's hands."""
        return self.music_size + (CLOCK_SIZE if self.beat_clock else 0)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict that `from_json` turns back into an equal config."""
        return {**asdict(self), "genres": list(self.genres)}

    @staticmethod
    def from_json(values: dict[str, Any]) -> MotionExpertConfig:
        """The inverse of `to_json`; unknown keys raise TypeError."""
        return MotionExpertConfig(**{**values, "genres": tuple(values["genres"])})

    def with_genres(self, genres: tuple[str, ...]) -> MotionExpertConfig:
        """The same network for another label list."""
        return replace(self, genres=genres)

    def genre_index(self, label: str | None) -> int:
        """Index of a label, -1 for None; raises BadUsage with the list for an unknown one."""
        if label is None:
            return -1
        return self.genres.index(find_genre(label, self.genres))


PRESETS: dict[str, MotionExpertConfig] = {
    "paper": MotionExpertConfig(),
    "small": MotionExpertConfig(
        width=160, heads=4, feedforward=320, dropout=0.0, dance_blocks=4, music_blocks=2, state=8,
        aligned_music=True, attention_reach=45, preconditioned=True, beat_clock=True,
        beat_gate=True, beat_weight=2.0,
    ),
    "tiny": MotionExpertConfig(
        width=32, heads=2, feedforward=64, dance_blocks=2, music_blocks=1, state=4,
        aligned_music=True, attention_reach=45, preconditioned=True, beat_clock=True,
    ),
}  # fmt: skip
"""paper: the published sizes, 66.7 M parameters. small: what ships. tiny: seconds to train, for
trying things out."""
