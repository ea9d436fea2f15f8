"""What a Motion Expert is: it hears a song's features and dances to it.

A new one is a folder and a row in `experts`: docs/how-to/motion-expert.md. Nothing heavy is
imported here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.options import option

if TYPE_CHECKING:
    from pipelines.motion.motion import Motion
    from pipelines.motion_expert.editing.kept import Kept
    from pipelines.motion_expert.editing.poses import PoseAt
    from pipelines.music.features import MusicFeatures
    from pipelines.support.progress import Progress

DANCE = "The dance"
"""Heading under which the dance's options stand in the help of `generate`."""
CONFIG_NAME = "motion_expert.json"
"""In an expert's folder, unless its row says otherwise; its key "expert" names the expert."""
MOST_CANDIDATES = 64
GENRES, CANDIDATES, STYLES_OVER_TIME = "genres", "candidates", "styles over time"
"""Abilities: to dance in a style that is asked for; to make several dances of one song at once; to
change styles within a song."""
EDITING = "editing"
"""The ability to dance anew a part of a given dance, and to meet given poses (`editing`)."""
ENERGY_OVER_TIME = "energy over time"
"""The ability to be calmer here and wilder there."""
LIKENESS = "likeness"
"""The ability to dance in the manner of a given dance."""
STAGING = "staging"
"""The ability to face where it is told, and to hold still."""


def own_panel(*experts: str) -> str:
    """The heading under which the options of an expert, or of some of them, stand."""
    return f"{DANCE} by --expert {' or '.join(experts)}"


TEMPO_CHANGE = option(
    0.2, "Bend the new dance's tempo by up to this share to bring its steps onto the beat.",
    low=0, high=0.5, metavar="SHARE", panel=own_panel("mace", "megadance", "infinitedance"),
)  # fmt: skip
TEMPERATURE = option(
    1.0, "How freely tokens are drawn; 0 takes the likeliest.", low=0, high=2, metavar="T",
    panel=own_panel("megadance", "infinitedance"),
)  # fmt: skip
TOP_K = option(
    0, "Draw from the K likeliest only.", low=0, shown="all", metavar="K",
    panel=own_panel("megadance", "infinitedance"),
)  # fmt: skip
BEAT_WEIGHT = option(
    None, "How much the beat counts; above 1 takes twice as long (mace: at beta 1).", low=1,
    high=10, shown="the network's own", metavar="W", panel=own_panel("mace", "megadance"),
    named="if given",
)  # fmt: skip


@dataclass(frozen=True)
class DanceRequest:
    """What to dance to, and how.

    Attributes:
        music: features (T, 35) at 30 fps, with the schema that made them: what beats, sections and
            bending are read from.
        styles: (second from which on, genre); none before the first: the expert's choice.
        seed: the only source of randomness.
        candidates: how many dances to make.
        feet: how they are tidied up (`foot_restoration.treatment`).
        kept: what of a given dance stays, to the bit; None: nothing is given.
        poses: single poses that are met.
        energies: (second from which on, 0 calm to 1 wild).
        like: a dance at 30 fps in whose manner it is to be danced.
        facings: (second from which on, degrees): which way the dancer faces, 0 the camera, 90 to
            the right of the picture.
        holds: [start, stop) in seconds, in which the dancer holds the pose.
        heard: the same seconds of the song by the recipe that the expert's row asks for; None: its
            network hears `music`.
    """

    music: MusicFeatures
    styles: tuple[tuple[float, str], ...] = ()
    seed: int = 0
    candidates: int = 1
    feet: str = "lock"
    kept: Kept | None = None
    poses: tuple[PoseAt, ...] = ()
    energies: tuple[tuple[float, float], ...] = ()
    like: Motion | None = None
    facings: tuple[tuple[float, float], ...] = ()
    holds: tuple[tuple[float, float], ...] = ()
    heard: MusicFeatures | None = None

    @property
    def directed(self) -> bool:
        """Whether more is said of the dance than song, styles and seed."""
        asked = self.poses or self.energies or self.facings or self.holds
        return self.kept is not None or self.like is not None or bool(asked)

    @property
    def frames(self) -> int:
        """Frames of the dance at 30 fps: as many as the music's."""
        return self.music.frames

    @property
    def only_style(self) -> str | None:
        """The one style of the whole song, or None; for experts that cannot change in between.

        Raises BadUsage where several are asked for.
        """
        if len(self.styles) > 1 or any(start > 0 for start, _ in self.styles):
            raise BadUsage("this Motion Expert dances a song in one style", "ask for one --genre")
        return self.styles[0][1] if self.styles else None

    def heard_as(self, schema: str) -> MusicFeatures:
        """The song as a network of that schema hears it; raises UnsuitableInput where it is not."""
        for one in (self.heard, self.music):
            if one is not None and one.schema == schema:
                return one
        raise UnsuitableInput(
            f"music features are {self.music.schema}, the Motion Expert needs {schema}"
        )


@dataclass(frozen=True)
class Danced:
    """One dance.

    Attributes:
        motion: exactly the frames that were asked for, at 30 fps, fit to be seen: on the floor, its
            planted feet still, unless the request leaves feet alone.
        facts: what is worth recording of it, JSON-able.
        measured: numbers that tell candidates from each other, by name; recorded of all of them.
    """

    motion: Motion
    facts: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, float | None] = field(default_factory=dict)


class Dancer(Protocol):
    """A loaded Motion Expert."""

    def dance(self, request: DanceRequest, progress: Progress) -> list[Danced]:
        """As many dances as the request has candidates; the same request gives the same bytes.

        Raises:
            UnsuitableInput: features of another schema, or weights that give no finite motion.
            BadUsage: a style that it does not know.
            OutOfResources: the song does not fit into memory.
        """
        ...


@dataclass(frozen=True)
class Cost:
    """What dances are estimated to take on two processor cores: seconds, and bytes of memory."""

    seconds: float
    memory: float

    def words(self) -> dict[str, str]:
        """For a plan."""
        return {"dance_time": f"≈ {self.seconds:.0f} s on two processor cores",
                "dance_memory": f"≈ {self.memory / 1e9:.1f} GB"}  # fmt: skip


@dataclass(frozen=True)
class Training:
    """How `train-motion` trains an expert, or makes one that needs no updates.

    Attributes:
        options: config class of its own options of `train-motion`.
        task: from the command's config, those options and the material (`training.material`) to
            what the training engine runs (`pipelines.training.task`). None where `make` is.
        stages: what of it is trained by runs of their own, in that order; the config's `stage` is
            one of them. () for an expert that is trained in one go.
        make: from the command's config, those options and a progress to what was made (`Made`).
        heeds: the command's options that mean something to `make`; others are refused.
        plan: from the command's config to what `make` would read, JSON-able.
        hears: from the command's config and those options to the name of the recipe
            (`music.recipes.table`) that its pairs need besides the 35 features, "" for none. Raises
            BadUsage. None: never any.
    """

    options: type[Any]
    task: Callable[..., Any] | None = None
    stages: tuple[str, ...] = ()
    make: Callable[..., Made] | None = None
    heeds: frozenset[str] = frozenset()
    plan: Callable[[Any], dict[str, Any]] | None = None
    hears: Callable[[Any, Any], str] | None = None


@dataclass(frozen=True)
class Made:
    """An expert that was made of dances without updates.

    Attributes:
        folder: what `generate --motion-model` takes.
        takes, minutes: of dance in it.
        left_out: one line per dance that is not, with the reason.
    """

    folder: Path
    takes: int
    minutes: float
    left_out: list[str]


def plain_name(genre: str) -> str:
    """A genre's name without case, spaces, hyphens and underscores, in which people differ."""
    return re.sub(r"[\s_-]+", "", genre.lower())


def genre_among(
    asked: str, known: Sequence[str], aliases: Mapping[str, str] | None = None
) -> tuple[str | None, str]:
    """The one of `known` that was asked for, however it is written, and a word about the nearest.

    Args:
        aliases: other name -> name, of which those count that are known.

    Returns:
        The name, or None with such as "did you mean 'house'? " where something is near.
    """
    names = {plain_name(name): name for name in known}
    for other, name in (aliases or {}).items():
        if name in known:
            names.setdefault(plain_name(other), name)
    found = names.get(plain_name(asked))
    close = difflib.get_close_matches(plain_name(asked), names, n=1) if found is None else []
    return found, f"did you mean {names[close[0]]!r}? " if close else ""


def find_genre(asked: str, known: Sequence[str]) -> str:
    """The expert's name of a genre, however it is written; raises BadUsage with the list."""
    found, nearest = genre_among(asked, known)
    if found is not None:
        return found
    names = ", ".join(known) or "none: leave --genre out"
    raise BadUsage(
        f"--genre {asked}: this Motion Expert does not know it", f"{nearest}known: {names}"
    )


@dataclass(frozen=True)
class Expert:
    """A row of the table of Motion Experts. The functions import what they need when called.

    Attributes:
        help: what it is, in a few words.
        options: config class of its own options of `generate`, its fields declared with `option`.
        load: from folder (None: the one that ships), device ("auto", "cpu", "cuda") and options to
            the dancer. Raises MissingAsset, UnsuitableInput.
        genres: what it can be asked for, from a folder or None; reads no weights.
        cost: from folder, options, seconds of music and candidates to an estimate.
        identity: from a folder or None to the digest of its weights, which no other expert's have;
            "" if there are none. A run is named by it.
        abilities: of GENRES, CANDIDATES, STYLES_OVER_TIME, EDITING, ENERGY_OVER_TIME, LIKENESS and
            STAGING those that it has; what it cannot do is refused.
        draft: whether its dances are no more than a draft; `generate` warns then.
        find_genre: from what was asked and its genres to one of them, where it knows other names.
        config_name: the JSON file by which its folder is known.
        check: for doctor: what ships, in words; raises MissingAsset if it is not whole, and does so
            with the standard library alone. None: nothing ships.
        training: how it is trained; None: not by `train-motion`.
        hears: from a folder or None to the schema of what its network hears of a song, of the table
            of recipes (`music.recipes.table`); None: the 35 features.
    """

    help: str
    options: type[Any]
    load: Callable[[Path | None, str, Any], Dancer]
    genres: Callable[[Path | None], tuple[str, ...]]
    cost: Callable[[Path | None, Any, float, int], Cost]
    identity: Callable[[Path | None], str]
    abilities: frozenset[str]
    draft: bool = False
    find_genre: Callable[[str, Sequence[str]], str] = find_genre
    config_name: str = CONFIG_NAME
    check: Callable[[], str] | None = None
    training: Training | None = None
    hears: Callable[[Path | None], str] | None = None
