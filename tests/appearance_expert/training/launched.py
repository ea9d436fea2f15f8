"""What test_launch.py runs in one process and in two: a few steps, twice, by each of some names.

"cut" in a name asks for FSDP, "zero" for DeepSpeed, "16" for bfloat16.
"""

import os
import sys
from pathlib import Path

import torch

from pipelines.appearance_expert.training.engine import Course, Engine, EngineOptions
from pipelines.appearance_expert.training.launch import Launch
from pipelines.appearance_expert.training.network import (
    put_motion_encoder_aside,
    recompute_activations,
)
from pipelines.appearance_expert.training.stages import prepare_stage
from pipelines.support.progress import SILENT


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
            course = Course(
                launch.placed(transformer), draw, save=lambda *_: None, held=[draw(1, (9,))],
                averages=not launch.cuts, learn=launch.learner,
            )  # fmt: skip
            options = EngineOptions(
                max_steps=steps, batch_size=2, lr=1e-3, grad_clip=0.01, checkpoint_every=2,
                accumulate=2 // launch.processes.count, validate_every=2, keep=9,
            )  # fmt: skip
            Engine(
                course, options, Path(folder) / name, launch.device, launch.processes, SILENT
            ).run()


if __name__ == "__main__":
    from test_engine import made_up

    train(sys.argv[1], sys.argv[2], sys.argv[3].split(","), made_up)
