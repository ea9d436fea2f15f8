import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.training.processes import Processes
from pipelines.training.slices import Slices


def test_processes_and_accumulation_cut_an_update_alike():
    """Four slices are the same four, whoever takes them."""
    alone = Slices(5, 8, 4, Processes())
    two = [Slices(5, 8, 2, Processes(rank, 2, rank)) for rank in (0, 1)]
    assert (alone.count, alone.size) == (two[0].count, two[0].size) == (4, 2)
    for step in range(3):
        whole = [alone.key(4 * step + part) for part in range(4)]
        assert whole == [(5, step, part) for part in range(4)]
        assert whole == [cut.key(2 * step + part) for cut in two for part in range(2)]


def test_noise_differs_from_slice_to_slice_and_from_what_draws_the_items():
    cut = Slices(0, 4, 2, Processes())
    seeds = {cut.noise_seed(number) for number in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 2**63 for seed in seeds)
    drawn = np.random.SeedSequence(cut.key(0)).generate_state(1, np.uint64)
    assert int(drawn[0] >> np.uint64(1)) not in seeds


@given(
    batch=st.integers(1, 8), accumulate=st.integers(1, 4), count=st.integers(1, 4),
    seed=st.integers(0, 2**63 - 1),
)  # fmt: skip
def test_every_slice_of_every_step_is_somebodys_and_only_theirs(batch, accumulate, count, seed):
    size = batch * accumulate * count
    cuts = [Slices(seed, size, accumulate, Processes(rank, count, rank)) for rank in range(count)]
    keys = [cut.key(number) for cut in cuts for number in range(3 * accumulate)]
    assert sorted(keys) == [
        (seed, step, part) for step in range(3) for part in range(accumulate * count)
    ]
    assert {cut.size for cut in cuts} == {batch}


def test_noise_follows_from_seed_step_and_slice_alone():
    alone = Slices(7, 8, 2, Processes())
    second = Slices(7, 8, 1, Processes(1, 2, 1))
    assert alone.noise_seed(1) == second.noise_seed(0), "the same slice in another process"
    assert alone.noise_seed(0) != Slices(8, 8, 2, Processes()).noise_seed(0)
