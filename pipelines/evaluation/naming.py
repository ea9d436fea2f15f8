"""What an evaluation is called: its name follows from what is judged, by content, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.evaluation.items import content_of
from pipelines.evaluation.profiles import protocol_hash
from pipelines.evaluation.sets import Sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file
from pipelines.workspace.identity import content_id
from pipelines.workspace.run_record import installed_versions


def run_name(config: EvaluateConfig, settings: dict[str, Any], sets: Sets) -> str:
    """The run's name.

    Args:
        settings: the protocol's.

    Raises UnsuitableInput where a file that the config names is not there.
    """
    content = {
        name: {item.name: content_of(item) for item in items}
        for name, items in sets.everyone().items()
    }
    options: dict[str, Any] = {"settings": settings, "seed": config.seed}
    options["keypoint_fps"] = config.keypoint_fps
    options["pose_models"] = config.pose_models()
    options["vbench_json"] = [_digest(Path(text.partition("=")[2] or text))
                              for text in config.vbench_json]  # fmt: skip
    options["records"] = [_digest(path) for path in config.run_records]
    weights = (config.i3d, config.vbench_weights, config.lpips_weights)
    options["weights"] = [_weights_digest(path) for path in weights]
    options["macedance"] = installed_versions().get("macedance", "")
    source = protocol_hash(config.protocol, {"content": content})
    return f"{config.protocol}-{config.profile}-{content_id(source, **options)}"


def _digest(path: Path) -> str:
    if not path.is_file():
        raise UnsuitableInput(f"{path}: no such file")
    return sha256_file(path)


def _weights_digest(path: Path | None) -> list[Any]:
    """Names and sizes: hashing gigabytes would take longer than many an evaluation."""
    if path is None:
        return []
    if not path.exists():
        raise UnsuitableInput(f"{path}: no such file or folder")
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [[str(file.relative_to(path)), file.stat().st_size] for file in files if file.is_file()]
