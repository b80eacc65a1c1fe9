"""From a declaration, as a person writes it, to hyperparameters, or to every fault that it has."""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from numbers import Integral
from typing import Any, Literal

from tunescope.search.space_hyperparameter import (
    Hyperparameter,
    is_number,
    number_in_words,
    same,
    value_in_words,
    values_in_words,
)

MODEL = "model"
MODELS_KEY = "models"
_GRID_VALUES = 3
_MOST_GRID_VALUES = 10_000
_RANGE_KEYS = ("low", "high", "step", "log")
_KEYS = ("type", *_RANGE_KEYS, "choices", "grid", "default", "when")
_EITHER = "`low` and `high`, or `choices`"
_TYPES = ("float", "int", "categorical")
# Numbers that PyYAML takes for text, because they have no point.
_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")


@dataclass(frozen=True)
class Fault:
    """A rule that a declaration breaks, and the keys that lead to where it does."""

    keys: tuple[str, ...]
    rule: str

    def sentence(self, prefix: str = "") -> str:
        """The fault for people, with the keys after a prefix such as `search.space.`."""
        return f"`{prefix}{'.'.join(self.keys)}` {self.rule}"


# By name; None for one that has faults.
_Found = Mapping[str, Hyperparameter | None]
Read = tuple[tuple[Hyperparameter, ...], list[Fault]]


def read_space(mapping: Mapping[Any, Any]) -> Read:
    """Read a flat declaration, or one by models under the key ``models``."""
    if not _is_by_models(mapping):
        return _read_all([_Declared((name,), entry) for name, entry in mapping.items()])
    found, faults = read_models(mapping[MODELS_KEY])
    beside = [
        Fault((str(name),), f"stands beside `{MODELS_KEY}`: put it into the block of a model")
        for name in mapping
        if name != MODELS_KEY
    ]
    return found, beside + faults


def read_models(models: Mapping[Any, Any]) -> Read:
    """Compose the declarations of several models: ``model`` first, then ``<model>.<hyperparameter>``."""
    faults = [fault for name, block in models.items() for fault in _block_faults(name, block)]
    if not models:
        faults.append(Fault((MODELS_KEY,), "is empty, but must hold a block for each model"))
    if faults:
        return (), faults
    choice = _Declared((MODEL,), {"type": "categorical", "choices": list(models)})
    inner = [
        _Declared((model, name), entry, model)
        for model, block in models.items()
        for name, entry in (block or {}).items()
    ]
    return _read_all([choice, *inner])


def _is_by_models(mapping: Mapping[Any, Any]) -> bool:
    """Whether `models` holds blocks, and is no hyperparameter of that name itself."""
    block = mapping.get(MODELS_KEY)
    return isinstance(block, Mapping) and not block.keys() & {"type", "low", "high", "choices"}


def _block_faults(name: Any, block: Any) -> Iterator[Fault]:
    if _name_fault(name) or "." in name:
        yield Fault((str(name),), "is no name of a model: use text without `.`, in quotes")
    elif block is not None and not isinstance(block, Mapping):
        yield Fault(
            (name,), f"is {value_in_words(block)}, but must be the block of a model's hyperparameters"
        )


@dataclass(frozen=True)
class _Declared:
    """An entry as it is written, the keys that lead to it, and the model whose block it stands in."""

    keys: tuple[Any, ...]
    entry: Any
    model: str | None = None

    @property
    def name(self) -> str:
        return ".".join(map(str, self.keys))

    def full(self, other: Any) -> str:
        """The name in the space of what this entry calls so."""
        return f"{self.model}.{other}" if self.model else str(other)

    def short(self, name: str) -> str:
        """The name by which this entry may call another one."""
        return name.removeprefix(f"{self.model}.") if self.model else name

    def fault(self, rule: str, *keys: str) -> Fault:
        return Fault((*map(str, self.keys), *keys), rule)


def _read_all(declared: list[_Declared]) -> Read:
    found: dict[str, Hyperparameter | None] = {}
    faults: list[Fault] = []
    names = [one.name for one in declared]
    for one in declared:
        hyperparameter, wrong = _read(one)
        conditions = _conditions(one)
        wrong += _condition_faults(one, conditions, found, names)
        faults += wrong
        if wrong or hyperparameter is None:
            found[one.name] = None
        else:
            found[one.name] = replace(hyperparameter, when=_when(one, conditions, found))
    return tuple(one for one in found.values() if one is not None), faults


def _read(one: _Declared) -> tuple[Hyperparameter | None, list[Fault]]:
    """An entry without its conditions; stops at the first kind of fault, since others may follow from it."""
    if rule := _name_fault(one.keys[-1]):
        return None, [one.fault(rule)]
    entry = {"choices": one.entry} if isinstance(one.entry, list | tuple) else one.entry
    if not isinstance(entry, Mapping):
        return None, [
            one.fault(
                f"is {value_in_words(entry)}, but must be an entry such as `{{low: 1, high: 9}}` "
                "or a list of choices"
            )
        ]
    entry = {
        key: _with_numbers(value) if key in _RANGE_KEYS else value
        for key, value in entry.items()
        if value is not None or key == "default"
    }
    faults = [*_key_faults(one, entry)] or [*_shape_faults(one, entry)] or [*_range_faults(one, entry)]
    if faults:
        return None, faults
    return _with_values(one, entry, _bare(one, entry))


def _name_fault(name: Any) -> str | None:
    if not isinstance(name, str):
        return "is no name: put it in quotes if it is meant as one"
    return None if name else "is empty, but must be a name"


def _with_numbers(value: Any) -> Any:
    """The number that PyYAML takes for text, such as 1e-4, and anything else as it is."""
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    return value


def _type(entry: Mapping[str, Any]) -> str:
    """The declared type, or the one that the values have: whole numbers alone make an `int`."""
    if "type" in entry:
        return str(entry["type"])
    if "choices" in entry:
        return "categorical"
    return (
        "int" if all(isinstance(entry[key], Integral) for key in _RANGE_KEYS[:3] if key in entry) else "float"
    )


def _key_faults(one: _Declared, entry: Mapping[Any, Any]) -> Iterator[Fault]:
    for key in entry:
        if key not in _KEYS:
            yield one.fault(f"is unknown{_meant(str(key), _KEYS)}: use {values_in_words(_KEYS)}", str(key))
    if "type" in entry and entry["type"] not in _TYPES:
        meant = _meant(str(entry["type"]), _TYPES)
        yield one.fault(
            f"is {value_in_words(entry['type'])}, but must be `float`, `int` or `categorical`{meant}", "type"
        )


def _shape_faults(one: _Declared, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Keys that are missing, do not go together, or hold the wrong kind of value."""
    if _type(entry) == "categorical":
        yield from _choices_faults(one, entry)
        return
    if "choices" in entry:
        yield one.fault(f"is given, but a hyperparameter of type `{_type(entry)}` has a range", "choices")
    if "low" not in entry or "high" not in entry:
        wanted = "`low` and `high`" if "type" in entry or "low" in entry or "high" in entry else _EITHER
        yield one.fault(f"needs {wanted}")
    for key in ("low", "high", "step"):
        yield from _number_faults(one, entry, key)
    if not isinstance(entry.get("log", False), bool):
        yield one.fault(f"is {value_in_words(entry['log'])}, but must be true or false", "log")


def _number_faults(one: _Declared, entry: Mapping[str, Any], key: str) -> Iterator[Fault]:
    value = entry.get(key, 1)
    if not is_number(value):
        yield one.fault(f"is {value_in_words(value)}, but must be a number", key)
    elif _type(entry) == "int" and value != int(value):
        yield one.fault(
            f"is {number_in_words(value)}, but must be a whole number, because the type is `int`", key
        )


def _choices_faults(one: _Declared, entry: Mapping[str, Any]) -> Iterator[Fault]:
    for key in _RANGE_KEYS:
        if key in entry:
            yield one.fault("is given, but choices have no range: leave it out", key)
    if "choices" not in entry:
        yield one.fault("needs `choices`")
    elif not isinstance(entry["choices"], list | tuple) or not entry["choices"]:
        yield one.fault(
            f"is {_shown(entry['choices'])}, but must be a list with at least 1 choice", "choices"
        )
    else:
        yield from _list_faults(one, entry["choices"], "choices")


def _list_faults(one: _Declared, values: Iterable[Any], key: str) -> Iterator[Fault]:
    seen: list[Any] = []
    for index, value in enumerate(values):
        if not (value is None or isinstance(value, str | bool) or is_number(value)):
            yield one.fault(
                f"is {_shown(value)}, but must be text, a finite number, true, false or null", key, str(index)
            )
        elif any(value == other for other in seen):
            yield one.fault(f"is {value_in_words(value)}, which stands there before", key, str(index))
        seen.append(value)


def _range_faults(one: _Declared, entry: Mapping[str, Any]) -> Iterator[Fault]:
    if _type(entry) == "categorical":
        return
    low, high, log, step = entry["low"], entry["high"], entry.get("log", False), entry.get("step")
    shown_low, shown_high = number_in_words(low), number_in_words(high)
    if low > high:
        yield one.fault(f"is {shown_low}, but must be at most `high`, which is {shown_high}", "low")
    elif not is_number(float(high) - float(low)):
        yield one.fault(f"goes from {shown_low} to {shown_high}, which is too wide for numbers to span")
    if log and low <= 0:
        yield one.fault(f"is {shown_low}, but a logarithmic range must begin above 0", "low")
    if step is None:
        return
    if log:
        yield one.fault("has both `log` and `step`, which exclude each other")
    elif step <= 0:
        yield one.fault(f"is {number_in_words(step)}, but must be more than 0", "step")
    elif low <= high:
        yield from _step_faults(one, low, high, step)


def _step_faults(one: _Declared, low: float, high: float, step: float) -> Iterator[Fault]:
    """Decimals, because 0.3 is no whole number of 0.1 in binary."""
    exact_low, exact_high, exact_step = Decimal(str(low)), Decimal(str(high)), Decimal(str(step))
    rest = (exact_high - exact_low) % exact_step
    if rest:
        fitting = number_in_words(float(exact_high - rest))
        yield one.fault(
            f"is {number_in_words(step)}, which does not lead from {number_in_words(low)} to "
            f"{number_in_words(high)}: let `high` be {fitting}, for instance",
            "step",
        )


def _bare(one: _Declared, entry: Mapping[str, Any]) -> Hyperparameter:
    """The hyperparameter as far as its range: without grid, default and conditions."""
    if _type(entry) == "categorical":
        return Hyperparameter(one.name, "categorical", choices=tuple(entry["choices"]))
    kind: Literal["int", "float"] = "int" if _type(entry) == "int" else "float"
    number = int if kind == "int" else float
    step = number(entry["step"]) if "step" in entry else None
    return Hyperparameter(
        one.name, kind, number(entry["low"]), number(entry["high"]), step, entry.get("log", False)
    )


def _with_values(
    one: _Declared, entry: Mapping[str, Any], bare: Hyperparameter
) -> tuple[Hyperparameter | None, list[Fault]]:
    """Take in grid and default, or make up those that are not declared."""
    usual = bare.choices if bare.type == "categorical" else bare.spread(_GRID_VALUES)
    declared = entry.get("grid", usual)
    if faults := [*_grid_faults(one, bare, declared)]:
        return None, faults
    grid = _spread(bare, declared)
    middle = bare.choices[0] if bare.type == "categorical" else bare.spread(1)[0]
    default = _value(bare, entry["default"]) if _has_default(entry, bare) else middle
    if not bare.allows(default):
        return None, [one.fault(f"is {_shown(default)}, but must be in {bare.range_in_words()}", "default")]
    return replace(bare, grid=grid, default=default), []


def _has_default(entry: Mapping[str, Any], bare: Hyperparameter) -> bool:
    """Null is a default only where it is a choice."""
    return "default" in entry and (entry["default"] is not None or None in bare.choices)


def _grid_faults(one: _Declared, bare: Hyperparameter, grid: Any) -> Iterator[Fault]:
    if is_number(grid) and bare.type != "categorical":
        if not isinstance(grid, int) or not 1 <= grid <= _MOST_GRID_VALUES:
            yield one.fault(
                f"is {value_in_words(grid)}, but a number of grid values is a whole one from 1 to "
                f"{_MOST_GRID_VALUES}",
                "grid",
            )
        return
    if not isinstance(grid, list | tuple):
        number = "" if bare.type == "categorical" else " or their number"
        yield one.fault(f"is {_shown(grid)}, but must be a list of values{number}", "grid")
        return
    if not grid:
        yield one.fault("is empty, but must be a list with at least 1 value", "grid")
    values = [_value(bare, value) for value in grid]
    for index, value in enumerate(values):
        if not bare.allows(value):
            yield one.fault(f"is {_shown(value)}, but must be in {bare.range_in_words()}", "grid", str(index))
    if all(map(bare.allows, values)):
        yield from _list_faults(one, values, "grid")


def _spread(bare: Hyperparameter, grid: Any) -> tuple[Any, ...]:
    if is_number(grid):
        return bare.spread(int(grid))
    return tuple(_value(bare, value) for value in grid)


def _value(one: Hyperparameter, value: Any) -> Any:
    """A value as the hyperparameter has it: the choice itself, or a number of its type."""
    if one.type == "categorical":
        return next((choice for choice in one.choices if same(value, choice)), value)
    number = _with_numbers(value)
    if not is_number(number):
        return value
    return int(number) if one.type == "int" and number == int(number) else float(number)


def _conditions(one: _Declared) -> dict[Any, Any]:
    """What `when` says, empty where it says nothing that can be understood."""
    when = one.entry.get("when") if isinstance(one.entry, Mapping) else None
    return dict(when) if isinstance(when, Mapping) else {}


def _condition_faults(
    one: _Declared, conditions: Mapping[Any, Any], found: _Found, names: Collection[str]
) -> list[Fault]:
    when = one.entry.get("when") if isinstance(one.entry, Mapping) else None
    if when is not None and not isinstance(when, Mapping):
        return [one.fault(f"is {_shown(when)}, but must be a condition such as `{{kernel: rbf}}`", "when")]
    return [
        one.fault(rule, "when", str(other))
        for other, values in conditions.items()
        for rule in islice(_condition_rules(one, other, values, found, names), 1)
    ]


def _condition_rules(
    one: _Declared, other: Any, values: Any, found: _Found, names: Collection[str]
) -> Iterator[str]:
    """The rules that a condition breaks, the one that explains the others first."""
    full = one.full(other)
    if full == one.name:
        yield "is a condition on itself"
    if full not in found:
        if full in names:
            yield f"names `{other}`, which must be declared before `{one.short(one.name)}`"
        known = [one.short(name) for name in found if one.model is None or name.startswith(f"{one.model}.")]
        use = f"use {values_in_words(tuple(known))}" if known else "none stands before this one"
        yield f"names no hyperparameter{_meant(str(other), known)}: {use}"
    listed = _listed(values)
    if not listed:
        yield "is empty, but must name a value or a list of values"
    parent = found.get(full)
    if parent is None or one.model is not None:
        # A model may be narrowed until a condition cannot hold: then the entry just never exists.
        return
    for value in listed:
        if not parent.allows(_value(parent, value)):
            yield f"is {_shown(value)}, but `{other}` can only be in {parent.range_in_words()}"


def _when(one: _Declared, conditions: Mapping[Any, Any], found: _Found) -> dict[str, tuple[Any, ...]]:
    when: dict[str, tuple[Any, ...]] = {MODEL: (one.model,)} if one.model else {}
    for other, values in conditions.items():
        parent = found[one.full(other)]
        listed = _listed(values)
        when[one.full(other)] = listed if parent is None else tuple(_value(parent, value) for value in listed)
    return when


def _listed(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, list | tuple) else (values,)


def _shown(value: Any) -> str:
    return "empty" if value == [] or value == () else value_in_words(value)


def _meant(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""
