"""One trial: which it is, and where its configuration came from, as samplers note it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, column, select, table

from tunescope.store.engine import Store
from tunescope.store.schema import (
    REPEATS,
    optuna_studies,
    optuna_trial_attributes,
    optuna_trials,
    optuna_user_attributes,
)

# Where Optuna keeps the parameters of an enqueued trial, where its genetic samplers keep the generation of a
# trial and the parents of a generation, and where our searches note which trial they try again.
_QUEUED, _GENERATION, _PARENTS, _RETRY_OF, _ARM = (
    "fixed_params",
    ":generation",
    ":parent:",
    "retry_of",
    "tunescope:arm",
)
_study_attributes = table("study_system_attributes", column("study_id"), column("key"), column("value_json"))


@dataclass(frozen=True)
class Lineage:
    """Where a configuration came from; numbers are those of trials of the same study.

    Attributes:
        is_enqueued: somebody asked for it: a user, or the search for a configuration to begin with.
        retry_of: the trial that it tries again, because that one was interrupted.
        repeats: the trial that it measures again.
        arm: what proposed it, in a study that chooses among several ways.
        generation: of a genetic search, from 0.
        parents: the trials that its generation is bred from, the best first.
    """

    is_enqueued: bool = False
    retry_of: int | None = None
    repeats: int | None = None
    arm: str | None = None
    generation: int | None = None
    parents: tuple[int, ...] = ()


def numbered(store: Store, study: str, number: int) -> int | None:
    """The id of a trial by its study and number, None where there is none.

    Reading a trial by its id spares every table the search for its number among all of the study.
    """
    query = (
        select(optuna_trials.c.trial_id)
        .join(optuna_studies, optuna_studies.c.study_id == optuna_trials.c.study_id)
        .where(optuna_studies.c.study_name == study, optuna_trials.c.number == number)
    )
    return next((int(row["trial_id"]) for row in _rows(store, query)), None)


def lineage(store: Store, trial_id: int) -> Lineage:
    """Read where a trial came from; an unknown trial has no lineage."""
    noted = _attributes(store, optuna_trial_attributes, trial_id)
    bred = next((key for key in noted if key.endswith(_GENERATION)), None)
    generation = None if bred is None else int(noted[bred])
    is_enqueued = bool(noted.get(_QUEUED))
    return Lineage(
        is_enqueued=is_enqueued,
        retry_of=_attributes(store, optuna_user_attributes, trial_id).get(_RETRY_OF),
        repeats=noted.get(REPEATS),
        arm=noted.get(_ARM),
        generation=generation,
        parents=() if bred is None or is_enqueued else _parents(store, trial_id, bred, generation or 0),
    )


def _parents(store: Store, trial_id: int, key: str, generation: int) -> tuple[int, ...]:
    """The numbers of the parents of a generation, in the order in which the sampler entered them."""
    entry = f"{key.removesuffix(_GENERATION)}{_PARENTS}{generation}"
    query = (
        select(_study_attributes.c.value_json)
        .join(optuna_studies, optuna_studies.c.study_id == _study_attributes.c.study_id)
        .join(optuna_trials, optuna_trials.c.study_id == optuna_studies.c.study_id)
        .where(optuna_trials.c.trial_id == trial_id, _study_attributes.c.key == entry)
    )
    found = _rows(store, query)
    ids: Sequence[int] = json.loads(found[0]["value_json"]) if found else ()
    known = select(optuna_trials.c.trial_id, optuna_trials.c.number).where(optuna_trials.c.trial_id.in_(ids))
    numbers = {row["trial_id"]: row["number"] for row in _rows(store, known)} if ids else {}
    return tuple(numbers[one] for one in ids if one in numbers)


def _attributes(store: Store, kept: Any, trial_id: int) -> dict[str, Any]:
    query = select(kept.c.key, kept.c.value_json).where(kept.c.trial_id == int(trial_id))
    return {row["key"]: json.loads(row["value_json"]) for row in _rows(store, query)}


def _rows(store: Store, query: Select[Any]) -> list[dict[str, Any]]:
    with store.reader.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
