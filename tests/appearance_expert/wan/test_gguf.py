"""A quantised transformer from a GGUF file, in the names in which such files are published."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.wan.backend import Wan
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.weights import find_wan, require_complete
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput

gguf = pytest.importorskip("gguf")
CONFIG = WanConfig(wan_sampling_steps=2, segment_frames=17, overlap=1)

# From diffusers' names to the original ones: docs/reference/wan-animate.md#files-laid-over-it.
_RENAMED = [
    ("condition_embedder.time_embedder.linear_1", "time_embedding.0"),
    ("condition_embedder.time_embedder.linear_2", "time_embedding.2"),
    ("condition_embedder.text_embedder.linear_1", "text_embedding.0"),
    ("condition_embedder.text_embedder.linear_2", "text_embedding.2"),
    ("condition_embedder.time_proj", "time_projection.1"),
    ("condition_embedder.image_embedder.norm1", "img_emb.proj.0"),
    ("condition_embedder.image_embedder.ff.net.0.proj", "img_emb.proj.1"),
    ("condition_embedder.image_embedder.ff.net.2", "img_emb.proj.3"),
    ("condition_embedder.image_embedder.norm2", "img_emb.proj.4"),
    (".attn1.", ".self_attn."), (".attn2.", ".cross_attn."), (".to_out.0.", ".o."),
    (".ffn.net.0.proj.", ".ffn.0."), (".ffn.net.2.", ".ffn.2."), ("proj_out.", "head.head."),
    ("motion_encoder.motion_synthesis_weight", "motion_encoder.dec.direction.weight"),
    ("motion_encoder.motion_network.", "motion_encoder.enc.fc."),
    ("motion_encoder.conv_in.weight", "motion_encoder.enc.net_app.convs.0.0.weight"),
    ("motion_encoder.conv_in.act_fn.bias", "motion_encoder.enc.net_app.convs.0.1.bias"),
    ("motion_encoder.conv_out.weight", "motion_encoder.enc.net_app.convs.8.weight"),
    ("face_adapter.", "face_adapter.fuser_blocks."), ("face_encoder.conv1_local.",
     "face_encoder.conv1_local.conv."), ("face_encoder.conv2.", "face_encoder.conv2.conv."),
    ("face_encoder.conv3.", "face_encoder.conv3.conv."),
]  # fmt: skip


def original(name):
    if name == "scale_shift_table":
        return "head.modulation"
    for new, old in _RENAMED:
        name = name.replace(new, old)
    if name.startswith("face_adapter"):
        for new, old in (("to_q", "linear1_q"), ("to_out", "linear2"), ("norm_q", "q_norm"),
                         ("norm_k", "k_norm")):  # fmt: skip
            name = name.replace(new, old)
        return name
    for part, old in (("conv1.weight", "conv1.0.weight"), ("conv1.act_fn.bias", "conv1.1.bias"),
                      ("conv2.weight", "conv2.1.weight"), ("conv2.act_fn.bias", "conv2.2.bias"),
                      ("conv_skip.weight", "skip.1.weight")):  # fmt: skip
        if name.startswith("motion_encoder.res_blocks.") and name.endswith(part):
            block = int(name.split(".")[2]) + 1
            return f"motion_encoder.enc.net_app.convs.{block}.{old}"
    if name.startswith("blocks."):
        name = name.replace("scale_shift_table", "modulation").replace("norm2", "norm3")
        for new, old in (("to_q", "q"), ("to_k", "k"), ("to_v", "v")):
            name = name.replace(f".{new}.", f".{old}.")
    return name


@pytest.fixture(scope="module")
def quantised(tiny_wan, tmp_path_factory):
    """The tiny transformer with its block's matrices in 8 bits, rows of 32 numbers together."""
    from safetensors.numpy import load_file

    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    state = load_file(tiny_wan / "transformer" / "diffusion_pytorch_model.safetensors")
    writer = gguf.GGUFWriter(str(path), "wan")
    done = set()
    for name, value in state.items():
        if "blur_kernel" in name or name in done:
            continue
        key = original(name)
        if name.startswith("face_adapter") and (".to_k." in name or ".to_v." in name):
            other = name.replace(".to_k.", ".to_v.")
            done |= {name.replace(".to_v.", ".to_k."), other}
            value = np.concatenate([state[other.replace(".to_v.", ".to_k.")], state[other]])
            key = original(name).replace("to_k", "linear1_kv").replace("to_v", "linear1_kv")
        if "act_fn.bias" in name:
            value = value.reshape(1, -1, 1, 1)
        if name.startswith("blocks.") and value.ndim == 2 and value.shape[1] % 32 == 0:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(key, gguf.quants.quantize(value, kind), raw_dtype=kind)
        else:
            writer.add_tensor(key, value.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_it_takes_the_place_of_the_folders_own(tiny_wan, quantised, portrait, swaying, tmp_path):
    import shutil

    folder = shutil.copytree(tiny_wan, tmp_path / "model")
    (folder / "transformer" / "diffusion_pytorch_model.safetensors").unlink()
    weights = find_wan(str(folder), quantised)
    require_complete(weights)
    assert weights.gpu_bytes()["transformer"] == quantised.stat().st_size
    config = replace(CONFIG, gguf=quantised)
    backend = Wan.load(weights, "cpu", config)
    frames = np.array(list(backend.frames(portrait, swaying(3), 0))).astype(int)
    whole = Wan.load(find_wan(str(tiny_wan)), "cpu", CONFIG)
    plain = np.array(list(whole.frames(portrait, swaying(3), 0))).astype(int)
    assert 0 < np.abs(frames - plain).mean() < 4
    assert backend.report()["dtype"] == "gguf"
    assert str(quantised) in backend.report()["model"]


def test_loras_and_files_of_another_kind(tiny_wan, quantised, tmp_path):
    (tmp_path / "lora.safetensors").write_bytes(b"x")
    with pytest.raises(BadUsage, match="--lora is merged"):
        replace(CONFIG, gguf=quantised, lora=(str(tmp_path / "lora.safetensors"),)).validate()
    (tmp_path / "text.gguf").write_text("not one")
    with pytest.raises(UnsuitableInput, match="not a GGUF file"):
        find_wan(str(tiny_wan), tmp_path / "text.gguf")
    with pytest.raises(MissingAsset):
        find_wan(str(tiny_wan), tmp_path / "none.gguf")
