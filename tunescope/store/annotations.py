"""What people keep of trials: stars, tags, notes; and views of the trials under a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Executable, Table, delete, false, func, select
from sqlalchemy.dialects import postgresql, sqlite

from tunescope.errors import AnnotationError, UnknownNameError
from tunescope.store.engine import Store
from tunescope.store.schema import annotations, now, optuna_trials, views

MOST_TAGS, LONGEST_TAG, LONGEST_NOTE, LONGEST_NAME = 20, 50, 10_000, 80


@dataclass(frozen=True)
class Annotation:
    """What is kept of one trial."""

    is_starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""


def annotation(store: Store, trial_id: int) -> Annotation:
    """What is kept of a trial; nothing at first."""
    return _all(store, [trial_id]).get(trial_id, Annotation())


def all_annotations(store: Store) -> dict[int, Annotation]:
    """What is kept of every trial that anything is kept of."""
    return _all(store)


def annotate(
    store: Store,
    trial_id: int,
    is_starred: bool | None = None,
    tags: Sequence[str] | None = None,
    note: str | None = None,
) -> Annotation:
    """Change what is kept of a trial; what is not given stays.

    Raises:
        UnknownNameError: when there is no such trial.
        AnnotationError: when there are too many tags, or one of them or the note is too long.
    """
    given = {
        "is_starred": is_starred,
        "tags": None if tags is None else list(_tags(tags)),
        "note": None if note is None else _note(note),
    }
    _write(store, trial_id, {name: value for name, value in given.items() if value is not None})
    return annotation(store, trial_id)


def save_view(store: Store, name: str, query: str) -> None:
    """Keep a view under a name; one of the same name is replaced.

    Raises:
        AnnotationError: when the name is empty or too long.
    """
    name = " ".join(_storable(name).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise AnnotationError(
            f"The name of a view has {len(name)} characters, but must have 1 to {LONGEST_NAME}: "
            "choose another"
        )
    with store.engine.begin() as connection:
        values = {"query": _storable(query), "created": now()}
        connection.execute(_upsert(store, views, {"name": name}, values, values))


def saved_views(store: Store) -> dict[str, str]:
    """Queries by name, in the order of names."""
    with store.reader.connect() as connection:
        rows = connection.execute(select(views.c.name, views.c.query).order_by(views.c.name))
        return {row.name: row.query for row in rows}


def forget_view(store: Store, name: str) -> None:
    """Delete a view; nothing happens when there is none of that name."""
    with store.engine.begin() as connection:
        connection.execute(delete(views).where(views.c.name == name))


def _all(store: Store, ids: Sequence[int] | None = None) -> dict[int, Annotation]:
    table = annotations
    query = (
        select(table.c.trial_id, table.c.is_starred, table.c.tags, table.c.note)
        .join(optuna_trials, optuna_trials.c.trial_id == table.c.trial_id)
        .where(~_is_of_another())
    )
    if ids is not None:
        query = query.where(table.c.trial_id.in_([int(one) for one in ids]))
    with store.reader.connect() as connection:
        return {
            trial_id: Annotation(is_starred, tuple(tags), note)
            for trial_id, is_starred, tags, note in connection.execute(query)
        }


def _is_of_another() -> ColumnElement[bool]:
    """Whether a row is older than its trial.

    Optuna by itself deletes trials of SQLite without what hangs on them, and SQLite gives their ids again.
    """
    return func.coalesce(optuna_trials.c.datetime_start > annotations.c.changed, false())


def _write(store: Store, trial_id: int, changes: Mapping[str, Any]) -> None:
    """Write what changes alone: two who change different things at once keep both."""
    changes = {**changes, "changed": now()}
    known = select(optuna_trials.c.trial_id).where(optuna_trials.c.trial_id == trial_id)
    with store.engine.begin() as connection:
        if connection.execute(known).scalar() is None:
            raise UnknownNameError(f"There is no trial with the id `{trial_id}` in this store.")
        stale = known.where(_is_of_another()).correlate(annotations)
        connection.execute(delete(annotations).where(annotations.c.trial_id == trial_id, stale.exists()))
        first = {"is_starred": False, "tags": [], "note": "", **changes}
        connection.execute(_upsert(store, annotations, {"trial_id": trial_id}, first, changes))


def _upsert(
    store: Store, table: Table, key: Mapping[str, Any], first: Mapping[str, Any], later: Mapping[str, Any]
) -> Executable:
    """Insert a row, or change the one that has the key."""
    dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[store.engine.dialect.name]
    insert = dialect.insert(table).values(**key, **first)
    statement: Executable = insert.on_conflict_do_update(index_elements=list(key), set_=later)
    return statement


def _tags(tags: Sequence[str]) -> tuple[str, ...]:
    kept = tuple(
        dict.fromkeys(filter(None, (" ".join(_storable(tag).replace(",", " ").split()) for tag in tags)))
    )
    if len(kept) > MOST_TAGS:
        raise AnnotationError(
            f"There are {len(kept)} tags, but a trial has at most {MOST_TAGS}: leave some out"
        )
    for tag in kept:
        if len(tag) > LONGEST_TAG:
            raise AnnotationError(
                f"The tag `{tag[:LONGEST_TAG]}...` has {len(tag)} characters, but at most {LONGEST_TAG} fit: "
                "shorten it"
            )
    return kept


def _note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise AnnotationError(
            f"The note has {len(note)} characters, but at most {LONGEST_NOTE} fit: shorten it"
        )
    return _storable(note).strip()


def _storable(text: str) -> str:
    """A text without what a database does not take: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
