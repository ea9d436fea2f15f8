"""Two processes on the CPU: a copy each (torchrun), a part each (FSDP), against one process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pipelines.appearance_expert.training.launch import Launch
from pipelines.errors import BadUsage

ROOT = Path(__file__).parents[3]

_SCRIPT = """
import os, sys
from pathlib import Path
import torch
from diffusers import WanAnimateTransformer3DModel
from pipelines.appearance_expert.training.engine import Course, Engine, EngineOptions
from pipelines.appearance_expert.training.launch import Launch
from pipelines.appearance_expert.training.network import (
    put_motion_encoder_aside, recompute_activations)
from pipelines.appearance_expert.training.stages import prepare_stage
from pipelines.progress import SILENT
sys.path.insert(0, sys.argv[3])
from test_engine import made_up

for name in sys.argv[4].split(","):
    os.environ |= {"ACCELERATE_USE_FSDP": str(name.startswith("cut")), "FSDP_VERSION": "2"}
    launch = Launch(torch.device("cpu"))
    dtype = torch.bfloat16 if name.endswith("16") else torch.float32
    for steps in (2, 4):  # the second time from the checkpoint of the first
        torch.manual_seed(1)
        transformer = WanAnimateTransformer3DModel.from_pretrained(
            sys.argv[1], subfolder="transformer", torch_dtype=dtype)
        prepare_stage(transformer, "aesthetic", rank=4)
        put_motion_encoder_aside(transformer)
        recompute_activations(transformer)
        course = Course(launch.placed(transformer), made_up, save=lambda *_: None,
                        held=[made_up(1, (9,))], averages=not launch.cuts)
        options = EngineOptions(
            max_steps=steps, batch_size=2, lr=1e-3, grad_clip=0.01, checkpoint_every=2,
            accumulate=2 // launch.processes.count, validate_every=2, keep=9)
        folder = Path(sys.argv[2]) / name
        Engine(course, options, folder, launch.device, launch.processes, SILENT).run()
"""


def run(tiny_wan, folder, names, *launcher):
    script = folder / "script.py"
    script.write_text(_SCRIPT)
    done = subprocess.run(
        [sys.executable, *launcher, script, tiny_wan, folder, Path(__file__).parent, names],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def state(folder, name):
    return load_file(folder / name / "step-00000004" / "training.safetensors")


def test_copies_and_parts_learn_what_one_process_learns(tiny_wan, tmp_path):
    run(tiny_wan, tmp_path, "one,one16")
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    run(tiny_wan, tmp_path, "copies,cut,cut16", *torchrun)
    one = state(tmp_path, "one")
    for name in ("copies", "cut"):
        other = state(tmp_path, name)
        assert one.keys() == other.keys()
        for key in one:
            assert torch.allclose(one[key], other[key], atol=1e-6), (name, key)
    half, cut = state(tmp_path, "one16"), state(tmp_path, "cut16")
    for key in half:
        if key.startswith("master."):
            assert torch.allclose(half[key], cut[key], atol=2e-3), key


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"ACCELERATE_USE_DEEPSPEED": "true"}, "DeepSpeed"),
     ({"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "1"}, "the first FSDP"),
     ({"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2", "FSDP_OFFLOAD_PARAMS": "true"},
      "offload")],
)  # fmt: skip
def test_settings_that_are_not_known_are_named(monkeypatch, settings, said):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadUsage, match=said):
        Launch(torch.device("cpu"))


def test_alone_it_is_a_network_as_any_other(tiny_transformer):
    launch = Launch(torch.device("cpu"))
    assert (launch.processes.count, launch.cuts) == (1, False)
    assert launch.placed(tiny_transformer) is tiny_transformer


def test_the_shipped_config_asks_for_what_is_known():
    text = (ROOT / "examples" / "accelerate" / "fsdp.yaml").read_text()
    for line in ("distributed_type: FSDP", "fsdp_version: 2", "fsdp_offload_params: false"):
        assert line in text
