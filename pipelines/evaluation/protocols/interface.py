"""What `evaluate` asks of a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.evaluation.protocols.table import PROTOCOLS
from pipelines.support.named import named
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    from pipelines.evaluation.exhibits import Exhibit
    from pipelines.evaluation.items import Item
    from pipelines.evaluation.judgement import Estimate
    from pipelines.evaluation.measuring import MeasuredSet
    from pipelines.evaluation.profiles import SetRule
    from pipelines.evaluation.sets import Sets
    from pipelines.evaluation.settings import EvaluateConfig


class EvaluationProtocol(Protocol):
    """Measures sets of clips. Its columns are the rows of `catalogue.METRICS` that name it.

    Attributes:
        kinds: of files that count as clips, the preferred one first (`items.list_items`).
        hears: whether a clip's music counts.
        rule: how features become distances; None: as they are.
    """

    kinds: tuple[str, ...]
    hears: bool
    rule: SetRule | None

    def settings(self) -> dict[str, Any]:
        """All that decides how a number is computed, as JSON: what the protocol's hash covers."""
        ...

    def measure(self, sets: Sets, progress: Progress) -> dict[str, MeasuredSet]:
        """Every set, the truth too, clip by clip; what cannot be measured is named.

        Raises UnsuitableInput, MissingAsset where nothing can be measured.
        """
        ...

    def of_system(self, items: Sequence[Item]) -> dict[str, Estimate]:
        """Numbers that only a whole system has, such as its speed, by metric."""
        ...

    def exhibit(self, item: Item, system: str, why: str) -> Exhibit:
        """One clip for the report. Raises UnsuitableInput where it cannot be shown."""
        ...


def load_protocol(config: EvaluateConfig) -> EvaluationProtocol:
    """The protocol that a valid config names, ready to measure."""
    made: EvaluationProtocol = named(PROTOCOLS[config.protocol].made_by)(config)
    return made
