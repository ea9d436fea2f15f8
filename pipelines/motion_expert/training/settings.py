"""What `train-motion` is asked to do, and what can be refused before any file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipelines.datasets.split_names import check_split, split_option
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.interface import Training
from pipelines.support.errors import BadUsage
from pipelines.support.files import sha256_json
from pipelines.support.options import check, check_slices, declared, identity, option, taken
from pipelines.training import options as training
from pipelines.workspace import options as common

DATA = "The data"
DEFAULT = "mace"
"""Runs that name no expert are its."""


def _trained() -> dict[str, Training]:
    """How those experts are trained that are."""
    return {name: row.training for name, row in EXPERTS.items() if row.training is not None}


def own_options() -> list[type[Any]]:
    """The option classes of all experts that `train-motion` trains."""
    return [how.options for how in _trained().values()]


@dataclass(frozen=True)
class TrainMotionConfig:
    """What `train-motion` is asked to do; `option` says what each field is."""

    data: tuple[Path, ...] = option(
        (),
        'A data set as downloaded, a workspace, or a dance library ("shipped": the one that '
        "ships); may be given again.",
        metavar="FOLDER", panel=DATA,
    )  # fmt: skip
    music: tuple[str, ...] = option(
        ("paired",),
        "Where the music comes from: paired, warp:FOLDER or compose; may be given again.",
        metavar="HOW", panel=DATA, variable="MACEDANCE_TRAINING_MUSIC",
    )  # fmt: skip
    max_tempo_change: float = option(
        0.2, "How far warp may change a tempo.", low=0, high=1, metavar="SHARE", panel=DATA
    )
    split: str | None = split_option(
        "Only this official split of the data: train, val+test, dancer-train ...",
        "train, judged on the others", DATA, named="if given",
    )  # fmt: skip
    hold_out: tuple[str, ...] = option(
        (), "Keep these takes out of training, or a share such as 0.1.",
        shown="the data's own split", metavar="TAKE", panel=DATA,
    )  # fmt: skip
    window: int = option(150, "Frames of a training window.", low=1, panel=DATA)
    stride: int = option(15, "Frames from one window to the next.", low=1, panel=DATA)
    balance: float = option(
        0.5, "0: every window as often as any; 1: every genre.", low=0, high=1, metavar="B",
        panel=DATA,
    )  # fmt: skip
    mirror: bool = option(True, "Also train on mirror images.", panel=DATA)
    turn: bool = option(False, "Also train on windows facing any way.", negatable=True, panel=DATA)
    swap_timbre: float = option(
        0.0, "Share of windows that hear another song's timbre.", low=0, high=1,
        metavar="SHARE", panel=DATA,
    )  # fmt: skip
    prepare_only: bool = option(False, "Prepare the data and stop.", panel=DATA, named=False)
    expert: str = option(
        DEFAULT, "Which Motion Expert learns.", choices=tuple(_trained()), panel=training.MODEL,
        named="if given", variable="MACEDANCE_TRAINED_EXPERT",
    )  # fmt: skip
    stage: str = option(
        "", "Which part learns, of an expert that is trained in several runs.",
        shown="all of it at once", metavar="NAME", panel=training.MODEL, named="if given",
        variable="MACEDANCE_MOTION_STAGE",
    )  # fmt: skip
    preset: Literal["paper", "small", "tiny"] = option(
        "paper", "Size of the network.", panel=training.MODEL
    )
    init: str = option(
        "", 'Begin with the weights of this Motion Expert, or with "shipped".',
        shown="random ones", metavar="FOLDER", panel=training.MODEL,
    )  # fmt: skip
    steps: int = training.steps(100_000, "Updates in all.")
    batch_size: int = training.batch_size("Windows", 128)
    accumulate: int = training.accumulate()
    lr: float = option(4e-4, "Learning rate.", above=0, metavar="RATE", panel=training.UPDATES)
    optimizer: Literal["adan", "adamw"] = option(
        "adan", "How weights are updated.", panel=training.UPDATES
    )
    weight_decay: float = training.weight_decay(0.02)
    warmup: int = training.warmup()
    schedule: Literal["constant", "cosine"] = option(
        "constant", "The rate after that.", panel=training.UPDATES
    )
    ema_decay: float = option(
        0.9999, "Of the averaged weights that are kept.", low=0, high=1, metavar="D",
        panel=training.UPDATES,
    )  # fmt: skip
    grad_clip: float = training.grad_clip()
    precision: str = training.precision("Number format of the products.")
    validate_every: int = training.every("validations", 500)
    checkpoint_every: int = training.every("checkpoints", 500)
    keep: int = training.keep()
    run: str = training.run()
    resume: bool = training.resume()
    threads: int = training.threads()
    workers: int = training.workers()
    seed: int = common.seed()
    device: str = common.device()
    workspace: Path = common.workspace()
    options: Mapping[str, Any] = field(default_factory=dict)
    """Own options of the expert that were given, by name."""

    def validate(self) -> TrainMotionConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        check(self)
        if not self.data:
            raise BadUsage("--data: no data set named", "give at least one folder with --data")
        check_split(self.split)
        check_slices(self.batch_size, self.accumulate)
        self._refuse_what_means_nothing()
        for mode in self.music:
            if mode not in ("paired", "compose") and not mode.startswith("warp:"):
                raise BadUsage(f"--music {mode}: unknown", "choose paired, compose or warp:FOLDER")
        check(self.own())
        self._check_stage()
        return self

    def _check_stage(self) -> None:
        stages = self.expert_training().stages
        if self.stage and not stages:
            raise BadUsage(f"--stage {self.stage}: --expert {self.expert} is trained in one go",
                           "leave it out")  # fmt: skip
        if stages and self.stage not in stages:
            said = f"--stage {self.stage}: unknown" if self.stage else "--stage: not said"
            raise BadUsage(f"{said} to --expert {self.expert}",
                           f"its stages are {', '.join(stages)}, in that order")  # fmt: skip

    def _refuse_what_means_nothing(self) -> None:
        """An expert that needs no updates heeds few options; a given other one is refused."""
        how = self.expert_training()
        for one in declared(type(self)) if how.make is not None else ():
            if one.name not in how.heeds and getattr(self, one.name) != one.default:
                raise BadUsage(f"{one.flag} means nothing to --expert {self.expert}",
                               "leave one of them out")  # fmt: skip

    def expert_training(self) -> Training:
        """How the chosen expert is trained."""
        return _trained()[self.expert]

    def own(self) -> Any:
        """The expert's own options; raises BadUsage for those that it does not know."""
        return taken(self.expert_training().options, self.options, f"--expert {self.expert}")

    def run_name(self) -> str:
        """The run's name: given, or stage, preset and a digest of what makes it its own.

        An expert that is made without a network goes by its own name in place of the preset's.
        """
        if self.run:
            return self.run
        part = f"{self.expert}-{self.stage}-" if self.stage else ""
        kind = self.preset if self.expert_training().make is None else self.expert
        return f"{part}{kind}-{sha256_json(self.identity())[:8]}"

    def init_folder(self) -> Path | None:
        """Where the first weights lie; None is the Motion Expert that ships."""
        return None if self.init == "shipped" else Path(self.init)

    def identity(self) -> dict[str, Any]:
        """The options that make this run another one when they change, JSON-able."""
        values = identity(self) | identity(self.own())
        values["data"] = sorted(path.resolve().name for path in self.data)
        if self.expert_training().make is not None:
            # Made anew at once: two folders of one name must not take each other's place.
            values["data"] = sorted(str(path.resolve()) for path in self.data)
        first = EXPERTS[self.expert].identity
        values["init"] = first(self.init_folder()) if self.init else ""
        return values
