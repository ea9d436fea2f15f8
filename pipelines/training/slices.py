"""How an update is cut: into `processes x accumulate` equal slices, each with its own randomness.

Everything random in a slice follows from seed, step and slice, so an interrupted run goes on bit by
bit, and several processes see what one would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.training.processes import Processes


@dataclass(frozen=True)
class Slices:
    """The slices of every update that are this process's.

    Attributes:
        seed: of the run.
        batch_size: items per update, over all processes.
        accumulate: slices per update and process.
        processes: this process's place among its peers.
    """

    seed: int
    batch_size: int
    accumulate: int
    processes: Processes

    @property
    def count(self) -> int:
        """Slices per update, over all processes."""
        return self.processes.count * self.accumulate

    @property
    def size(self) -> int:
        """Items in a slice."""
        return self.batch_size // self.count

    def key(self, number: int) -> tuple[int, int, int]:
        """(seed, step, slice within the step) of this process's n-th slice since step 0."""
        step, part = divmod(number, self.accumulate)
        return self.seed, step, self.processes.rank * self.accumulate + part

    def noise_seed(self, number: int) -> int:
        """Seed of the noise in that slice; another stream than the one that draws its items."""
        state = np.random.SeedSequence([*self.key(number), 1]).generate_state(1, np.uint64)
        return int(state[0] >> np.uint64(1))
