"""The Appearance Experts that there are, and how the one that this machine can run is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.appearance_expert.interface import AppearanceBackend, Expert, Order
from pipelines.appearance_expert.puppet.row import PUPPET
from pipelines.appearance_expert.tiny.row import TINY
from pipelines.appearance_expert.wan.row import WAN
from pipelines.appearance_expert.wan2.row import WAN2
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.options import declared, flag, taken
from pipelines.support.progress import Progress

EXPERTS: dict[str, Expert] = {
    "puppet": PUPPET,
    "tiny": TINY,
    "wan": WAN,
    "wan2": WAN2,
}
AUTO = "auto"
PREFERRED = ("wan", "puppet")
""""auto" is the first of these that can run here."""


@dataclass(frozen=True)
class Choice:
    """An Appearance Expert, its own options, and why it was taken."""

    name: str
    expert: Expert
    options: Any
    because: str

    def facts(self) -> dict[str, Any]:
        """For a plan."""
        return {"appearance": self.name, "draft": self.expert.draft, "because": self.because}

    def identity(self, order: Order) -> dict[str, Any]:
        """What makes another video where it changes, JSON-able."""
        return {"appearance": self.name, **self.expert.identity(order, self.options)}

    def load(self, order: Order, progress: Progress) -> AppearanceBackend:
        """Load it; drafts are warned of. Raises MissingAsset, UnsuitableInput, OutOfResources."""
        return self.expert.load(order, self.options, progress, self.because)


def own_options(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The own options of the experts that `name` may come to mean, by their names.

    Raises BadUsage for an unknown name, for an option that none of them knows, or for a value out
    of range; MissingAsset for files that are not there.
    """
    if name not in (AUTO, *EXPERTS):
        raise BadUsage(f"--appearance {name}: choose from {', '.join((AUTO, *EXPERTS))}")
    names = PREFERRED if name == AUTO else (name,)
    known = {one: {option.name for option in declared(EXPERTS[one].options)} for one in names}
    for option, value in given.items():
        if value is not None and not any(option in options for options in known.values()):
            raise BadUsage(
                f"{flag(option)} means nothing to --appearance {name}", "leave one of them out"
            )
    return {
        one: taken(
            EXPERTS[one].options,
            {option: value for option, value in given.items() if option in known[one]},
            f"--appearance {one}",
        ).validate()
        for one in names
    }


def choose(name: str, given: Mapping[str, Any], order: Order) -> Choice:
    """The expert that `name` means here; nothing is loaded.

    Args:
        name: of a row of EXPERTS, or "auto".
        given: own options by name.
        order: what it is wanted for.

    Raises as `own_options`; MissingAsset or UnsuitableInput where the weights of one that was
    asked for by name are missing or of another family.
    """
    options = own_options(name, given)
    if name != AUTO:
        EXPERTS[name].find(order, options[name])
        return Choice(name, EXPERTS[name], options[name], "asked for")
    because = ""
    for one in PREFERRED:
        unusable = EXPERTS[one].unusable(order, options[one])
        if not unusable:
            return Choice(one, EXPERTS[one], options[one], because or "weights and a GPU are there")
        because = unusable
    raise AssertionError("the last of those that are preferred can run anywhere")


def unseen_cost(
    name: str, given: Mapping[str, Any], order: Order, seconds: float, fps: float
) -> dict[str, str] | None:
    """What a video would take by an expert whose weights are missing, and which; None: unknown.

    Also None where they are not missing. Raises as `own_options`.
    """
    row = EXPERTS.get(name)
    if row is None or row.unseen is None or order.model is not None:
        return None
    options = own_options(name, given)[name]
    try:
        row.find(order, options)
    except MissingAsset as error:
        return {
            "weights": f"{error.what}; {error.hint}",
            **row.unseen(order, options, seconds, fps),
        }
    return None
