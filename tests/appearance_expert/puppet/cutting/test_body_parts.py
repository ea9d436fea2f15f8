"""The numbers of the parts, and the joints that they name."""

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    CHAINS,
    HEAD,
    LEGS,
    NOBODY,
    PART_NAMES,
    TORSO,
)
from pipelines.keypoints.person import POINT


def test_every_part_has_its_number_and_its_name():
    assert sorted((TORSO, HEAD, *ARMS, *LEGS)) == list(range(len(PART_NAMES)))
    assert NOBODY not in range(len(PART_NAMES))
    assert [PART_NAMES[part] for part in (*ARMS, *LEGS)] == [
        "left arm", "right arm", "left leg", "right leg",
    ]  # fmt: skip


def test_each_limb_is_a_chain_of_three_bones_on_its_own_side():
    assert set(CHAINS) == {*ARMS, *LEGS}
    for part, chain in CHAINS.items():
        side = PART_NAMES[part].split()[0]
        assert len(chain) == 4
        assert all(name in POINT and name.startswith(side) for name in chain)
