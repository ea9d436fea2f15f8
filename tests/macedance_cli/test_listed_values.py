"""A flag before each of its values, and nothing else changed."""

from __future__ import annotations

import pytest

from macedance_cli.listed_values import repeated

FLAGS = {"evaluate": {"--compare", "--ratings"}, "render": set()}


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("evaluate --ratings a b c", "evaluate --ratings a --ratings b --ratings c"),
        ("evaluate --compare x=1 y=2 -q", "evaluate --compare x=1 --compare y=2 -q"),
        ("evaluate --ratings a --ratings b", "evaluate --ratings a --ratings b"),
        ("evaluate --ratings", "evaluate --ratings"),
        ("evaluate --ratings --json", "evaluate --ratings --json"),
        ("evaluate --seed 3 --pred a", "evaluate --seed 3 --pred a"),
        ("render --compare a b", "render --compare a b"),
        ("evaluate --ratings a -- --b c", "evaluate --ratings a -- --b c"),
        ("--compare a b", "--compare a b"),
    ],
)
def test_what_follows_belongs_to_the_flag(given, becomes):
    assert repeated(given.split(), FLAGS) == becomes.split()
