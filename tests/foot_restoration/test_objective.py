import pytest
import torch

from pipelines.foot_restoration import columns
from pipelines.foot_restoration.encoding import encode
from pipelines.foot_restoration.network import signal_share
from pipelines.foot_restoration.objective import LossWeights, Scaling, loss, merged

FRAMES = 20


@pytest.fixture
def clean(dance):
    return torch.from_numpy(encode(dance(frames=FRAMES)))[None]


class Knows:
    """A network that gives a correction that was settled beforehand."""

    def __init__(self, correction, logits=0.0):
        self.correction, self.logits = correction, logits

    def __call__(self, noisy, given, noise_B):
        return self.correction, torch.full((*noisy.shape[:2], 4), self.logits)


def asked(network, units, x, given, stands=None, weights=None):
    stands = torch.zeros(1, FRAMES, 4) if stands is None else stands
    noise = torch.zeros(1, FRAMES, len(columns.MERGED))
    return loss(
        network, units, x, given, stands, torch.tensor([0.5]), noise, weights or LossWeights()
    )


def test_the_right_correction_costs_nothing_but_doubt(clean, units):
    given = clean + 0.01 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    total, parts = asked(Knows(units.correction(clean, given)), units, clean, given)
    for name in ("recon", "root", "foot", "agreement", "rotations", "calm"):
        assert parts[name] == pytest.approx(0, abs=2e-3), name
    assert parts["stands"] == pytest.approx(0.6931, abs=1e-3)
    assert float(total) == pytest.approx(0.3 * 0.6931, abs=2e-3)


def test_units_and_weights(clean, units):
    none = torch.zeros(1, FRAMES, len(columns.MERGED))
    given = clean.clone()
    given[..., columns.height] += 0.02
    _, parts = asked(Knows(none), units, clean, given)
    assert parts["root"] == pytest.approx(
        4 / 4, rel=1e-4
    )  # 2 cm in units of 1 cm, of one of 4 columns
    assert parts["recon"] == pytest.approx(4 / 79, rel=1e-4)
    # All is 2 cm too high, planted feet too, and none of them goes anywhere.
    assert parts["foot"] + parts["calm"] == pytest.approx(0, abs=1e-6)
    total, parts = asked(Knows(none), units, clean, given, weights=LossWeights(*[0.0] * 6))
    assert float(total) == pytest.approx(parts["recon"])


def test_only_standing_feet_may_not_slide(clean, units):
    none = torch.zeros(1, FRAMES, len(columns.MERGED))
    given = clean.clone()
    given[..., columns.root_xy] += torch.tensor([0.03, 0.0])
    still = clean.clone()
    still[..., columns.root_xy] = still[..., columns.yaw_rate] = 0
    still[..., columns.positions(columns.FEET)] = still[:, :1, columns.positions(columns.FEET)]
    moved = still.clone()
    moved[..., columns.root_xy] += torch.tensor([0.03, 0.0])
    stands = torch.ones(1, FRAMES, 4)
    assert asked(Knows(none), units, moved, moved, 0 * stands)[1]["foot"] == 0
    # 3 cm a frame in units of 1 cm.
    found = asked(Knows(none), units, moved, moved, stands)[1]["foot"]
    rise = moved[..., columns.height].diff(dim=1).square().mean() / 0.01**2
    assert found == pytest.approx(9 + float(rise), rel=1e-3)


def test_places_rotations_and_ways_are_held_together(clean, units):
    none = torch.zeros(1, FRAMES, len(columns.MERGED))
    away = clean.clone()
    away[..., columns.positions([10])] += torch.tensor([0.0, 0.0, 0.04])
    _, parts = asked(Knows(none), units, clean, away)
    # One of six joints, 4 cm off where 2 are tolerated: (4/2)^2 - 1.
    assert parts["rotations"] == pytest.approx(3 / 6, rel=1e-3)
    drifting = clean.clone()
    drifting[..., columns.velocities([10])] += torch.tensor([0.0, 0.0, 0.005])
    _, parts = asked(Knows(none), units, clean, drifting)
    frames = torch.arange(FRAMES).float()
    expected = (0.1 * frames).square().mean() / 18  # 5 mm a frame in units of 5 cm, one of 18
    assert parts["agreement"] == pytest.approx(float(expected), rel=1e-3)


def test_merging_takes_root_and_legs_alone(clean):
    other = torch.zeros_like(clean)
    mixed = merged(clean, other)
    chosen = list(columns.MERGED)
    assert (mixed[..., chosen] == 0).all()
    rest = [k for k in range(columns.WIDTH) if k not in set(chosen)]
    torch.testing.assert_close(mixed[..., rest], clean[..., rest])


def test_units_are_those_of_the_data(clean):
    flat = torch.randn(500, columns.WIDTH) * 3 + 1
    flat[:, 7] = 5.0
    off = flat.clone()
    off[:, list(columns.MERGED)] += 0.1 * torch.randn(500, len(columns.MERGED))
    scaling = Scaling.fit(flat, off)
    standard = scaling.standard(flat)
    assert standard.mean() == pytest.approx(0, abs=1e-5)
    assert (standard[:, 7] == 0).all(), "what does not change is left in its own unit"
    correction = scaling.correction(flat, off)
    assert correction.std() == pytest.approx(1, rel=1e-3)
    torch.testing.assert_close(scaling.corrected(off, correction), flat, atol=1e-5, rtol=0)


def test_noise_hides_the_correction(clean, units):
    seen = []

    def network(noisy, given, noise_B):
        seen.append(noisy)
        return noisy, torch.zeros(*noisy.shape[:2], 4)

    noise = torch.randn(1, FRAMES, len(columns.MERGED))
    given = clean - 0.01
    time = torch.tensor([0.4])
    loss(network, units, clean, given, torch.zeros(1, FRAMES, 4), time, noise, LossWeights())
    kept = signal_share(time)
    torch.testing.assert_close(seen[0], kept.sqrt() + (1 - kept).sqrt() * noise, atol=1e-3, rtol=0)
