"""What is wrong with the dances of a page, marked below their feet: what `render --check` lists."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.page.writing import Check, Page, PageDance

_FEWEST_FRAMES = 8


def with_checks(page: Page) -> Page:
    """The page with the flaws of its dances (docs/reference/metrics.md#flaws) as checks.

    Where it knows beats, also how its dances keep to them.
    """
    return replace(page, dances=[_checked(dance, page) for dance in page.dances])


def _checked(dance: PageDance, page: Page) -> PageDance:
    from pipelines.metrics.flaws import flaws

    if dance.motion.frames < _FEWEST_FRAMES:
        return dance
    found = flaws(dance.motion, np.array(page.beats) if len(page.beats) else None)
    checks = [
        Check(
            one.kind, one.start, one.stop, one.score,
            f"{one.score:.2g} {one.unit}{', ' if one.where else ''}{one.where}",
        )
        for one in found
    ]  # fmt: skip
    return replace(dance, checks=checks)
