"""What `generate` is asked to do, and what can be refused before any file is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.appearance_expert.experts import AUTO
from pipelines.appearance_expert.experts import EXPERTS as APPEARANCE_EXPERTS
from pipelines.appearance_expert.experts import own_options as own_drawing_options
from pipelines.appearance_expert.interface import WAN
from pipelines.datasets.split_names import check_split, split_option
from pipelines.generation.direction import Direction, directed
from pipelines.media.shape import parse_size
from pipelines.motion_expert.editing.joint_groups import JOINT_GROUPS
from pipelines.motion_expert.experts import DEFAULT as DEFAULT_MOTION_EXPERT
from pipelines.motion_expert.experts import EXPERTS as MOTION_EXPERTS
from pipelines.motion_expert.experts import expert_of, model_folder, offered_styles
from pipelines.motion_expert.interface import DANCE, MOST_CANDIDATES, Expert
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.options import check, declared, distinct, option, taken
from pipelines.workspace import options as common

MUSIC, PICTURE, VIDEO = "The music", "The person", "The video"
EDIT = "A part of a dance"
DANCE_INPUTS = ("song", "motion")
INPUTS = ("picture", "ref_keypoints", "ref_mask")
_JOINTS = tuple(JOINT_GROUPS)
_SHORTEST, _LONGEST = 2, 600
LABEL = "label"
"""The style that asks for that of a data set's label."""

_MOTION_SUFFIXES = (".npz", ".bvh")


def own_options() -> list[type[Any]]:
    """The option classes of all experts that `generate` offers."""
    tables = (MOTION_EXPERTS, APPEARANCE_EXPERTS)
    return [row.options for table in tables for row in table.values()]


def _who_knows(given: Mapping[str, Any], chosen: str) -> str:
    """The way out for who gave an option that the chosen Motion Expert does not know."""
    options = {name: {one.name for one in declared(row.options)}
               for name, row in MOTION_EXPERTS.items()}  # fmt: skip
    foreign = set(given) - options[chosen]
    knowing = [name for name, known in options.items() if foreign and foreign <= known]
    return f"--expert {' or '.join(knowing)} knows it" if knowing else "leave one of them out"


@dataclass(frozen=True)
class GenerateConfig:
    """What `generate` is asked to do; `option` says what each field is."""

    song: Path | None = option(
        None, "Any file with sound that ffmpeg reads, a folder of them, or a data set.",
        metavar="SONG",
        positional=True, named=False,
    )  # fmt: skip
    picture: Path | None = option(
        None, "A picture of one person, or a folder of them.", metavar="PICTURE",
        positional=True, named=False,
    )  # fmt: skip
    output: Path | None = option(
        None, "The video to write; of folders, a folder.", shown="SONG-PICTURE.mp4", short="-o",
        metavar="FILE.mp4", named=False,
    )  # fmt: skip
    force: bool = common.force()
    by_name: bool = option(
        False, "Of folders, pair songs and pictures of one name, not each with each.", named=False
    )
    split: str | None = split_option(
        "Of a data set as downloaded: train, val+test, dancer-test ..., or all.",
        "test, where there is one", named=False,
    )  # fmt: skip
    shard: str | None = common.shard("pairs")
    start: float = option(
        0.0, "Begin this far into the song: 45 or 0:45.", low=0, shown="0 s", metavar="TIME",
        panel=MUSIC, clock=True,
    )  # fmt: skip
    duration: float | None = option(
        None, "Take this much of it.", low=_SHORTEST, high=_LONGEST, shown="to its end",
        metavar="TIME", panel=MUSIC, clock=True,
    )  # fmt: skip
    genre: str | None = option(
        None,
        'Dance in this style; also over time, as "house@0,krump@0:16"; of a data set also '
        f'"{LABEL}", as each song is labelled. '
        f"Of {DEFAULT_MOTION_EXPERT}: {', '.join(offered_styles())}.",
        shown="the expert's choice",
        metavar="NAME",
        panel=DANCE,
    )
    candidates: int = option(
        1, "Try N dances and keep the one that fits the beat best.", low=1,
        high=MOST_CANDIDATES, panel=DANCE,
    )  # fmt: skip
    show: bool = option(
        False, "Keep all of --candidates to choose from, beside the best one.", panel=DANCE,
        named="if given",
    )  # fmt: skip
    expert: str | None = option(
        None, "Who dances.", choices=tuple(MOTION_EXPERTS), panel=DANCE, named=False,
        shown=f"{DEFAULT_MOTION_EXPERT}, or whose --motion-model is",
    )  # fmt: skip
    motion_model: Path | None = option(
        None, "A Motion Expert of train-motion: folder or run.", shown="the one that ships",
        metavar="FOLDER",
        panel=DANCE,
    )  # fmt: skip
    motion: Path | None = option(
        None, "Dance this motion file instead of making a new dance.", panel=DANCE, named=False
    )
    motion_from: Path | None = option(
        None, "Dance what the dancer of this video dances.", metavar="VIDEO", panel=DANCE,
        named=False,
    )  # fmt: skip
    motion_out: Path | None = option(
        None, "Also write the dance to this .npz or .bvh.", panel=DANCE, named=False
    )
    feet: str | None = common.feet(None, DANCE, shown="lock; none for a given dance")
    motion_only: bool = option(
        False, "Stop after the dance; needs no picture.", panel=DANCE, named=False
    )
    edit: Path | None = option(
        None, "Make this dance anew in part; the rest stays as it is (docs/editing.md).",
        metavar="DANCE", panel=EDIT, named=False,
    )  # fmt: skip
    redo: tuple[str, ...] = option(
        (), "Dance these seconds of it anew: 8:12.5, or 1:05-1:20; may be given again.",
        metavar="FROM:TO", panel=EDIT, named="if given",
    )  # fmt: skip
    keep: tuple[str, ...] = option(
        (), "Keep these seconds of it, the rest is new; may be given again.",
        metavar="FROM:TO", panel=EDIT, named="if given", variable="MACEDANCE_KEEP_SECONDS",
    )  # fmt: skip
    keep_joints: tuple[str, ...] = option(
        (), "Keep these joints of it, and dance the others anew; may be given again.",
        choices=_JOINTS, panel=EDIT, named="if given",
    )  # fmt: skip
    pose: tuple[str, ...] = option(
        (), "Meet the pose of a motion file at this second; FILE@TIME for a moment of a dance.",
        metavar="TIME=FILE", panel=EDIT, named=False,
    )  # fmt: skip
    energy_at: str | None = option(
        None, 'How calm, 0, or wild, 1, over time, as "0.3@0,0.9@0:16".', panel=EDIT,
        named="if given", metavar="E@TIME,...",
    )  # fmt: skip
    facing: str | None = option(
        None, 'Which way to face over time, as "left@0:08,front@0:12": front, left, right, back of '
        "the picture, or degrees to its right.", panel=EDIT, named="if given",
        metavar="WAY@TIME,...",
    )  # fmt: skip
    hold: tuple[str, ...] = option(
        (), "Hold still in these seconds, from beat to beat; may be given again.",
        metavar="FROM:TO", panel=EDIT, named="if given",
    )  # fmt: skip
    like: Path | None = option(
        None, "Dance in the manner of this dance, to any song.", metavar="DANCE", panel=EDIT,
        named=False,
    )  # fmt: skip
    plan: Path | None = option(
        None, "A storyboard that says over time what these flags say (docs/editing.md).",
        metavar="FILE.toml", panel=EDIT, named=False,
    )  # fmt: skip
    bars: bool = option(
        False, "With --dry-run, print the song's bars and sections as a storyboard.",
        panel=EDIT, named=False,
    )  # fmt: skip
    page: bool = option(
        False, "Also write a page beside it: the dance from all sides (docs/page.md).",
        panel=DANCE, named=False,
    )  # fmt: skip
    ref_keypoints: Path | None = option(
        None, "The person's pose, where none is found (docs/formats.md).", metavar="FILE.json",
        panel=PICTURE, named=False,
    )  # fmt: skip
    ref_mask: Path | None = option(
        None, "The person's outline: white on black, as large as the picture.",
        metavar="FILE.png", panel=PICTURE, named=False,
    )  # fmt: skip
    preview: Path | None = option(
        None, "Draw the pose that is found in PICTURE; with --dry-run, too.",
        metavar="FILE.png", panel=PICTURE, named=False,
    )  # fmt: skip
    appearance: str = option(
        "auto", "Who draws the video; puppet and tiny make drafts without a GPU.",
        choices=(AUTO, *APPEARANCE_EXPERTS), panel=VIDEO,
    )  # fmt: skip
    fps: float = option(
        MOTION_FPS, "Frames per second.", low=1, high=120, metavar="FPS", panel=VIDEO
    )
    size: str | None = option(
        None, "Such as 540x960, or 960 for the longer side.", shown="960", metavar="WxH",
        panel=VIDEO,
    )  # fmt: skip
    model: str | None = option(
        None, "Folder or hub id of its weights.", metavar="FOLDER", panel=WAN
    )
    seed: int = common.seed()
    device: str = common.device()
    workspace: Path = common.workspace()
    options: Mapping[str, Any] = field(default_factory=dict)
    """Own options of the experts that were given, by name."""

    def validate(self) -> GenerateConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        check(self)
        check_split(self.split)
        if self.song is None:
            raise BadUsage("no song given", "macedance generate SONG PICTURE -o OUT.mp4")
        if not self.motion_only:
            self._validate_video()
        elif self.preview is not None:
            raise BadUsage("--preview shows a picture's pose, and --motion-only needs none")
        elif self.motion_out is None and not self.bars:
            raise BadUsage("--motion-only needs --motion-out", "such as --motion-out dance.bvh")
        elif self.output is not None:
            raise BadUsage(f"--motion-only writes no video, so -o {self.output} is for nothing")
        if self.motion is not None and self.motion_from is not None:
            raise BadUsage("--motion and --motion-from both name a dance", "leave one of them out")
        if self.motion_from is not None and not self.motion_from.is_file():
            raise UnsuitableInput(f"{self.motion_from}: no such video", "--motion-from names one")
        if self.start == math.inf:
            raise BadUsage(f"--start {self.start:g}: not a time in seconds", "give 0 or more")
        self._refuse_for_one()
        self._validate_targets()
        if self.show and self.candidates < 2:
            raise BadUsage("--show keeps all candidates, and there is one", "add --candidates 8")
        self._validate_direction()
        self.dance_options()
        return self

    def _refuse_for_one(self) -> None:
        for flag, given in (("--by-name", self.by_name), ("--shard", self.shard is not None)):
            if given:
                raise BadUsage(f"{flag} is for many", "give a folder of songs or of pictures")
        for flag, given in (
            ("--split", self.split is not None),
            ("--genre label", self.genre == LABEL),
        ):
            if given:
                raise BadUsage(f"{flag} is of a data set", "give one as downloaded for SONG")

    @property
    def many(self) -> bool:
        """Whether folders of songs or pictures were given."""
        places = (self.song, None if self.motion_only else self.picture)
        return any(place is not None and place.is_dir() for place in places)

    def with_output(self) -> GenerateConfig:
        """The same request with a name for the video, made from song and picture, if it has none.

        To be asked of one that is valid.
        """
        if self.output is not None or self.song is None or self.picture is None or self.motion_only:
            return self
        return replace(self, output=Path(f"{self.song.stem}-{self.picture.stem}.mp4"))

    def motion_expert(self) -> tuple[str, Expert]:
        """Name and row of the Motion Expert; raises BadUsage where name and folder disagree."""
        name = expert_of(self.expert, self.motion_folder())
        return name, MOTION_EXPERTS[name]

    def motion_folder(self) -> Path | None:
        """Where the Motion Expert lies; None: it ships. Raises MissingAsset where it is not."""
        return model_folder(self.motion_model, self.workspace)

    def dance_options(self) -> Any:
        """The Motion Expert's own options; raises BadUsage for those that it does not know."""
        name, row = self.motion_expert()
        drawing = self.drawing_given()
        given = {option: value for option, value in self.options.items() if option not in drawing}
        return taken(row.options, given, f"--expert {name}", _who_knows(given, name)).validate()

    def drawing_given(self) -> dict[str, Any]:
        """Of the own options those of Appearance Experts."""
        known = {one.name for one in distinct(row.options for row in APPEARANCE_EXPERTS.values())}
        return {option: value for option, value in self.options.items() if option in known}

    def drawing_options(self) -> dict[str, Any]:
        """Own options of each Appearance Expert that --appearance may come to mean.

        Raises BadUsage for those that none of them knows, MissingAsset for files that they name.
        """
        return own_drawing_options(self.appearance, self.drawing_given())

    def resolved(self) -> GenerateConfig:
        """The same request with what it leaves to the experts' defaults, for the record."""
        name, _ = self.motion_expert()
        drawing = {} if self.motion_only else self.drawing_options()
        own = {
            one.name: getattr(options, one.name)
            for options in (self.dance_options(), *drawing.values())
            for one in declared(type(options))
        }
        return replace(self, expert=name, options=own)

    def direction(self) -> Direction:
        """What is given of the dance; raises BadUsage for flags that cannot be read."""
        return directed(
            self.edit, self.keep, self.redo, self.keep_joints, self.pose, self.like, self.hold
        )

    def _validate_direction(self) -> None:
        asked = self.direction().checked()
        for flag, path in (("--motion", self.motion), ("--motion-from", self.motion_from)):
            if asked and path is not None:
                raise BadUsage(f"{flag} {path} is danced as it is", "to change a part, use --edit")

    def _validate_targets(self) -> None:
        if self.motion_out is not None and self.motion_out.suffix not in _MOTION_SUFFIXES:
            raise BadUsage(f"--motion-out {self.motion_out}: must end in .npz or .bvh")
        if self.preview is not None and self.preview.suffix.lower() != ".png":
            raise BadUsage(f"--preview {self.preview}: must end in .png")
        inputs = {path.resolve() for path in self.inputs().values()}
        previews = [] if self.preview is None else [("--preview", self.preview)]
        for flag, path in self.targets() + previews:
            if path.resolve() in inputs:
                raise BadUsage(f"{path} is also an input", f"choose another {flag}")
            if path.is_dir():
                raise BadUsage(f"{path} is a folder", f"choose a file for {flag}")

    def _validate_video(self) -> None:
        if self.picture is None:
            raise BadUsage(
                "no picture given", "macedance generate SONG PICTURE -o OUT.mp4, or --motion-only"
            )
        if self.output is not None and self.output.suffix.lower() != ".mp4":
            raise BadUsage(f"-o {self.output}: must end in .mp4")
        if self.size is not None:
            parse_size(self.size)
        self.drawing_options()

    def targets(self) -> list[tuple[str, Path]]:
        """The files that are written, by flag."""
        found = {"-o": self.output, "--motion-out": self.motion_out, "--page": self.page_file()}
        return [(flag, path) for flag, path in found.items() if path is not None]

    def page_file(self) -> Path | None:
        """Where --page goes: beside the video, or without one beside the dance."""
        beside = self.output or self.motion_out
        return beside.with_suffix(".html") if self.page and beside is not None else None

    def dance_inputs(self) -> dict[str, Path]:
        """The files that the dance is made of, by the option that names them."""
        given = {name: getattr(self, name) for name in DANCE_INPUTS} | self.direction().inputs()
        return {name: path for name, path in given.items() if path is not None}

    def inputs(self) -> dict[str, Path]:
        """The files that are read, by the option that names them."""
        given = self.dance_inputs() | {name: getattr(self, name) for name in INPUTS}
        if not self.motion_only:
            for name, options in self.drawing_options().items():
                given |= APPEARANCE_EXPERTS[name].inputs(options)
        return {name: path for name, path in given.items() if path is not None}
