"""Files of others: found by name, read in every format, refused where they are something else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pipelines.evaluation.weights_of_others import (
    build,
    find_file,
    load_i3d,
    load_lpips,
    load_state,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput

CPU = torch.device("cpu")


def test_weight_files_of_every_kind(tmp_path):
    from safetensors.torch import save_file

    layer = nn.Linear(4, 1)
    torch.save({"state_dict": {f"module.{k}": v for k, v in layer.state_dict().items()}},
               tmp_path / "wrapped.pth")  # fmt: skip
    save_file(layer.state_dict(), tmp_path / "plain.safetensors")
    torch.jit.script(layer).save(str(tmp_path / "scripted.pt"))
    for name in ("wrapped.pth", "plain.safetensors", "scripted.pt"):
        state = load_state(tmp_path / name)
        assert torch.equal(state["weight"], layer.weight), name
    (tmp_path / "deep").mkdir()
    (tmp_path / "plain.safetensors").rename(tmp_path / "deep" / "plain.safetensors")
    assert find_file(tmp_path, "plain.pth") == tmp_path / "deep" / "plain.safetensors"
    (tmp_path / "broken.pth").write_bytes(b"no weights at all")
    with pytest.raises(UnsuitableInput, match=r"broken\.pth"):
        load_state(tmp_path / "broken.pth")
    with pytest.raises(UnsuitableInput, match="another network"):
        build(tmp_path / "wrapped.pth", lambda state: state["cls_token"])


def test_pickles_with_code_are_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("executed",))

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(UnsuitableInput):
        load_state(tmp_path / "evil.pth")


def test_lpips_files(lpips_weights, tmp_path):
    (lpips_weights / "vgg.pth").unlink()
    assert load_lpips(lpips_weights, "vgg", CPU) is None
    with pytest.raises(MissingAsset):
        load_lpips(tmp_path / "none", "alex", CPU)
    (lpips_weights / "alex.pth").rename(lpips_weights / "vgg.pth")
    with pytest.raises(UnsuitableInput, match=r"vgg16.*LPIPS"):
        load_lpips(lpips_weights, "vgg", CPU)


def test_another_name_of_the_same_backbone_is_found(lpips_weights):
    (lpips_weights / "deep").mkdir()
    (lpips_weights / "alexnet-owt-7be5be79.pth").rename(
        lpips_weights / "deep" / "alexnet-owt-4df8aa71.pth"
    )
    assert load_lpips(lpips_weights, "alex", CPU) is not None


def test_find_file_prefers_the_official_name_and_the_first_folder(tmp_path):
    assert find_file(None, "a.pth") is None
    assert find_file(tmp_path, "a.pth") is None
    for place in ("b/a.pth", "a/a.pth", "0/a.safetensors"):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).touch()
    assert find_file(tmp_path, "a.pth") == tmp_path / "a" / "a.pth"


def test_i3d_files(tmp_path):
    torch.jit.script(nn.Linear(2, 3)).save(str(tmp_path / "i3d.pt"))
    network = load_i3d(tmp_path / "i3d.pt", CPU)
    assert network(torch.zeros(1, 2)).shape == (1, 3)
    assert not network.training
    with pytest.raises(MissingAsset, match=r"--i3d .*none\.pt"):
        load_i3d(tmp_path / "none.pt", CPU)
    (tmp_path / "text.pt").write_text("no network")
    with pytest.raises(UnsuitableInput, match="TorchScript"):
        load_i3d(tmp_path / "text.pt", CPU)


def test_damaged_files_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file(nn.Linear(4, 1).state_dict(), tmp_path / "cut.safetensors")
    torch.save(nn.Linear(4, 1).state_dict(), tmp_path / "cut.pth")
    for name, kept in (("cut.safetensors", -1), ("cut.pth", -1), ("cut.pth", 1)):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:kept])
        with pytest.raises(UnsuitableInput, match=f"{name}: not a readable weight file"):
            load_state(tmp_path / name)


@pytest.mark.parametrize("content", [[1, 2], {"a": 3}, {"state_dict": {"a": "text"}}])
def test_files_without_tensors_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "odd.pth")
    with pytest.raises(UnsuitableInput, match=r"odd\.pth: holds no tensors"):
        load_state(tmp_path / "odd.pth")


def test_the_first_odd_name_of_another_network_is_told(tmp_path):
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "linear.pth")
    with pytest.raises(UnsuitableInput, match=r"linear\.pth: weights of another network.*bias"):
        build(tmp_path / "linear.pth", nn.Conv2d(1, 1, 1, bias=False).load_state_dict)
