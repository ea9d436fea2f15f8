"""Shards split work exactly, whatever the order and whatever else there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.support.errors import BadUsage
from pipelines.workspace.shards import Shard, parse_shard, shard_from

IDS = st.lists(st.text(max_size=8), unique=True, max_size=60)


@given(IDS, st.integers(1, 9))
def test_every_item_belongs_to_exactly_one_shard(ids: list[str], count: int) -> None:
    owners = [[i for i in range(1, count + 1) if Shard(i, count).owns(item)] for item in ids]
    assert all(len(found) == 1 for found in owners)
    merged = [item for i in range(1, count + 1) for item in Shard(i, count).of(ids)]
    assert sorted(merged) == sorted(ids)


@given(IDS, st.integers(1, 9), st.randoms(use_true_random=False), st.text(max_size=8))
def test_a_share_depends_on_nothing_but_the_id(ids, count, random, newcomer) -> None:
    share = set(Shard(1, count).of(ids))
    shuffled = [*ids, newcomer]
    random.shuffle(shuffled)
    assert set(Shard(1, count).of(shuffled)) - {newcomer} == share - {newcomer}


def test_shares_are_about_equal() -> None:
    ids = [f"clip-{number}" for number in range(8000)]
    sizes = [len(Shard(i, 8).of(ids)) for i in range(1, 9)]
    # Four standard deviations of a binomial count around 1000.
    assert all(abs(size - 1000) < 4 * (8000 / 8 * 7 / 8) ** 0.5 for size in sizes)


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_writing_and_reading_agree(index: int, more: int) -> None:
    assert parse_shard(f"{index}/{index + more}") == Shard(index, index + more)


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/2/3", "1.0/2"])
def test_nonsense_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(BadUsage) as caught:
        parse_shard(text)
    assert "--shard" in caught.value.what
    assert "--shard 3/8" in caught.value.hint


def test_slurm_arrays() -> None:
    def of(**slurm: str) -> Shard:
        return shard_from(None, {f"SLURM_ARRAY_TASK_{name}": v for name, v in slurm.items()})

    assert of() == Shard(1, 1)
    assert of(ID="0", COUNT="4", MIN="0") == Shard(1, 4)
    assert of(ID="3", COUNT="4", MIN="0") == Shard(4, 4)
    assert of(ID="1", COUNT="4", MIN="1") == Shard(1, 4)
    assert of(ID="30", COUNT="4", MIN="10", STEP="10") == Shard(3, 4)
    assert shard_from("2/3", {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "9"}) == Shard(
        2, 3
    )


@pytest.mark.parametrize(
    ("ids", "count"), [((3, 7), 2), ((1, 5, 9), 3), ((0, 1, 2, 3), 4), ((5,), 1), ((10, 30), 2)]
)
def test_every_task_of_an_evenly_numbered_array_has_its_own_share(ids, count) -> None:
    """SLURM leaves STEP at 1 where ids were listed one by one."""
    shards = [
        shard_from(None, {
            "SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": str(count),
            "SLURM_ARRAY_TASK_MIN": str(min(ids)), "SLURM_ARRAY_TASK_MAX": str(max(ids)),
            "SLURM_ARRAY_TASK_STEP": "1",
        })
        for task in ids
    ]  # fmt: skip
    assert shards == [Shard(place, count) for place in range(1, count + 1)]


def test_an_array_whose_shares_cannot_be_told_is_refused() -> None:
    environment = {
        "SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1",
        "SLURM_ARRAY_TASK_MAX": "9",
    }  # fmt: skip
    with pytest.raises(BadUsage, match="not evenly numbered") as caught:
        shard_from(None, environment)
    assert "--shard i/N" in caught.value.hint


def test_empty_variables_count_as_none() -> None:
    assert shard_from(None, {"SLURM_ARRAY_TASK_ID": "", "SLURM_ARRAY_TASK_COUNT": ""}) == Shard()
    with pytest.raises(BadUsage, match="not numbers"):
        shard_from(None, {"SLURM_ARRAY_TASK_ID": "x", "SLURM_ARRAY_TASK_COUNT": "2"})
