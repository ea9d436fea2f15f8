"""What `render` is asked to do, and what can be refused before any file is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.media.shape import frame_rate, parse_size
from pipelines.motion.formats import EXPORT_SUFFIXES
from pipelines.support.conventions import LARGEST_SEED
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.files import sha256_file
from pipelines.support.option_checks import check_choices

_CHOICES = {
    "camera": ("front", "side", "orbit", "follow"),
    "body": ("anny", "skeleton", "smpl"),
    "renderer": ("auto", "pyrender", "builtin"),
}
_EXPORTS = tuple(sorted(suffix.removeprefix(".") for suffix in EXPORT_SUFFIXES))
_SHAPING = (
    "camera", "size", "fps", "body", "vary", "renderer", "export", "motion_fps", "seed",
)  # fmt: skip
"""The options that make a clip another clip."""


@dataclass(frozen=True)
class RenderConfig:
    """What `render` is asked to do.

    Attributes:
        dance, output: one motion file, and the .mp4 (or .npz, .bvh, .glb) to make of it.
        src: folders of motion files instead, or data sets as downloaded.
        music: the song of `dance`; or a folder of songs, found by the names of the dances.
        workspace: where clips go.
        windows: cut 5 to 10 s clips out of each dance instead of one clip of it all.
        camera, size, fps: view, "WIDTHxHEIGHT" and frame rate of the video.
        body, body_model: what dances; "smpl" needs a model file.
        vary: draw body, clothes, light and camera from the seed.
        renderer: "auto" takes OpenGL on a graphics card, else the built-in renderer.
        export: also write "bvh", "glb", "npz".
        motion_fps: the dances' true frame rate, where their files do not say it, or lie.
        seed: of windows and variety.
        workers: processes.
        shard: "i/N"; None: what the SLURM array says, or everything.
        force: write over an output that exists.
    """

    dance: Path | None = None
    output: Path | None = None
    src: tuple[Path, ...] = ()
    music: Path | None = None
    workspace: Path = Path("workspace")
    windows: bool = False
    camera: str = "front"
    size: str = "540x960"
    fps: float = 30.0
    body: str = "anny"
    body_model: Path | None = None
    vary: bool = False
    renderer: str = "auto"
    export: tuple[str, ...] = ()
    motion_fps: float | None = None
    seed: int = 0
    workers: int = 1
    shard: str | None = None
    force: bool = False

    def validate(self) -> RenderConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        check_choices(self, _CHOICES)
        for kind in self.export:
            if kind not in _EXPORTS:
                raise BadUsage(f"--export {kind}: unknown", f"choose {', '.join(_EXPORTS)}")
        self._validate_numbers()
        if (self.body == "smpl") != (self.body_model is not None):
            raise BadUsage(
                "--body smpl and --body-model go together", "--body smpl --body-model SMPL.pkl"
            )
        if self.dance is None:
            self._validate_folders()
        else:
            self._validate_single()
        return self

    def _validate_numbers(self) -> None:
        if parse_size(self.size)[0] is None:
            raise BadUsage(f"--size {self.size}: width and height are needed", "such as 540x960")
        if not 1 <= self.fps <= 120:
            raise BadUsage(f"--fps {self.fps:g}: must lie in 1 ... 120", "30 is the default")
        if self.motion_fps is not None and not 1 <= self.motion_fps <= 1000:
            raise BadUsage(f"--motion-fps {self.motion_fps:g}: must lie in 1 ... 1000")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise BadUsage(f"--seed {self.seed}: must lie in 0 ... {LARGEST_SEED}")
        if self.workers < 1:
            raise BadUsage(f"--workers {self.workers}: must be at least 1")

    def _validate_folders(self) -> None:
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
        if self.output is None:
            raise BadUsage("no output given", "add -o OUT.mp4, or use --src for clips")
        suffixes = [".mp4", *EXPORT_SUFFIXES]
        if self.output.suffix not in suffixes:
            known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
            raise BadUsage(f"-o {self.output}: must end in {known}")
        if self.windows:
            raise BadUsage("--windows makes clips, so it goes with --src", "not with -o")
        if self.shard is not None:
            raise BadUsage("--shard shares out many dances, so it goes with --src", "not with -o")
        if self.music is not None and self.output.suffix != ".mp4":
            raise BadUsage(f"--music {self.music}: {self.output} has no sound", "-o OUT.mp4 has")
        self._validate_targets()

    def _validate_targets(self) -> None:
        inputs = {p.resolve() for p in (self.dance, self.music, self.body_model) if p is not None}
        for path in self.targets():
            if path.resolve() in inputs:
                raise BadUsage(f"{path} is also an input", "choose another -o")
            if path.is_dir():
                raise BadUsage(f"{path} is a folder", "choose a file for -o")
            if path.exists() and not self.force:
                raise BadUsage(f"{path} exists", "add --force to replace it, or choose another -o")

    def picture_size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = parse_size(self.size)
        assert width is not None
        return width, height

    def rate(self) -> float:
        """Frames per second of the video, exactly."""
        return float(frame_rate(self.fps))

    def targets(self) -> list[Path]:
        """The files that one dance is made into: the output, and the exports beside it."""
        assert self.output is not None
        beside = [self.output.with_suffix(f".{kind}") for kind in self.export]
        return list(dict.fromkeys([self.output, *beside]))

    def shaping(self) -> dict[str, Any]:
        """The options that make a clip another clip, JSON-able."""
        values = {name: getattr(self, name) for name in _SHAPING}
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
