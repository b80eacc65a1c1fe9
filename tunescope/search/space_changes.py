"""What changed between two declarations of a space, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from tunescope.search.space_hyperparameter import Hyperparameter, value_in_words, values_in_words
from tunescope.search.space_reading import MODEL, read_space


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Compare two declarations, as ``Space.to_dict`` gives them, a sentence a change; empty for equal ones.

    What belongs to a model that is in one of them only is not told apart from the model.
    """
    old, old_faults = read_space(before)
    new, new_faults = read_space(after)
    if old_faults or new_faults:
        return [
            f"the space cannot be compared: {fault.sentence()}" for fault in (old_faults + new_faults)[:1]
        ]
    olds, news = {one.name: one for one in old}, {one.name: one for one in new}
    return [
        *(f"`{name}` is gone" for name in olds.keys() - news.keys() if not _has_no_model(olds[name], news)),
        *(f"`{name}` is new" for name in news if name not in olds and not _has_no_model(news[name], olds)),
        *(change for name in news if name in olds for change in _changes(olds[name], news[name])),
    ]


def _has_no_model(one: Hyperparameter, others: Mapping[str, Hyperparameter]) -> bool:
    """Whether a hyperparameter is missing because its whole model is."""
    models = one.when.get(MODEL)
    return models is not None and MODEL in others and not set(models) & set(others[MODEL].choices)


def _changes(old: Hyperparameter, new: Hyperparameter) -> Iterator[str]:
    if _range(old) != _range(new):
        yield f"`{old.name}` was {_range(old)}, and is now {_range(new)}"
    if old.when != new.when:
        yield f"`{old.name}` existed {_when(old)}, and does now {_when(new)}"
    if set(old.grid) != set(new.grid) and _range(old) == _range(new):
        yield (
            f"`{old.name}` had the grid values {values_in_words(old.grid)}, "
            f"and has now {values_in_words(new.grid)}"
        )
    if old.default != new.default and _range(old) == _range(new):
        yield (
            f"`{old.name}` had the default {value_in_words(old.default)}, "
            f"and has now {value_in_words(new.default)}"
        )


def _range(one: Hyperparameter) -> str:
    whole = "whole numbers from " if one.type == "int" else ""
    return f"{whole}{one.range_in_words()}{' on a logarithmic scale' if one.log else ''}"


def _when(one: Hyperparameter) -> str:
    return f"with {one.conditions_in_words()}" if one.when else "always"
