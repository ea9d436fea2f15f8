"""diffusers' modular pipeline of Wan-Animate-2: loaded from local files, one segment at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.wan.weights import local_folder
from pipelines.support.errors import MissingAsset, OutOfResources, UnsuitableInput, is_out_of_memory
from pipelines.support.files import read_json
from pipelines.support.progress import Advance

Frames = NDArray[np.uint8]

HUB_ID = "Wan-AI/Wan2.2-Animate-2-14B-Diffusers"
INDEX = "modular_model_index.json"
_BLOCKS = {
    "WanAnimate2ModularPipeline": "WanAnimate2Blocks",
    "WanAnimate2DistilledModularPipeline": "WanAnimate2DistilledBlocks",
}
_WITH_WEIGHTS = ("transformer", "text_encoder", "image_encoder", "vae")


def model_files(model: str | None) -> tuple[Path, str]:
    """The folder of the weights and the class of their pipeline; nothing is loaded.

    Raises MissingAsset where there are none, or components lack, UnsuitableInput for another
    family.
    """
    asked = model or HUB_ID
    folder = local_folder(asked)
    if folder is None:
        raise MissingAsset(
            f"no Wan-Animate-2 weights: {asked} is neither a folder nor in the model cache",
            f"`hf download {HUB_ID}` fetches them once; or point --model at a folder",
        )
    if not (folder / INDEX).is_file():
        raise UnsuitableInput(
            f"{folder} holds no {INDEX}, so no Wan-Animate-2", f"give a folder of {HUB_ID}"
        )
    kind = str(read_json(folder / INDEX).get("_class_name"))
    if kind not in _BLOCKS:
        raise UnsuitableInput(f"{folder} holds a {kind}", f"give a folder of {HUB_ID}")
    lacking = [name for name in _WITH_WEIGHTS if not list((folder / name).glob("*.safetensors"))]
    if lacking:
        raise MissingAsset(
            f"Wan-Animate-2 weights in {folder} lack {', '.join(lacking)}",
            f"`hf download {HUB_ID}` fetches what is missing",
        )
    return folder, kind


def load_pipeline(folder: Path, kind: str, device: str) -> Any:
    """The pipeline on its device, in bfloat16 on a GPU, the VAE in float32."""
    import torch
    from diffusers import modular_pipelines

    from pipelines.appearance_expert.wan.loading import quiet_libraries
    from pipelines.appearance_expert.wan.profiles import free_gpu_memory

    quiet_libraries()
    on_gpu = free_gpu_memory(device) is not None
    dtype = torch.bfloat16 if on_gpu else torch.float32
    blocks = getattr(modular_pipelines, _BLOCKS[kind])()
    blocks.sub_blocks["denoise"].sub_blocks["denoise"] = _one_segment(kind)()
    try:
        pipeline = blocks.init_pipeline(str(folder))
        pipeline.load_components(
            pretrained_model_name_or_path=str(folder),
            dtype={"default": dtype, "vae": torch.float32},
            local_files_only=True,
        )
        # diffusers only logs what does not load, and goes on without it.
        lost = [name for name in _WITH_WEIGHTS if getattr(pipeline, name) is None]
        if lost:
            raise ValueError(f"no {' and no '.join(lost)} in it that fits its config")
        if on_gpu:
            pipeline.to("cuda")
            # Its attention over generated and driving frames fits in memory only when compiled.
            pipeline.transformer.compile_repeated_blocks()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if is_out_of_memory(error):
            raise OutOfResources(
                f"out of memory while loading {folder}", "Wan-Animate-2 takes a card of 80 GB"
            ) from error
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnsuitableInput(f"{folder} does not load as Wan-Animate-2: {reason}") from error
    return pipeline


@contextmanager
def continued(
    pipeline: Any, tail: Frames | None, driving: list[Any], advance: Advance
) -> Iterator[list[Any]]:
    """Within the block, the pipeline's call makes one segment that continues `tail`.

    Args:
        pipeline: from `load_pipeline`.
        tail: (R, H, W, 3) last frames of the segment before; None for the first.
        driving: the segment's frames.
        advance: told of every sampling step.

    Yields:
        The driving video to call it with. A later segment stands second in it, for the pipeline
        gives the first one no frames to continue.
    """
    import torch
    from diffusers.modular_pipelines.wan_animate_2 import denoise

    pipeline.tail_BCTHW = None
    if tail is not None:
        pixels = torch.from_numpy(tail.astype(np.float32) / 127.5 - 1)
        pipeline.tail_BCTHW = pixels.permute(3, 0, 1, 2)[None]
    bar = denoise.tqdm
    denoise.tqdm = lambda **_: _Steps(advance)
    try:
        yield driving if tail is None else driving[:1] * (len(driving) - len(tail)) + driving
    finally:
        denoise.tqdm = bar


class _Steps:
    """Stands in for the pipeline's own progress bar, which it cannot be asked to leave out."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance

    def __enter__(self) -> _Steps:
        return self

    def __exit__(self, *_: object) -> None: ...

    def update(self) -> None:
        """One step is done."""
        self._advance(1)


@cache
def _one_segment(kind: str) -> type:
    """The pipeline's loop over segments, made to run one; the tail comes with the pipeline."""
    from diffusers.modular_pipelines.wan_animate_2 import denoise

    distilled = kind.startswith("WanAnimate2Distilled")
    loop = denoise.WanAnimate2DistilledDenoiseStep if distilled else denoise.WanAnimate2DenoiseStep

    class OneSegment(loop):  # type: ignore[misc, valid-type]
        def __call__(self, components: Any, state: Any) -> tuple[Any, Any]:
            block_state = self.get_block_state(state)
            block_state.segment_frames = []
            tail = components.tail_BCTHW
            block_state.out_frames = None if tail is None else tail.to(components._execution_device)
            number = int(tail is not None)
            components, block_state = self.loop_step(components, block_state, k=number)
            self.set_block_state(state, block_state)
            return components, state

    return OneSegment
