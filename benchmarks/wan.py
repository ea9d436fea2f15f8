"""Wan-Animate: what our code costs around diffusers' own loop, and the model at full size.

python benchmarks/wan.py overhead            tiny random model, on the CPU: seconds and per cent
python benchmarks/wan.py layouts MODEL       every --profile on a GPU, a small model's frames
python benchmarks/wan.py full [--smoke]      full size, random weights, on a large GPU

`full` times forwards of the transformer and the VAE, extrapolates a segment of 20 steps from them
and says so, and runs the layouts of --profile. Training steps are for appearance_training.py.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import full_size
import numpy as np
import torch
from measure import table

ROOT = Path(__file__).parents[1]
PROMISED_OVERHEAD = 0.05


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("overhead", "layouts", "full"))
    parser.add_argument("model", nargs="?", help="of layouts: a folder in diffusers' form")
    parser.add_argument("--smoke", action="store_true", help="few layers, to see that it runs")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    if asked.what == "overhead":
        overhead(asked.repeats)
    elif asked.what == "layouts":
        layouts(asked.model)
    else:
        full(smoke=asked.smoke)


# The tiny model -------------------------------------------------------------------------------


def overhead(repeats: int) -> None:
    """The same segment by diffusers' pipeline alone, and by our back end, one after the other."""
    sys.path.insert(0, str(ROOT / "tests" / "appearance_expert"))
    from conftest import build_tiny_wan
    from PIL import Image

    from pipelines.appearance_expert.wan.backend import Wan
    from pipelines.appearance_expert.wan.config import WanConfig
    from pipelines.appearance_expert.wan.frames import Controls
    from pipelines.appearance_expert.wan.weights import find_wan

    config = WanConfig(wan_sampling_steps=20, segment_frames=77)
    person, dance = _someone(77, 96, 128)
    with tempfile.TemporaryDirectory() as folder:
        backend = Wan.load(find_wan(str(build_tiny_wan(Path(folder)))), "cpu", config)
        loaded = backend._loaded
        controls = Controls.of(person, dance, 30.0, 10**6)
        poses = [Image.fromarray(controls.pose(frame)) for frame in range(77)]
        side = loaded.pipeline.transformer.config.motion_encoder_size
        face = Image.fromarray(np.zeros((side, side, 3), np.uint8))

        def theirs() -> None:
            loaded.pipeline(
                image=Image.fromarray(controls.reference), pose_video=poses,
                face_video=[face] * 77, prompt_embeds=loaded.prompt_embeds, height=128, width=96,
                segment_frame_length=77, num_inference_steps=20,
                prev_segment_conditioning_frames=5, generator=torch.Generator().manual_seed(0),
                output_type="pt",
            )  # fmt: skip

        def ours() -> None:
            for _ in backend.frames(person, dance, 0):
                pass

        theirs(), ours()
        # In turns, so that what else the machine does hits both alike.
        pairs = [(_cpu_seconds(theirs), _cpu_seconds(ours)) for _ in range(repeats)]
    best = [min(times) for times in zip(*pairs, strict=True)]
    share = best[1] / best[0] - 1
    table(
        ("one segment, 96x128x77, 20 steps", "CPU seconds"),
        [("diffusers' pipeline alone", best[0]), ("macedance", best[1])],
    )
    verdict = "holds" if share <= PROMISED_OVERHEAD else "does not hold"
    print(f"overhead {share:.1%}; promised: at most {PROMISED_OVERHEAD:.0%}: {verdict}")


def _cpu_seconds(work: Callable[[], None]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _someone(frames: int, width: int, height: int) -> tuple[Any, Any]:
    from pipelines.keypoints.person import ReferencePerson
    from pipelines.keypoints.staged import StagedDance

    random = np.random.default_rng(0)
    picture = random.integers(0, 255, (height, width, 3), dtype=np.uint8)
    rest = random.uniform(0.2, 0.8, (29, 2)) * [width, height]
    sway = np.sin(np.arange(frames) / 5)[:, None, None] * [width / 10, 0]
    person = ReferencePerson(
        picture, np.ones((height, width), np.float32), rest, np.zeros(29), "full", "file"
    )
    dance = StagedDance(
        xy=rest + sway, depth=np.ones((frames, 29)), visibility=np.ones((frames, 29)),
        points=np.zeros((frames, 29, 3)), rotations=np.zeros((frames, 24, 3, 3)),
        yaw=np.zeros(frames), contact=np.ones((frames, 2), bool), ground_y=height - 4.0,
        pixels_per_metre=30.0, reference_to_canvas=np.array([[1.0, 0, 0], [0, 1.0, 0]]),
        figure_scale=1.0, width=width, height=height, fps=30.0, coverage="full",
    )  # fmt: skip
    return person, dance


def layouts(model: str) -> None:
    """Two segments by each profile, beside the CPU's: seconds, and how far the frames differ."""
    from pipelines.appearance_expert.wan.backend import Wan
    from pipelines.appearance_expert.wan.config import WanConfig
    from pipelines.appearance_expert.wan.profiles import PROFILES
    from pipelines.appearance_expert.wan.weights import find_wan

    person, dance = _someone(30, 96, 128)
    reference = None
    rows = []
    for name in ("cpu", *(name for name in PROFILES if name != "cpu")):
        config = WanConfig(wan_sampling_steps=4, segment_frames=17, overlap=5, profile=name)
        device = "cpu" if name == "cpu" else "cuda"
        begin = time.perf_counter()
        try:
            backend = Wan.load(find_wan(model), device, config)
            frames = np.array(list(backend.frames(person, dance, 0))).astype(int)
        except Exception as error:
            rows.append((name, "", "", f"{type(error).__name__}: {str(error)[:200]}"))
            continue
        reference = frames if reference is None else reference
        off = float(np.abs(frames - reference).mean())
        rows.append((name, time.perf_counter() - begin, off, backend.report()["dtype"]))
        del backend
        _collect()
    table(("--profile", "s", "mean difference of 255", "kept as"), rows)


# The full size --------------------------------------------------------------------------------

STEPS = 20


def full(smoke: bool) -> None:
    """Everything that takes a large GPU; each part is tried, and what fails is named."""
    card = torch.cuda.get_device_name()
    rate = _matmul_rate()
    print(f"{card}, torch {torch.__version__}; bfloat16 8192^3 product: {rate / 1e12:.0f} TFLOP/s")
    begin = time.perf_counter()
    transformer = full_size.build_full_size("cuda", layers=5 if smoke else 40)
    torch.cuda.synchronize()
    count = sum(p.numel() for p in transformer.parameters())
    print(f"{count / 1e9:.2f} B parameters in {time.perf_counter() - begin:.0f} s\n", flush=True)
    vae = full_size.build_vae("cuda")
    _tried("480x832", lambda: _segment(transformer, vae, 480, 832, 6, rate))
    if not smoke:
        _tried("720x1280", lambda: _segment(transformer, vae, 720, 1280, 2, rate))
    for profile in ("48gb", "24gb"):
        _tried(f"profile {profile}", lambda name=profile: _layout(transformer, name))


def _segment(
    transformer: torch.nn.Module,
    vae: torch.nn.Module,
    width: int,
    height: int,
    forwards: int,
    rate: float,
) -> None:
    from pipelines.appearance_expert.wan.estimate import (
        Network,
        segment_cost,
        segment_seconds,
        working_bytes,
    )

    network = Network.of(dict(transformer.config))
    inputs = full_size.segment_inputs(width, height)
    pixels = torch.zeros(1, 3, 77, height, width, device="cuda")
    latents = torch.randn(1, 16, 20, height // 8, width // 8, device="cuda")
    held = sum(p.nbytes for net in (transformer, vae) for p in net.parameters())
    with torch.no_grad():
        first, _ = _timed(lambda: transformer(**inputs.arguments))
        forward, peak = _timed(lambda: transformer(**inputs.arguments), max(1, forwards - 1))
        encode, encode_peak = _timed(lambda: vae.encode(pixels))
        decode, decode_peak = _timed(lambda: vae.decode(latents))
    flops = network.flops(inputs.tokens)
    whole = STEPS * forward + 2 * encode + decode
    cost = segment_cost(network, width, height, 77, STEPS)
    expected = segment_seconds(cost, "cuda", (rate, _matmul_rate(torch.float32)))
    peaks = (peak, encode_peak, decode_peak)
    working = working_bytes(network, width, height, 77)
    needed = max(working.transformer, working.vae)
    table(
        (f"{width}x{height}x77, {inputs.tokens} tokens", "measured", "estimated before"),
        [
            ("first forward, s", first, ""),
            ("forward, s", forward, ""),
            ("PFLOP of a forward", flops / 1e15, ""),
            ("TFLOP/s", flops / forward / 1e12, ""),
            ("% of the matrix product's rate", 100 * flops / forward / rate, 60.0),
            ("VAE encode 77 frames, s", encode, ""),
            ("VAE decode 77 frames, s", decode, ""),
            (f"segment of {STEPS} steps, s (extrapolated)", whole, expected or 0.0),
            ("peak of the transformer, GB", peak / 1e9, (held + working.transformer) / 1e9),
            ("peak of the VAE's encoder, GB", encode_peak / 1e9, ""),
            ("peak of the VAE's decoder, GB", decode_peak / 1e9, (held + working.vae) / 1e9),
            ("peak, GB", max(peaks) / 1e9, (held + needed) / 1e9),
        ],
    )
    print(f"attention: {_attention(inputs.tokens)}\n", flush=True)


def _layout(transformer: torch.nn.Module, name: str) -> None:
    """Two steps of the transformer as a profile holds it, its weights beginning in host memory."""
    from pipelines.appearance_expert.wan.profiles import PROFILES

    profile = PROFILES[name]
    begin = time.perf_counter()
    if profile.float8:
        transformer.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.bfloat16
        )
    transformer.to("cpu")
    _collect()
    if profile.placement == "components":
        transformer.to("cuda")
    else:
        transformer.enable_group_offload(
            onload_device=torch.device("cuda"), offload_device=torch.device("cpu"),
            offload_type="leaf_level", use_stream=True, low_cpu_mem_usage=not profile.pinned,
        )  # fmt: skip
    moved = time.perf_counter() - begin
    inputs = full_size.segment_inputs(480, 832)
    with torch.no_grad():
        first, _ = _timed(lambda: transformer(**inputs.arguments))
        forward, peak = _timed(lambda: transformer(**inputs.arguments))
    table(
        (f"--profile {name}, 480x832x77", "measured"),
        [("laid out in, s", moved), ("first forward, s", first), ("forward, s", forward),
         ("peak with the weights, GB", peak / 1e9)],
    )  # fmt: skip


def _tried(name: str, work: Callable[[], None]) -> None:
    begin = time.perf_counter()
    try:
        work()
    except Exception as error:
        print(f"{name}: failed: {type(error).__name__}: {str(error)[:500]}\n", flush=True)
    _collect()
    print(f"[{name}: {time.perf_counter() - begin:.0f} s]\n", flush=True)


def _timed(work: Callable[[], object], repeats: int = 1) -> tuple[float, int]:
    """Mean seconds of a call, and the peak of graphics memory."""
    _collect()
    torch.cuda.reset_peak_memory_stats()
    begin = time.perf_counter()
    for _ in range(repeats):
        work()
    torch.cuda.synchronize()
    return (time.perf_counter() - begin) / repeats, torch.cuda.max_memory_allocated()


def _matmul_rate(dtype: torch.dtype = torch.bfloat16) -> float:
    a, b = torch.randn(2, 8192, 8192, device="cuda", dtype=dtype)
    seconds = min(_timed(lambda: a @ b)[0] for _ in range(4))
    return 2.0 * 8192**3 / seconds


def _attention(tokens: int) -> str:
    """Which implementation torch takes for this many tokens, by name."""
    from torch.profiler import ProfilerActivity, profile

    query = torch.randn(1, 40, min(tokens, 8192), 128, device="cuda", dtype=torch.bfloat16)
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        torch.nn.functional.scaled_dot_product_attention(query, query, query)
    names = {event.key for event in seen.key_averages()}
    return ", ".join(sorted(name for name in names if "attention" in name and "_for" not in name))


def _collect() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
