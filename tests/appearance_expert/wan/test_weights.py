import json
import os
import shutil

import pytest

from pipelines.appearance_expert.wan.weights import find_wan, inspect_folder, require_complete
from pipelines.support.errors import MissingAsset, UnsuitableInput


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    monkeypatch.delenv("MACEDANCE_WAN_MODEL", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty-cache"))


@pytest.fixture
def copy(tiny_wan, tmp_path):
    return shutil.copytree(tiny_wan, tmp_path / "model")


def test_a_saved_pipeline_is_complete(tiny_wan):
    weights = inspect_folder(tiny_wan)
    assert weights.complete
    assert set(weights.sizes) == {"transformer", "text_encoder", "image_encoder", "vae"}
    assert min(weights.sizes.values()) > 1000


def test_memory_follows_the_parameters_not_the_files(tiny_wan):
    from diffusers import WanAnimatePipeline

    pipeline = WanAnimatePipeline.from_pretrained(tiny_wan)
    count = {
        name: sum(p.numel() for p in getattr(pipeline, name).parameters())
        for name in ("transformer", "image_encoder", "vae")
    }
    memory = inspect_folder(tiny_wan).gpu_bytes()
    assert memory["vae"] == 4 * count["vae"]
    # Buffers are saved too, so that the files may hold a little more than the parameters.
    assert memory["transformer"] == pytest.approx(2 * count["transformer"], rel=0.02)
    assert memory["image_encoder"] == pytest.approx(2 * count["image_encoder"], rel=0.05)


def test_nothing_anywhere_names_files_sizes_and_the_way_out(no_weights):
    with pytest.raises(MissingAsset) as caught:
        find_wan(None)
    assert caught.value.exit_code == 4
    assert "transformer 34.5 GB" in caught.value.what
    assert "hf download Wan-AI/Wan2.2-Animate-14B-Diffusers" in caught.value.hint


def test_environment_variable_and_folder(no_weights, tiny_wan, monkeypatch):
    monkeypatch.setenv("MACEDANCE_WAN_MODEL", str(tiny_wan))
    assert find_wan(None).folder == tiny_wan
    with pytest.raises(MissingAsset, match="elsewhere"):
        find_wan("elsewhere/unknown")


def test_the_model_cache_is_searched_by_hub_id(no_weights, tiny_wan, monkeypatch, tmp_path):
    base = tmp_path / "hub" / "models--someone--tiny"
    shutil.copytree(tiny_wan, base / "snapshots" / "abc")
    (base / "refs").mkdir()
    (base / "refs" / "main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert find_wan("someone/tiny").complete


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("transformer/diffusion_pytorch_model.safetensors", "transformer/diffusion_pytorch_model"),
        ("vae/config.json", "vae/config.json"),
        ("tokenizer/tokenizer_config.json", "tokenizer/tokenizer_config.json"),
        ("model_index.json", "model_index.json"),
    ],
)
def test_a_missing_file_is_named(copy, gone, said):
    (copy / gone).unlink()
    with pytest.raises(MissingAsset) as caught:
        require_complete(inspect_folder(copy))
    assert said in caught.value.what


def test_a_half_downloaded_file_is_noticed_by_its_own_header(copy):
    path = copy / "transformer" / "diffusion_pytorch_model.safetensors"
    whole = path.read_bytes()
    for part in (whole[: len(whole) // 2], whole[:100], b"", b"\xff" * 64):
        path.write_bytes(part)
        with pytest.raises(MissingAsset, match="cut short"):
            require_complete(inspect_folder(copy))


def test_missing_shards_are_listed_one_by_one(copy):
    folder = copy / "transformer"
    (folder / "diffusion_pytorch_model.safetensors").rename(
        folder / "diffusion_pytorch_model-00001-of-00003.safetensors"
    )
    names = [f"diffusion_pytorch_model-0000{i}-of-00003.safetensors" for i in (1, 2, 3)]
    index = {"metadata": {"total_size": 34.5e9}, "weight_map": dict(zip("abc", names, strict=True))}
    (folder / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    missing = inspect_folder(copy).missing
    assert missing == tuple(f"transformer/{name} (about 11.5 GB)" for name in names[1:])


def test_another_family_is_refused(copy):
    (copy / "model_index.json").write_text('{"_class_name": "WanPipeline"}')
    with pytest.raises(UnsuitableInput, match="WanPipeline"):
        inspect_folder(copy)
    (copy / "model_index.json").write_text("{")
    with pytest.raises(UnsuitableInput, match="JSON"):
        inspect_folder(copy)


def test_the_fingerprint_follows_the_configuration(copy):
    before = inspect_folder(copy)
    picture, text = before.fingerprint(), before.text_fingerprint()
    config = copy / "scheduler" / "scheduler_config.json"
    config.write_text(config.read_text().replace("5.0", "7.0"))
    after = inspect_folder(copy)
    assert after.fingerprint() != picture
    assert after.text_fingerprint() == text


def test_without_a_branch_the_newest_snapshot_counts(no_weights, tiny_wan, monkeypatch, tmp_path):
    snapshots = tmp_path / "hub" / "models--someone--tiny" / "snapshots"
    for number, name in enumerate(("abc", "def", "012")):
        shutil.copytree(tiny_wan, snapshots / name)
        for path in (snapshots / name).rglob("*.json"):
            os.utime(path, (1e9, 1e9 + (number + 1) % 3))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    for path in snapshots.rglob("*.safetensors"):
        os.utime(path, (1e9, 1e9))
    assert find_wan("someone/tiny").folder == snapshots / "def"
    with pytest.raises(MissingAsset, match="someone/other"):
        find_wan("someone/other")
