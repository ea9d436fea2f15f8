"""Where Wan-Animate's weights lie on this machine, and what is missing of them.

Reads file names and headers only; imports neither torch nor diffusers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.appearance_expert.fingerprint import files_digest
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import read_json, sha256_json

HUB_ID = "Wan-AI/Wan2.2-Animate-14B-Diffusers"
ENVIRONMENT_VARIABLE = "MACEDANCE_WAN_MODEL"
PIPELINE_CLASS = "WanAnimatePipeline"

# File that describes each component, stem of its weight files, gigabytes;
# docs/reference/wan-animate.md#model-and-files says what they are.
_COMPONENTS: dict[str, tuple[str, str | None, float]] = {
    "transformer": ("config.json", "diffusion_pytorch_model", 34.5),
    "text_encoder": ("config.json", "model", 11.4),
    "image_encoder": ("config.json", "model", 1.3),
    "vae": ("config.json", "diffusion_pytorch_model", 0.5),
    "tokenizer": ("tokenizer_config.json", None, 0.0),
    "image_processor": ("preprocessor_config.json", None, 0.0),
    "scheduler": ("scheduler_config.json", None, 0.0),
}


@dataclass(frozen=True)
class WanWeights:
    """A folder in diffusers' layout and what it lacks.

    Attributes:
        folder: holds model_index.json and one folder per component.
        missing: one line per file that is missing or cut short, with its size where known.
        sizes: bytes of weight files found, per component.
        parameters: numbers in those files, per component.
        gguf: a quantised transformer that takes the place of the folder's own.
        configs: the components' config.json, where they are not read from the folder.
    """

    folder: Path
    missing: tuple[str, ...]
    sizes: dict[str, int]
    parameters: dict[str, int]
    gguf: Path | None = None
    configs: Mapping[str, dict[str, Any]] | None = None

    @property
    def origin(self) -> str:
        """The files, for messages."""
        return f"{self.folder}" + (f" with {self.gguf}" if self.gguf else "")

    def config_of(self, component: str) -> dict[str, Any]:
        """A component's config.json."""
        if self.configs is not None:
            return dict(self.configs[component])
        return _json(self.folder / component / _COMPONENTS[component][0])

    def gpu_bytes(self) -> dict[str, int]:
        """Memory of each component once loaded: bfloat16, the VAE float32, whatever the files hold.

        Without the text encoder, which is gone before the others are loaded.
        """
        width = {"transformer": 2, "image_encoder": 2, "vae": 4}
        held = {name: size * self.parameters.get(name, 0) for name, size in width.items()}
        if self.gguf is not None:
            held["transformer"] = self.sizes["transformer"]
        return held

    @property
    def complete(self) -> bool:
        """Whether every component can be loaded."""
        return not self.missing

    def fingerprint(self) -> str:
        """Identifies the weights by their configurations and file sizes, without reading them."""
        parts = ("transformer", "image_encoder", "vae", "scheduler", "image_processor")
        return self._identity(*parts)

    def content(self) -> str:
        """Identifies the weights by what is in the files, as far as they are small enough to read.

        Another than `fingerprint` where a model was trained anew in the same folder.
        """
        files = (f for name in _COMPONENTS for f in (self.folder / name).glob("*") if f.is_file())
        return files_digest(files, self.folder)

    def text_fingerprint(self) -> str:
        """Identifies what embeds the prompt, in the same way."""
        return self._identity("text_encoder", "tokenizer")

    def _identity(self, *components: str) -> str:
        configs = {
            component: (self.folder / component / _COMPONENTS[component][0]).read_text("utf-8")
            for component in components
        }
        return sha256_json([configs, {name: self.sizes.get(name) for name in components}])


# docs/reference/wan-animate.md#model-and-files
PUBLISHED = WanWeights(
    folder=Path(HUB_ID), missing=("all of it",), sizes={},
    parameters={"transformer": 17_270_000_000, "image_encoder": 632_000_000, "vae": 127_000_000},
    configs={
        "transformer": {"num_layers": 40, "num_attention_heads": 40, "attention_head_dim": 128,
                        "ffn_dim": 13824, "inject_face_latents_blocks": 5, "patch_size": [1, 2, 2]},
        "vae": {"base_dim": 96, "scale_factor_spatial": 8},
    },
)  # fmt: skip
"""Wan-Animate by its architecture alone, for who asks what it would take."""


def find_wan(model: str | None, gguf: Path | None = None) -> WanWeights:
    """The weights of a local folder or hub id, else of the environment variable, else of the cache.

    Never downloads. With `gguf`, the transformer is read from that file, and the folder needs to
    hold only its config.json.

    Raises MissingAsset where there is no such folder or file, or nothing of that id in the cache,
    UnsuitableInput for a folder of another model family or a file that is no GGUF.
    """
    asked = model or os.environ.get(ENVIRONMENT_VARIABLE) or HUB_ID
    folder = local_folder(asked)
    if folder is None:
        raise MissingAsset(
            f"no Wan-Animate weights: {asked} is neither a folder nor in the model cache "
            f"({_hub_cache()}); all of it is missing: {_whole_model()}",
            _how_to_get(asked),
        )
    weights = inspect_folder(folder)
    return weights if gguf is None else _with_gguf(weights, gguf)


def require_complete(weights: WanWeights, without: frozenset[str] = frozenset()) -> None:
    """Raise MissingAsset that lists the missing files, except those of components not needed."""
    missing = [line for line in weights.missing if line.split("/")[0] not in without]
    if missing:
        raise MissingAsset(
            f"Wan-Animate weights in {weights.folder} are not complete: " + "; ".join(missing),
            _how_to_get(HUB_ID),
        )


def local_folder(asked: str) -> Path | None:
    """The folder of that path, or the model cache's of that hub id; None where neither is there."""
    folder = Path(asked).expanduser()
    return folder if folder.is_dir() else _cached_snapshot(asked)


def _with_gguf(weights: WanWeights, gguf: Path) -> WanWeights:
    if not gguf.is_file():
        raise MissingAsset(f"{gguf} is not there", "give --gguf the path of a .gguf file")
    with gguf.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise UnsuitableInput(f"{gguf} is not a GGUF file")
    config = f"transformer/{_COMPONENTS['transformer'][0]}"
    missing = tuple(
        line for line in weights.missing if not line.startswith("transformer/") or line == config
    )
    sizes = {**weights.sizes, "transformer": gguf.stat().st_size}
    return replace(weights, missing=missing, sizes=sizes, gguf=gguf)


def inspect_folder(folder: Path) -> WanWeights:
    """Look at a folder that should hold the pipeline."""
    index = folder / "model_index.json"
    if not index.is_file():
        return WanWeights(folder, ("model_index.json", *_all_components()), {}, {})
    family = _json(index).get("_class_name")
    if family != PIPELINE_CLASS:
        raise UnsuitableInput(
            f"{folder} holds a {family}, not a {PIPELINE_CLASS}",
            f"give a folder of {HUB_ID}, or leave --model out",
        )
    missing: list[str] = []
    sizes: dict[str, int] = {}
    parameters: dict[str, int] = {}
    for component, (config, stem, gigabytes) in _COMPONENTS.items():
        if not (folder / component / config).is_file():
            missing.append(f"{component}/{config}")
        if stem:
            found = _weight_files(folder / component, stem, gigabytes)
            missing += [f"{component}/{name}" for name in found.missing]
            sizes[component], parameters[component] = found.size, found.parameters
    return WanWeights(folder, tuple(missing), sizes, parameters)


@dataclass(frozen=True)
class _Found:
    missing: list[str]
    size: int = 0
    parameters: int = 0


def _weight_files(folder: Path, stem: str, gigabytes: float) -> _Found:
    """Weight files that are missing or cut short, and what those hold that are there."""
    single, index = folder / f"{stem}.safetensors", folder / f"{stem}.safetensors.index.json"
    names = [single.name]
    total = gigabytes * 1e9
    if index.is_file():
        content = _json(index)
        names = sorted(set(content.get("weight_map", {}).values()))
        total = float(content.get("metadata", {}).get("total_size", total))
    elif not single.is_file():
        shards = sorted(path.name for path in folder.glob(f"{stem}-*-of-*.safetensors"))
        have = f"; {len(shards)} shards are there" if shards else ""
        return _Found([f"{stem}*.safetensors with its index ({gigabytes:.1f} GB{have})"])
    lacking, found, parameters = [], 0, 0
    for name in names:
        path = folder / name
        if not path.is_file():
            lacking.append(f"{name} (about {total / len(names) / 1e9:.1f} GB)")
            continue
        size, promised = path.stat().st_size, _promised(path)
        found += size
        parameters += promised[1] if promised else 0
        if promised is None or size < promised[0]:
            of = f" of {promised[0]:,}" if promised else ""
            lacking.append(f"{name} (cut short: {size:,}{of} bytes)")
    return _Found(lacking, found, parameters)


def _promised(path: Path) -> tuple[int, int] | None:
    """Size and number of parameters in a safetensors header; None if the header is broken."""
    from huggingface_hub import parse_local_safetensors_file_metadata
    from huggingface_hub.errors import SafetensorsParsingError

    try:
        header = parse_local_safetensors_file_metadata(path)
    except SafetensorsParsingError:
        return None
    with path.open("rb") as stream:
        # The library keeps to itself how long the header is, which the file's first number says.
        start = 8 + int.from_bytes(stream.read(8), "little")
    end = max((tensor.data_offsets[1] for tensor in header.tensors.values()), default=0)
    return start + int(end), sum(header.parameter_count.values())


def _cached_snapshot(hub_id: str) -> Path | None:
    """The snapshot of a hub id in the model cache: of its main branch, else the newest."""
    from huggingface_hub import scan_cache_dir, snapshot_download
    from huggingface_hub.errors import (
        CacheNotFound,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    if hub_id.count("/") != 1:
        return None
    try:
        return Path(snapshot_download(hub_id, cache_dir=_hub_cache(), local_files_only=True))
    except HFValidationError:
        return None
    except LocalEntryNotFoundError:
        pass
    try:
        repos = scan_cache_dir(_hub_cache()).repos
    except CacheNotFound:
        return None
    snapshots = [one for repo in repos if repo.repo_id == hub_id for one in repo.revisions]
    newest = max(snapshots, key=lambda one: one.last_modified, default=None)
    return None if newest is None else Path(newest.snapshot_path)


def _hub_cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _json(path: Path) -> dict[str, Any]:
    try:
        content = read_json(path)
    except ValueError as error:
        raise UnsuitableInput(f"{path} is not readable as JSON: {error}") from error
    if not isinstance(content, dict):
        raise UnsuitableInput(f"{path} does not hold a JSON object")
    return content


def _all_components() -> list[str]:
    return [
        f"{component}/{stem or config}" + (f"*.safetensors ({gigabytes} GB)" if stem else "")
        for component, (config, stem, gigabytes) in _COMPONENTS.items()
    ]


def _whole_model() -> str:
    return ", ".join(f"{name} {size:g} GB" for name, (_, _, size) in _COMPONENTS.items() if size)


def _how_to_get(asked: str) -> str:
    hub_id = asked if asked.count("/") == 1 and not asked.startswith((".", "~", "/")) else HUB_ID
    return (
        f"`hf download {hub_id}` fetches it once; or point --model or ${ENVIRONMENT_VARIABLE} at "
        "a folder"
    )
