"""Which trials are meant: one dataclass is a page's address, a query's SQL and the grid's filter alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import parse_qs, urlencode

Range = tuple[float | None, float | None]
T = TypeVar("T")

# Short names in addresses of the fields that are chosen most.
SHORT = {
    "run": "run_id",
    "dataset": "dataset",
    "strategy": "strategy",
    "model": "model",
    "state": "state",
    "study": "study",
}
_LONG = {key: short for short, key in SHORT.items()}
# Fields that not every store has; the rest of their key is the user's own name.
PREFIXES = ("param:", "attr:", "value:", "phase:")


@dataclass(frozen=True)
class TrialFilter:
    """A selection of trials, its order, and the trials picked from it.

    Fields go by their keys (:mod:`tunescope.store.columns.fields`).

    Attributes:
        text: words that must all occur in a trial.
        choices: pairs of a field and the values that it may have.
        ranges: pairs of a field and ranges (lowest, highest), both included, in one of which it must lie;
            ``None`` is no bound.
        sort: fields to sort by, with ``-`` before those that go from high to low.
        picked: ids of the trials picked by hand; empty means all of the selection.
    """

    text: str = ""
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ranges: tuple[tuple[str, tuple[Range, ...]], ...] = ()
    sort: tuple[str, ...] = ()
    picked: tuple[int, ...] = ()

    @classmethod
    def from_query(cls, search: str) -> "TrialFilter":
        """Read a query string; what it holds beyond a filter is passed over."""
        query = parse_qs(search.lstrip("?"))
        named = {key: query[name] for name in query if (key := _key(name)) is not None}
        ranges = {key: tuple(filter(None, map(_range, texts))) for key, texts in named.items()}
        choices = {
            key: tuple(text.removeprefix("=") for text in texts if not _range(text))
            for key, texts in named.items()
        }
        return cls(
            text=" ".join(query.get("q", [])),
            choices=tuple((key, values) for key, values in choices.items() if values),
            ranges=tuple((key, bounds) for key, bounds in ranges.items() if bounds),
            sort=tuple(one for one in query.get("sort", []) if _key(one.removeprefix("-")) is not None),
            picked=_ids(query.get("picked", ())),
        )

    def to_query(self) -> str:
        """The query string with its question mark; empty when nothing is chosen."""
        query: dict[str, list[str]] = {"q": [self.text] if self.text else []}
        for key, values in self.choices:
            query.setdefault(_LONG.get(key, key), []).extend(map(_unmistakable, values))
        for key, bounds in self.ranges:
            query.setdefault(_LONG.get(key, key), []).extend(_bounds(*each) for each in bounds)
        query["sort"] = list(self.sort)
        query["picked"] = [",".join(map(str, self.picked))] if self.picked else []
        kept = {key: values for key, values in query.items() if values}
        return f"?{urlencode(kept, doseq=True, safe=',:')}" if kept else ""

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.text or self.choices or self.ranges)

    def values(self, key: str) -> tuple[str, ...]:
        """The values that a field may have; empty allows all."""
        return dict(self.choices).get(key, ())

    def bounds(self, key: str) -> tuple[Range, ...]:
        """The ranges of a field; empty allows all."""
        return dict(self.ranges).get(key, ())

    def with_values(self, key: str, values: Sequence[str]) -> "TrialFilter":
        """The same with other values allowed for a field."""
        return replace(self, choices=_changed(self.choices, key, tuple(values)))

    def with_bounds(self, key: str, bounds: Sequence[Range]) -> "TrialFilter":
        """The same with other ranges of a field."""
        return replace(self, ranges=_changed(self.ranges, key, tuple(bounds)))

    def without(self, key: str) -> "TrialFilter":
        """The same without any condition on a field."""
        return self.with_values(key, ()).with_bounds(key, ())

    @property
    def all_passing(self) -> "TrialFilter":
        """The same with nothing picked from it."""
        return replace(self, picked=())

    @property
    def keys(self) -> tuple[str, ...]:
        """Fields with a condition."""
        return tuple(dict.fromkeys([key for key, _ in (*self.choices, *self.ranges)]))


def _changed(pairs: Iterable[tuple[str, T]], key: str, value: T) -> tuple[tuple[str, T], ...]:
    kept = {**dict(pairs), key: value}
    return tuple((name, each) for name, each in kept.items() if each)


def _key(name: str) -> str | None:
    """The key of a field by its name in an address, ``None`` for a name that is none."""
    from tunescope.store.columns.fields import FIXED

    key = SHORT.get(name, name)
    return key if key in FIXED or name.startswith(PREFIXES) else None


def _ids(texts: Sequence[str]) -> tuple[int, ...]:
    parts = ",".join(texts).split(",")
    return tuple(
        dict.fromkeys(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19)
    )


def _range(text: str) -> Range | None:
    """``0.8..0.9``, ``0.8..`` or ``..0.9``."""
    low, dots, high = text.partition("..")
    try:
        found = (float(low) if low else None, float(high) if high else None)
    except ValueError:
        return None
    return found if dots and found != (None, None) else None


def _unmistakable(value: str) -> str:
    """A value that reads like a range, or begins with the sign against that, gets that sign."""
    return f"={value}" if value.startswith("=") or _range(value) else value


def _bounds(low: float | None, high: float | None) -> str:
    return f"{'' if low is None else format(low, '.12g')}..{'' if high is None else format(high, '.12g')}"
