import json

import pytest
import torch

from pipelines.foot_restoration import columns
from pipelines.foot_restoration.model import CONFIG, WEIGHTS, load_model, save_model
from pipelines.support.errors import MissingAsset, UnsuitableInput


@pytest.fixture
def kept(unlearned, tmp_path):
    weights = {n: torch.randn_like(v) for n, v in unlearned.network.state_dict().items()}
    unlearned.network.load_state_dict(weights)
    save_model(tmp_path, weights, unlearned.network.config, unlearned.scaling, {"minutes": 3})
    return tmp_path


def answers(model):
    torch.manual_seed(1)
    noisy, given = torch.randn(1, 9, len(columns.MERGED)), torch.randn(1, 9, columns.WIDTH)
    found = model.network(noisy, model.scaling.standard(given), torch.tensor([0.5]))[0]
    return model.scaling.corrected(given, found)


def test_what_was_saved_is_loaded(kept, unlearned):
    model = load_model(kept)
    torch.testing.assert_close(answers(model), answers(unlearned))
    assert not any(weight.requires_grad for weight in model.network.parameters())
    assert json.loads((kept / CONFIG).read_text())["metadata"] == {"minutes": 3}


def test_half_of_the_bytes_do_nearly_as_well(kept, unlearned, tmp_path):
    half = tmp_path / "half"
    save_model(
        half, unlearned.network.state_dict(), unlearned.network.config, unlearned.scaling, {},
        half=True,
    )  # fmt: skip
    assert (half / WEIGHTS).stat().st_size < 0.7 * (kept / WEIGHTS).stat().st_size
    torch.testing.assert_close(answers(load_model(half)), answers(unlearned), atol=0.02, rtol=0.01)


def test_a_missing_file_is_a_missing_asset(kept):
    (kept / CONFIG).unlink()
    with pytest.raises(MissingAsset, match=CONFIG):
        load_model(kept)


@pytest.mark.parametrize("change", ["format", "sha256", "network", "weights"])
def test_what_does_not_belong_together_is_refused(kept, change):
    head = json.loads((kept / CONFIG).read_text())
    if change == "weights":
        (kept / WEIGHTS).write_bytes(b"not tensors at all")
    elif change == "network":
        head["network"]["width"] = 32
    else:
        head[change] = "another"
    (kept / CONFIG).write_text(json.dumps(head))
    with pytest.raises(UnsuitableInput, match=str(kept)):
        load_model(kept)
