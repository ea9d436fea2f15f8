"""Which clips are compared: all pairs of a name, drawn evenly, under names that say nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.evaluation.items import Item
from pipelines.evaluation.sets import Sets
from pipelines.evaluation.study.design import CATCH, Design, Seen, design
from pipelines.support.errors import UnsuitableInput


def sets(truth: int = 4, **systems: int) -> Sets:
    def items(count: int) -> list[Item]:
        return [Item(str(number), Path(f"{number}.npz")) for number in range(count)]

    return Sets({name: items(count) for name, count in systems.items()}, items(truth))


def test_every_pair_of_systems_on_every_name_both_have():
    made = design(sets(4, ours=4, theirs=2), 40, 3, 0, "salt")
    counts = Counter(pair.group for pair in made.pairs.values())
    assert counts == {"ours / theirs": 2, "ours / truth": 4, "theirs / truth": 2, CATCH: 3}
    assert made.trials == 11 and made.alone == {}
    assert made.systems == ["ours", "theirs", "truth"]
    for pair in made.pairs.values():
        one, other = made.clips[pair.one], made.clips[pair.other]
        assert one.name == other.name
        if pair.group == CATCH:
            assert one.system == other.system == "truth" and one.distorted != other.distorted
        else:
            assert {one.system, other.system} == set(pair.group.split(" / "))


def test_without_recordings_the_systems_own_clips_catch():
    made = design(Sets(sets(ours=3, theirs=3).systems, []), 40, 4, 1, "salt")
    assert len({pair for pair in made.pairs.values() if pair.group == CATCH}) == 4
    assert {seen.system for seen in made.clips.values()} == {"ours", "theirs"}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 9), min_size=2),
    st.integers(1, 60), st.integers(0, 5),
)  # fmt: skip
def test_one_person_sees_so_many_pairs_and_an_even_share_of_each_group(counts, trials, catch):
    made = design(sets(3, **counts), trials, catch, 0, "salt")
    groups = Counter(pair.group for pair in made.pairs.values())
    assert all(made.draws.get(group, 0) <= count for group, count in groups.items())
    assert sum(made.draws.values()) == made.trials
    caught = made.draws.get(CATCH, 0)
    assert made.trials - caught == min(trials, sum(groups.values()) - groups[CATCH])
    shares = [draw for group, draw in made.draws.items() if group != CATCH]
    for group, draw in made.draws.items():
        assert draw == groups[group] or draw >= max(shares) - 1 or group == CATCH


def test_names_say_nothing_and_follow_from_the_salt():
    one, other = (design(sets(ours=3), 9, 2, 0, salt) for salt in ("a", "b"))
    assert not one.clips.keys() & other.clips.keys() and not one.pairs.keys() & other.pairs.keys()
    assert one == design(sets(ours=3), 9, 2, 0, "a")
    firsts = Counter(one.clips[pair.one].system for pair in design(
        sets(40, ours=40), 99, 0, 0, "a").pairs.values() if pair.one in one.clips)  # fmt: skip
    assert set(firsts) <= {"ours", "truth"}
    sides = Counter()
    many = design(sets(40, ours=40), 99, 0, 0, "a")
    for pair in many.pairs.values():
        sides[many.clips[pair.one].system] += 1
    assert 8 < sides["ours"] < 32, "which of two comes first tells whose it is"


def test_the_key_is_read_again():
    made = design(sets(ours=2), 9, 1, 0, "a")
    again = Design.of_key(made.key())
    assert (again.clips, again.pairs, again.trials) == (made.clips, made.pairs, made.trials)
    assert again.clips[next(iter(again.clips))].__class__ is Seen


def test_what_nobody_shares_is_named_and_nothing_in_common_refused():
    with pytest.raises(UnsuitableInput, match="ours and theirs: no clip of one has the name"):
        design(
            Sets({"ours": [Item("x", Path("x"))], "theirs": [Item("y", Path("y"))]}, []),
            9, 0, 0, "",
        )  # fmt: skip
    made = design(sets(2, ours=5), 9, 0, 0, "")
    assert made.alone == {"ours": ["2", "3", "4"]}
