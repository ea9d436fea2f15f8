"""What `render` is asked to do, and what can be refused before any file is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.datasets.split_names import check_split, split_option
from pipelines.media.shape import frame_rate, parse_size
from pipelines.motion.formats import EXPORT_SUFFIXES, plain_stem, row_of
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.cores import default_workers
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.files import sha256_file
from pipelines.support.options import check, identity, option
from pipelines.workspace import options as common
from pipelines.workspace.existing_output import refuse_existing

DANCES, PICTURE, DANCER, FILES = "Many dances", "The picture", "The dancer", "Other files"
PAGE = ".html"
_WORKER_GB = 1.2
"""What a process and its encoder take at their peak: docs/installing.md, what many hours cost."""
VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
CONTROLS = ("scail-2", "steadydancer", "wan-animate")
EXPORTS = tuple(sorted(suffix.removeprefix(".") for suffix in EXPORT_SUFFIXES))


@dataclass(frozen=True)
class RenderConfig:
    """What `render` is asked to do; `option` says what each field is."""

    dance: Path | None = option(
        None, "One motion file, with -o.", metavar="DANCE", positional=True, named=False
    )
    more: tuple[Path, ...] = option(
        (), "More dances, side by side on one page.", metavar="[DANCE]...", positional=True,
        named="if given",
    )  # fmt: skip
    output: Path | None = option(
        None,
        "The file to make of it: .mp4, .html or a dance for other programs, see --export.",
        short="-o",
        named=False,
    )
    music: Path | None = option(
        None, "The song of DANCE; with --src a folder of songs with the dances' names.",
        metavar="PATH", named=False,
    )  # fmt: skip
    beside: tuple[Path, ...] = option(
        (), "On the same page: another dance, or its video; may be given again.", metavar="FILE",
        named="if given",
    )  # fmt: skip
    check: bool = option(
        False, "List what is wrong with DANCE: spikes, slides, freezing; with --music, the beat.",
        named="if given",
    )  # fmt: skip
    mend: bool = option(
        False, "Smooth spikes of DANCE and hold sliding feet; -o takes it.", named="if given"
    )
    redo: bool = option(
        False, "With --mend and --music: dance anew what cannot be smoothed.", named="if given",
        variable="MACEDANCE_MEND_REDO",
    )  # fmt: skip
    force: bool = common.force()
    src: tuple[Path, ...] = option(
        (), "A folder of dances, a data set, or a file; may be given again.", metavar="PATH",
        panel=DANCES, named=False,
    )  # fmt: skip
    split: str | None = split_option(
        "Of data sets only this official split: train, val+test ...", "all", DANCES, named=False
    )
    windows: bool = option(
        False, "Random clips of 5 to 10 s instead of whole dances.", panel=DANCES, named=False
    )
    motion_fps: float | None = option(
        None, "The dances' frame rate, where files do not tell or lie.", low=1, high=1000,
        shown="what the files say", metavar="FPS", panel=DANCES,
    )  # fmt: skip
    camera: Literal["front", "side", "orbit", "follow"] = option(
        "front", "Where it is seen from.", panel=PICTURE
    )
    size: str = option("540x960", "Of the video.", metavar="WxH", panel=PICTURE)
    fps: float = option(
        MOTION_FPS, "Frames per second.", low=1, high=120, metavar="FPS", panel=PICTURE
    )
    renderer: Literal["auto", "pyrender", "builtin"] = option(
        "auto", "auto: pyrender on a graphics card, else the built-in one.", panel=PICTURE
    )
    body: Literal["anny", "skeleton", "smpl"] = option("anny", "Who dances.", panel=DANCER)
    body_model: Path | None = option(
        None, "Model file for smpl: SMPL, SMPL-H or SMPL-X.", panel=DANCER, named=False
    )
    feet: str = common.feet("none", DANCER)
    vary: bool = option(False, "Draw body, clothes, light and camera from the seed.", panel=DANCER)
    export: tuple[str, ...] = option(
        (), "Also write this beside the video; may be given again.", choices=EXPORTS,
        panel=FILES,
    )  # fmt: skip
    control: str | None = option(
        None, "Write a folder that this video model takes instead, -o names it.",
        choices=CONTROLS, panel=FILES, named="if given",
    )  # fmt: skip
    reference: Path | None = option(
        None, "With --control: the picture of who is to dance.", metavar="PICTURE", panel=FILES,
        named=False,
    )  # fmt: skip
    workers: int | None = common.workers("Processes that draw.")
    shard: str | None = common.shard("dances")
    seed: int = common.seed()
    workspace: Path = common.workspace()

    def validate(self) -> RenderConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        check(self)
        check_split(self.split)
        if self.redo and not self.mend:
            raise BadUsage("--redo goes with --mend", "add --mend -o MENDED.npz, or leave it out")
        if parse_size(self.size)[0] is None:
            raise BadUsage(f"--size {self.size}: width and height are needed", "such as 540x960")
        if (self.body == "smpl") != (self.body_model is not None):
            raise BadUsage(
                "--body smpl and --body-model go together", "--body smpl --body-model SMPL.pkl"
            )
        if self.dance is None:
            self._validate_folders()
        else:
            self._validate_single()
        return self

    def all_beside(self) -> tuple[Path, ...]:
        """What stands on the page beside the first dance."""
        return (*self.more, *self.beside)

    def _validate_folders(self) -> None:
        if self.check or self.mend:
            flag = "--check" if self.check else "--mend"
            raise BadUsage(f"{flag} goes with one DANCE", f"macedance render DANCE {flag}")
        if self.control is not None or self.reference is not None:
            raise BadUsage("--control and --reference go with one DANCE", "leave them out")
        if self.beside:
            raise BadUsage("--beside goes with one DANCE and -o OUT.html", "leave it out")
        if not self.src:
            raise BadUsage(
                "no dance given", "macedance render DANCE -o OUT.mp4, or --src FOLDER for many"
            )
        if self.output is not None:
            raise BadUsage(f"-o {self.output} goes with one DANCE; --src fills --workspace")
        for folder in self.src:
            if not folder.exists():
                raise UnsuitableInput(f"{folder}: no such file or folder", "--src names dances")
        if self.music is not None and not self.music.is_dir():
            raise BadUsage(
                f"--music {self.music}: a folder of songs goes with --src",
                "songs are found by the names of the dances",
            )

    def _validate_single(self) -> None:
        if self.src:
            raise BadUsage(f"{self.dance} and --src exclude each other", "put it under --src too")
        if self.check or self.mend:
            self._validate_check()
            return
        if self.output is None:
            raise BadUsage("no output given", "add -o OUT.mp4, or use --src for clips")
        if self.control is not None:
            self._validate_control()
        else:
            self._validate_file(self.output)

    def _validate_file(self, output: Path) -> None:
        if self.reference is not None:
            raise BadUsage(f"--reference {self.reference}: goes with --control", "leave it out")
        suffixes = [".mp4", PAGE, *EXPORT_SUFFIXES]
        row = row_of(output)
        if output.suffix not in suffixes[:2] and (row is None or not row.writer):
            known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
            raise BadUsage(f"-o {output}: must end in {known}")
        if self.split is not None:
            raise BadUsage("--split chooses of data sets, so it goes with --src", "not with -o")
        if self.windows:
            raise BadUsage("--windows makes clips, so it goes with --src", "not with -o")
        if self.shard is not None:
            raise BadUsage("--shard shares out many dances, so it goes with --src", "not with -o")
        if self.music is not None and output.suffix not in (".mp4", PAGE):
            raise BadUsage(f"--music {self.music}: {output} has no sound", "-o OUT.mp4 has")
        if output.suffix != PAGE:
            self._refuse_beside()
        self._validate_targets()

    def _refuse_beside(self) -> None:
        if self.beside:
            raise BadUsage(f"--beside {self.beside[0]}: goes with a page", "write -o OUT.html")
        if self.more:
            raise BadUsage(
                f"{self.more[0]}: several dances go on one page", "write -o OUT.html, or use --src"
            )

    def _validate_check(self) -> None:
        if self.control is not None:
            raise BadUsage("--control: not with --check or --mend", "one command after the other")
        if self.more:
            raise BadUsage(f"--check looks at one dance, not at {self.more[0]}", "one at a time")
        if self.mend and (self.output is None or self.output.suffix != ".npz"):
            raise BadUsage("--mend makes another dance", "add -o MENDED.npz")
        if not self.mend and self.output is not None:
            raise BadUsage(f"--check writes nothing, so -o {self.output} is for nothing",
                           "add --mend, or leave it out")  # fmt: skip
        if self.music is not None and not self.music.is_file():
            raise UnsuitableInput(f"--music {self.music}: no such song", "--music names one")
        if self.redo and self.music is None:
            raise BadUsage("--redo: danced to which song?", "add --music SONG")
        if self.mend:
            self._validate_targets()

    def _validate_control(self) -> None:
        assert self.output is not None
        if self.reference is None:
            raise BadUsage(f"--control {self.control}: no picture", "add --reference PICTURE")
        if self.output.suffix:
            raise BadUsage(f"-o {self.output}: --control writes a folder", "such as -o control")
        for flag, given in (("a second dance", self.more), ("--music", self.music),
                            ("--beside", self.beside), ("--export", self.export),
                            ("--windows", self.windows)):  # fmt: skip
            if given:
                raise BadUsage(f"{flag}: not with --control", "leave it out")
        if self.output.exists() and not self.force:
            raise BadUsage(
                f"{self.output} exists", "add --force to replace it, or choose another -o"
            )

    def _validate_targets(self) -> None:
        given = (self.dance, self.music, self.body_model, *self.all_beside())
        inputs = {p.resolve() for p in given if p is not None}
        for path in self.targets():
            if path.resolve() in inputs:
                raise BadUsage(f"{path} is also an input", "choose another -o")
            if path.is_dir():
                raise BadUsage(f"{path} is a folder", "choose a file for -o")
            if not self.force:
                hint = "add --force to replace it, or choose another -o"
                refuse_existing(path, self.workspace, hint)

    def picture_size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = parse_size(self.size)
        assert width is not None
        return width, height

    def crew(self) -> int:
        """How many processes draw at a time."""
        return default_workers(_WORKER_GB) if self.workers is None else self.workers

    def rate(self) -> float:
        """Frames per second of the video, exactly."""
        return float(frame_rate(self.fps))

    def targets(self) -> list[Path]:
        """The files that one dance is made into: the output, and the exports beside it."""
        assert self.output is not None
        beside = [
            self.output.with_name(f"{plain_stem(self.output)}.{kind}") for kind in self.export
        ]
        return list(dict.fromkeys([self.output, *beside]))

    def shaping(self) -> dict[str, Any]:
        """The options that make a clip another clip, JSON-able."""
        values = identity(self)
        values["export"] = sorted(set(self.export))
        if self.body_model is not None:
            values["body_model"] = readable_sha256(self.body_model)
        return values


def readable_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, or UnsuitableInput naming it."""
    if not path.is_file():
        raise UnsuitableInput(f"{path}: no such file" if not path.exists() else f"{path}: no file")
    try:
        return sha256_file(path)
    except PermissionError as error:
        raise UnsuitableInput(f"{path}: may not be read ({error.strerror})") from error
