"""The names of a run of `generate` and of its dance: by the content of inputs and what is asked."""

from __future__ import annotations

from typing import Any

from pipelines.appearance_expert.experts import Choice, choose
from pipelines.appearance_expert.interface import WAN, Order
from pipelines.generation.settings import PICTURE, VIDEO, GenerateConfig
from pipelines.media.shape import canvas_size
from pipelines.support.files import readable_sha256
from pipelines.support.options import declared, identity
from pipelines.workspace.identity import content_id
from pipelines.workspace.run_record import installed_versions

_LONGEST_STEM = 40
_OF_THE_PICTURE = {"picture"} | {
    one.name for one in declared(GenerateConfig) if one.option.panel in (PICTURE, VIDEO, WAN)
}
"""What the dance does not depend on: it is the same for whoever dances it, at whatever size."""


def run_name(config: GenerateConfig) -> str:
    """The run's name: the song's and a digest.

    "auto" counts as what it stands for here: once the weights are there, another video is due.
    So it is with another version of macedance, and with a model trained anew in the same folder.

    Raises UnsuitableInput for inputs that are no files; what `choose` raises.
    """
    assert config.song is not None
    _, dancer = config.motion_expert()
    options = _asked(config)
    for name, path in config.inputs().items():
        options[f"{name}_sha256"] = readable_sha256(path)
    options["motion_model"] = dancer.identity(config.motion_folder())
    options["macedance"] = installed_versions().get("macedance", "")
    if not config.motion_only:
        options |= chosen(config).identity(order(config))
    stem = "".join(c if c.isalnum() else "-" for c in config.song.stem)[:_LONGEST_STEM].strip("-")
    return f"{stem or 'song'}-{content_id(options['song_sha256'], **options)}"


def dance_name(config: GenerateConfig) -> str:
    """The dance's name: a digest of the song, its part, and all that makes another dance of it.

    Raises UnsuitableInput for inputs that are no files.
    """
    _, dancer = config.motion_expert()
    options = {name: value for name, value in _asked(config).items() if name not in _OF_THE_PICTURE}
    for name, path in config.dance_inputs().items():
        options[f"{name}_sha256"] = readable_sha256(path)
    options["motion_model"] = dancer.identity(config.motion_folder())
    options["macedance"] = installed_versions().get("macedance", "")
    return content_id(options["song_sha256"], **options)


def _asked(config: GenerateConfig) -> dict[str, Any]:
    """What is asked, as a name tells it; stretches as seconds, however they were written."""
    options, direction = identity(config) | identity(config.dance_options()), config.direction()
    for name, spans in (
        ("keep", direction.keep), ("redo", direction.redo), ("hold", direction.holds)
    ):  # fmt: skip
        if name in options:
            options[name] = tuple(f"{span.start:g}:{span.stop:g}" for span in spans)
    return options


def order(config: GenerateConfig) -> Order:
    """What the Appearance Expert is wanted for; the picture is read when its size is asked."""
    return Order(config.model, config.device, lambda: canvas(config))


def chosen(config: GenerateConfig) -> Choice:
    """The Appearance Expert that draws here, and why."""
    return choose(config.appearance, config.drawing_given(), order(config))


def canvas(config: GenerateConfig) -> tuple[int, int]:
    """Width and height of the video."""
    from pipelines.media.image import picture_size

    assert config.picture is not None
    return canvas_size(*picture_size(config.picture), config.size)
