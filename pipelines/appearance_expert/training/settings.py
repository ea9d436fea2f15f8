"""What `train-appearance` is asked to do, and what can be refused before any file is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.files import sha256_file, sha256_json
from pipelines.support.options import check, check_slices, identity, option
from pipelines.training import options as training
from pipelines.workspace import options as common

if TYPE_CHECKING:
    from pipelines.appearance_expert.training.clips import DataSource
    from pipelines.appearance_expert.training.recipe import Recipe
    from pipelines.appearance_expert.wan.weights import WanWeights

MODEL, DATA, LATENTS = "The stage and the model", "The data", "What is made of it"

_LR = {"kinematic": 1e-5, "aesthetic": 1e-4, "base": 1e-3}
"""The paper's rates for its two stages."""

_EPOCHS = 2
"""How often the published training sees its data."""


@dataclass(frozen=True)
class TrainAppearanceConfig:
    """What `train-appearance` is asked to do; `option` says what each field is."""

    stage: Literal["kinematic", "aesthetic", "base"] = option(
        "kinematic",
        "What learns: the body adapter (kinematic), a LoRA (aesthetic), or everything (base), "
        "which is for small models only.",
        metavar="STAGE", panel=MODEL,
    )  # fmt: skip
    # Of the next two the content counts, not where they lie.
    model: str | None = option(
        None, "Wan-Animate: a folder, or an id in the model cache.",
        shown="$MACEDANCE_WAN_MODEL, or the cache", metavar="FOLDER", panel=MODEL, named=False,
    )  # fmt: skip
    adapter: Path | None = option(
        None, "The adapter of a kinematic stage; the aesthetic stage keeps it as it is.",
        panel=MODEL, named=False,
    )  # fmt: skip
    rank: int = option(32, "Of the LoRA.", low=1, panel=MODEL)
    aesthetic_inputs: Literal["image", "image+pose+face"] = option(
        "image+pose+face",
        "What the aesthetic stage sees; the published one sees the image alone.",
        metavar="INPUTS", panel=MODEL,
    )  # fmt: skip
    data: tuple[str, ...] = option(
        (),
        "A workspace with clips, or a CSV in DiffSynth's columns, and how much it counts; may be "
        "given again.",
        metavar="FOLDER[:WEIGHT]", panel=DATA, variable="MACEDANCE_CLIP_DATA",
    )  # fmt: skip
    hold_out: float = option(
        0.0, "Share to validate on of clips without a split of their own.", low=0, high=1,
        metavar="SHARE", panel=DATA, variable="MACEDANCE_HOLD_OUT_SHARE",
    )  # fmt: skip
    prompt: str = option(
        "", "What clips without a caption of their own show.", shown="MACE-Dance's",
        metavar="TEXT", panel=DATA,
    )  # fmt: skip
    encode_only: bool = option(False, "Encode the clips and stop.", panel=DATA, named=False)
    size: str = option(
        "480x832", "Of the model's frames; sides are multiples of 16.", metavar="WxH",
        panel=LATENTS,
    )  # fmt: skip
    frames: int = option(77, "Of a segment: 4k + 1.", panel=LATENTS)
    fps: float = option(30.0, "Rate at which clips are read.", metavar="FPS", panel=LATENTS)
    references: int = option(4, "Pictures per clip that may be the reference.", panel=LATENTS)
    relay: tuple[int, ...] = option(
        (1, 5), "Frames that may be given from the segment before: 1 or 5; may be given again.",
        shown="both", metavar="N", panel=LATENTS,
    )  # fmt: skip
    relay_share: float = option(
        0.5, "How often such frames are given.", low=0, high=1, metavar="SHARE", panel=LATENTS
    )
    steps: int = training.steps(0, "Updates in all; 0: twice over the data.", former=("max_steps",))
    batch_size: int = training.batch_size("Segments", 1)
    accumulate: int = training.accumulate()
    lr: float = option(
        0.0, "Learning rate; 0: 1e-5, 1e-4 or 1e-3, as the stage wants.", low=0, metavar="RATE",
        panel=training.UPDATES,
    )  # fmt: skip
    weight_decay: float = training.weight_decay(0.01)
    warmup: int = training.warmup()
    grad_clip: float = training.grad_clip()
    ema_decay: float = option(
        0.0, "Keep a running average with this decay; 0: none.", low=0, high=1, metavar="D",
        panel=training.UPDATES,
    )  # fmt: skip
    reference_weight: float = option(
        0.0, "In the loss, of the reference's slot against a frame of the video.", low=0,
        metavar="W", panel=training.UPDATES,
    )  # fmt: skip
    precision: str = training.precision("Number format of the network.")
    keep_activations: bool = option(
        False, "No gradient checkpointing: a quarter less to compute, much more memory.",
        panel=training.UPDATES, named=False,
    )  # fmt: skip
    validate_every: int = training.every("validations", 100)
    checkpoint_every: int = training.every("checkpoints", 100)
    sample_every: int = option(
        500, "Steps between two sample videos; 0: none.", low=0, panel=training.RHYTHM,
        named=False,
    )  # fmt: skip
    wan_sampling_steps: int = option(
        20, "Of their sampler.", low=1, panel=training.RHYTHM, named=False,
        former=("sample_steps",),
    )  # fmt: skip
    keep: int = training.keep()
    run: str = training.run()
    resume: bool = training.resume()
    shard: str | None = common.shard("clips to encode")
    threads: int = training.threads()
    workers: int = training.workers()
    seed: int = common.seed()
    device: str = common.device()
    workspace: Path = common.workspace()

    def validate(self) -> TrainAppearanceConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        check(self)
        if not self.data:
            raise BadUsage("--data: no clips named", "give a workspace, or a CSV, with --data")
        check_slices(self.batch_size, self.accumulate)
        self.recipe()
        if self.adapter is not None and not self.adapter.is_file():
            raise MissingAsset(
                f"--adapter {self.adapter} is not there", "train the kinematic stage"
            )
        return self

    def sources(self) -> list[DataSource]:
        """The parts of `data` with their weights."""
        from pipelines.appearance_expert.training.clips import DataSource

        return [DataSource.parse(text) for text in self.data]

    def recipe(self, encoders: str = "") -> Recipe:
        """How clips are encoded, given a digest of the encoders."""
        from pipelines.appearance_expert.training.recipe import Recipe

        try:
            width, height = (int(side) for side in self.size.lower().split("x"))
        except ValueError:
            raise BadUsage(f"--size {self.size}: not a size", "write it as 480x832") from None
        return Recipe(
            width, height, self.frames, self.fps, tuple(sorted(set(self.relay))), self.references,
            encoders,
        ).validate()  # fmt: skip

    def learning_rate(self) -> float:
        """The rate asked for, else the stage's own."""
        return self.lr or _LR[self.stage]

    def updates(self, segments: int) -> int:
        """Updates in all: as many as asked for, else as see so many segments twice."""
        return self.steps or max(1, _EPOCHS * segments // self.batch_size)

    def identity(self, weights: WanWeights) -> dict[str, Any]:
        """The options that make this run another one when they change, JSON-able."""
        from pipelines.appearance_expert.training.recipe import encoders_digest

        values = identity(self)
        values["data"] = sorted(f"{s.path.resolve().name}:{s.weight}" for s in self.sources())
        values["model"] = sha256_json([weights.fingerprint(), encoders_digest(weights)])
        values["adapter"] = sha256_file(self.adapter) if self.adapter else ""
        return values
