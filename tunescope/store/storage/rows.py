"""Trials as rows of Optuna's tables, and back.

Times are naive UTC in the store and naive local time in a trial; infinities and NaN are a word beside an
empty number; attributes are JSON; a parameter is the number that its distribution makes of it.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState

from tunescope.store.storage import statements as sql
from tunescope.store.storage.database import Database

Row = tuple[Any, ...]
_NUMBERS = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}


@dataclass
class Pending:
    """What has been set on a trial, and is not in the store yet."""

    params: dict[str, tuple[float, BaseDistribution]] = field(default_factory=dict)
    reports: dict[int, float] = field(default_factory=dict)
    user_attributes: dict[str, str] = field(default_factory=dict)

    def overlay(self, trial: FrozenTrial) -> None:
        """Make a trial that was just read show what is pending."""
        for name, (value, distribution) in self.params.items():
            trial.params[name] = distribution.to_external_repr(value)
            trial.distributions[name] = distribution
        trial.intermediate_values.update(self.reports)
        trial.user_attrs.update({key: json.loads(value) for key, value in self.user_attributes.items()})

    def write(self, database: Database, trial_id: int) -> None:
        """Write it all, in the transaction that is open."""
        write_params(database, trial_id, self.params)
        write_reports(database, trial_id, self.reports)
        write_attributes(database, sql.SET_USER_ATTRIBUTE, trial_id, self.user_attributes)


def write_params(
    database: Database, trial_id: int, params: dict[str, tuple[float, BaseDistribution]]
) -> None:
    """Write parameters by their internal values."""
    rows = [
        {
            "trial_id": trial_id,
            "name": name,
            "value": value,
            "distribution": distribution_to_json(distribution),
        }
        for name, (value, distribution) in params.items()
    ]
    database.write(sql.SET_PARAM, rows)


def write_reports(database: Database, trial_id: int, reports: dict[int, float]) -> None:
    """Write intermediate values by step."""
    rows = [{"trial_id": trial_id, "step": step, **_stored(value)} for step, value in reports.items()]
    database.write(sql.SET_REPORT, rows)


def write_attributes(database: Database, statement: str, trial_id: int, attributes: dict[str, str]) -> None:
    """Write attributes that are JSON already."""
    rows = [
        {"trial_id": trial_id, "key": key, "value_json": value_json} for key, value_json in attributes.items()
    ]
    database.write(statement, rows)


def write_values(database: Database, trial_id: int, values: Sequence[float]) -> None:
    """Write the values of the objectives."""
    rows = [
        {"trial_id": trial_id, "objective": objective, **_stored(value)}
        for objective, value in enumerate(values)
    ]
    database.write(sql.SET_VALUE, rows)


def write_template(database: Database, trial_id: int, template: FrozenTrial) -> None:
    """Write all that belongs to a trial but its own row."""
    params = {
        name: (distribution.to_internal_repr(template.params[name]), distribution)
        for name, distribution in template.distributions.items()
    }
    write_params(database, trial_id, params)
    write_values(database, trial_id, template.values or ())
    write_reports(database, trial_id, template.intermediate_values)
    for statement, attributes in (
        (sql.SET_USER_ATTRIBUTE, template.user_attrs),
        (sql.SET_SYSTEM_ATTRIBUTE, template.system_attrs),
    ):
        texts = {key: json.dumps(value) for key, value in attributes.items()}
        write_attributes(database, statement, trial_id, texts)


def read_trials(database: Database, rows: Sequence[Row]) -> list[FrozenTrial]:
    """The trials of rows that :data:`statements.TRIALS` found."""
    if not rows:
        return []
    ids = database.ids([row[0] for row in rows])

    def children(statement: str) -> dict[int, list[Row]]:
        return _grouped(database.read(statement, ids=ids))

    values, params, reports = children(sql.VALUES), children(sql.PARAMS), children(sql.REPORTS)
    user, system = children(sql.USER_ATTRIBUTES), children(sql.SYSTEM_ATTRIBUTES)
    return [
        FrozenTrial(
            trial_id=trial_id,
            number=number,
            state=TrialState[state],
            datetime_start=local(started),
            datetime_complete=local(completed),
            value=None,
            values=[_number(*row) for row in values[trial_id]] if trial_id in values else None,
            params={
                name: distribution(text).to_external_repr(x) for name, x, text in params.get(trial_id, ())
            },
            distributions={name: distribution(text) for name, _, text in params.get(trial_id, ())},
            user_attrs={key: json.loads(text) for key, text in user.get(trial_id, ())},
            system_attrs={key: json.loads(text) for key, text in system.get(trial_id, ())},
            intermediate_values={step: _number(x, word) for step, x, word in reports.get(trial_id, ())},
        )
        for trial_id, number, state, started, completed in rows
    ]


@lru_cache(maxsize=4096)
def distribution(text: str) -> BaseDistribution:
    """A distribution from its JSON; trials share the objects, as they share the text."""
    return json_to_distribution(text)


def utc_text(moment: datetime | None) -> str | None:
    """A naive local (or an aware) moment as the store keeps it."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def local(stored: str | datetime | None) -> datetime | None:
    """A moment of the store as trials carry it: naive local time."""
    if stored is None:
        return None
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


def _grouped(rows: Iterable[Row]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for trial_id, *columns in rows:
        groups[trial_id].append(tuple(columns))
    return groups


def _stored(value: float) -> dict[str, Any]:
    if math.isfinite(value):
        return {"value": float(value), "value_type": "FINITE"}
    word = "NAN" if math.isnan(value) else "INF_POS" if value > 0 else "INF_NEG"
    return {"value": None, "value_type": word}


def _number(value: float | None, word: str) -> float:
    return _NUMBERS[word] if value is None else value
