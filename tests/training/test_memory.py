import pytest
import torch

from pipelines.support.errors import OutOfResources
from pipelines.training.memory import equal_parts, explained, largest_fit

CPU = torch.device("cpu")


def attempt_with_room_for(room, tried):
    def attempt(part):
        tried.append(part)
        if part > room:
            raise torch.OutOfMemoryError("CUDA out of memory")

    return attempt


@pytest.mark.parametrize(
    ("size", "room", "found", "tried"),
    [(16, 3, 2, [8, 4, 2]), (7, 3, 3, [3]), (6, 0, None, [3, 1]), (1, 0, None, [])],
)
def test_halves_until_it_fits(size, room, found, tried):
    seen, forgotten = [], []
    fits = largest_fit(
        size, attempt_with_room_for(room, seen), lambda: forgotten.append(len(seen)), CPU
    )
    assert fits == found
    assert seen == tried
    assert forgotten == list(range(len(tried)))  # before each attempt


def test_another_error_while_trying_is_raised_as_it_is():
    def attempt(part):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        largest_fit(4, attempt, lambda: None, CPU)


@pytest.mark.parametrize(("size", "fits", "parts"), [(16, 2, 8), (6, 1, 6), (6, 4, 2), (7, 3, 7)])
def test_parts_are_equal_and_none_too_large(size, fits, parts):
    assert equal_parts(size, fits) == parts


def test_only_lack_of_memory_is_explained():
    def explain():
        return OutOfResources("two fit")

    with pytest.raises(OutOfResources, match="two fit"), explained(explain):
        raise MemoryError
    with pytest.raises(ValueError, match="plain"), explained(explain):
        raise ValueError("plain")
