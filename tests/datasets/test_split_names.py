"""Names that `--split` takes."""

from __future__ import annotations

import pytest

from pipelines.datasets.split_names import check_split, chosen, split_option
from pipelines.support.errors import BadUsage


@pytest.mark.parametrize("split", [None, "all", "train", "val+test", "dancer-train+dancer-val"])
def test_names_that_a_data_set_can_have(split):
    check_split(split)
    assert chosen(split) is (split not in (None, "all"))


@pytest.mark.parametrize("split", ["", "tests", "train+", "train,test", "all+test", "TEST"])
def test_others_are_refused_with_the_names(split):
    with pytest.raises(BadUsage, match="no split is called") as refusal:
        check_split(split)
    assert "val+test" in refusal.value.hint


def test_the_option_is_declared_with_its_own_words():
    declared = split_option("Only these.", "all", panel="Data").metadata["option"]
    assert (declared.help, declared.shown, declared.panel) == ("Only these.", "all", "Data")
