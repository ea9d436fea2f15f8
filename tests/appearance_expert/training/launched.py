"""What test_several_processes.py runs in one process and in two: a few steps, twice, by name.

"cut" in a name asks for FSDP, "zero" for DeepSpeed, "average" for one, "16" for bfloat16.
"""

import os
import sys
from pathlib import Path

import torch

from pipelines.appearance_expert.training.network import (
    put_motion_encoder_aside,
    recompute_activations,
)
from pipelines.appearance_expert.training.stages import prepare_stage
from pipelines.appearance_expert.training.task import FlowLoss, stage_task
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch
from pipelines.training.processes import leave_processes


def train(model, folder, names, draw):
    from diffusers import WanAnimateTransformer3DModel

    for name in names:
        os.environ |= {
            "ACCELERATE_USE_FSDP": str("cut" in name), "FSDP_VERSION": "2",
            "ACCELERATE_USE_DEEPSPEED": str("zero" in name), "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3",
        }  # fmt: skip
        launch = Launch(torch.device("cpu"))
        dtype = torch.bfloat16 if name.endswith("16") else torch.float32
        for steps in (2, 4):  # the second time from the checkpoint of the first
            torch.manual_seed(1)
            transformer = WanAnimateTransformer3DModel.from_pretrained(
                model, subfolder="transformer", torch_dtype=dtype
            )
            prepare_stage(transformer, "aesthetic", rank=4)
            put_motion_encoder_aside(transformer)
            recompute_activations(transformer)
            transformer = launch.placed(transformer, transformer.blocks)
            task = stage_task(
                transformer, draw, lambda *_: None, FlowLoss(dtype), 1e-3, held=(draw(1, (9,)),)
            )
            options = EngineOptions(
                steps=steps, batch_size=2, lr=1e-3, grad_clip=0.01, checkpoint_every=2,
                accumulate=2 // launch.processes.count, validate_every=2, keep=9,
                ema_decay=0.9 if "average" in name else None,
            )  # fmt: skip
            Engine(task, options, Path(folder) / name, launch, SILENT).run()


if __name__ == "__main__":
    from made_up import made_up

    train(sys.argv[1], sys.argv[2], sys.argv[3].split(","), made_up)
    # Left as the commands leave it: a group that outlives its process may abort it.
    leave_processes()
