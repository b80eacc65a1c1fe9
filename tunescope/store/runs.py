"""Runs in the store: who works on one, how far it is, how it ended."""

import os
import re
import secrets
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import psutil
from sqlalchemy import ColumnElement, Connection, Select, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from tunescope.errors import RunError, UnknownNameError
from tunescope.store import commands
from tunescope.store.engine import Store
from tunescope.store.relaunching import FREE_OF_SEARCH, require_same_parameters
from tunescope.store.schema import STOPPED_BY_COMMAND, now, runs, stages, studies

HEARTBEAT_SECONDS = 2.0
# A process on another machine counts as dead when it has missed four heartbeats.
STALE_SECONDS = 4 * HEARTBEAT_SECONDS

Status = Literal["starting", "running", "paused", "finished", "stopped", "failed", "interrupted"]
# How a run stands that a process works on.
LIVE = ("starting", "running", "paused")
_OF_STATE = ("run_id", "status", "paused", "host", "pid", "process_started", "heartbeat", "started")
_STANDING = select(*(runs.c[name] for name in _OF_STATE))
_UNFINISHED = _STANDING.where(runs.c.status.in_(("starting", "running")))
LaunchKind = Literal["new", "resumed", "repeated"]


@dataclass(frozen=True)
class Launch:
    """One process working on a run; ``kind`` says what the run was before."""

    run_id: str
    number: int
    kind: LaunchKind


def announce(store: Store, run_id: str, parameters: Mapping[str, Any], folder: Path) -> None:
    """Enter a run that is about to be started, so that pages can show it at once.

    Raises:
        RunError: when there is a run of that id already.
    """
    try:
        with store.engine.begin() as connection:
            connection.execute(insert(runs).values(_new_row(run_id, parameters, folder, "starting")))
    except IntegrityError:
        raise _taken(run_id) from None


def require_free(store: Store, run_id: str) -> None:
    """See that no run has an id yet.

    Raises:
        RunError: when one has.
    """
    with suppress(UnknownNameError):
        _row(store, run_id)
        raise _taken(run_id)


def _taken(run_id: str) -> RunError:
    return RunError(f"`run.id` is `{run_id}`, but there is a run of that name: choose another")


def announce_again(store: Store, run_id: str) -> None:
    """Enter that a run left by a dead process is about to be started again.

    Raises:
        RunError: when a live process works on the run.
        UnknownNameError: when there is no such run.
    """
    row = _row(store, run_id)
    _require_dead(row)
    with store.engine.begin() as connection:
        taken = connection.execute(
            update(runs).where(*_unchanged(row)).values(status="starting", reason=None, **_process())
        )
    if taken.rowcount != 1:
        raise RunError(_alive(run_id, "another process"))


def hand_over(store: Store, run_id: str, pid: int) -> None:
    """Enter the process that was started for an announced run; one that has claimed it already stays."""
    with store.engine.begin() as connection:
        connection.execute(
            update(runs).where(runs.c.run_id == run_id, runs.c.status == "starting").values(**_process(pid))
        )


def claim(store: Store, run_id: str, parameters: Mapping[str, Any], folder: Path) -> Launch:
    """Make this process the one that works on a run: new, announced, or left by a dead process.

    Raises:
        RunError: when a live process works on the run, or when it was launched before with other
            parameters than now (budgets, workers, benchmark and report may differ).
    """
    row = _find(store, run_id)
    if row is None:
        return _claim_new(store, run_id, parameters, folder)
    if row["status"] != "starting":
        _require_dead(row)
    if row["launches"]:
        require_same_parameters(row, parameters)
    kind = _launch_kind(row)
    with store.engine.begin() as connection:
        taken = connection.execute(
            update(runs).where(*_unchanged(row)).values(**_process(), **_launched(row, parameters, kind))
        )
        if taken.rowcount != 1:
            raise RunError(_alive(run_id, "another process"))
        if kind == "resumed":
            _reopen_stopped_studies(connection, run_id)
        if kind != "new":
            commands.discard_pending(connection, run_id)
    return Launch(run_id, row["launches"] + 1, kind)


def state(row: Mapping[str, Any], at: datetime | None = None) -> Status:
    """How a run stands, as people see it: one whose process is gone without a word is interrupted."""
    status: Status = row["status"]
    if status in ("starting", "running") and not _is_alive(row, at or now()):
        return "interrupted" if status == "running" else "failed"
    return "paused" if status == "running" and row["paused"] is not None else status


@contextmanager
def heartbeat(store: Store, launch: Launch) -> Iterator[None]:
    """Sign for the run every two seconds while the block runs.

    A signature that the store does not take, because its disk is full or it is out of reach, is left out: the
    next may go through, and whoever works on the run meets the same trouble and tells of it.
    """
    done, begun, before = threading.Event(), now(), _row(store, launch.run_id)["seconds"]

    def sign() -> None:
        with suppress(SQLAlchemyError):
            _update(store, launch.run_id, heartbeat=now(), seconds=before + _since(begun))

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            sign()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        sign()


def finish(store: Store, run_id: str, status: Status, reason: str | None = None) -> None:
    """Enter how a run ended."""
    _update(store, run_id, status=status, reason=reason, stage=None, finished=now(), paused=None)


def pause(store: Store, run_id: str, is_paused: bool) -> None:
    """Enter that a run begins no new trials, or that it does again."""
    _update(store, run_id, paused=now() if is_paused else None)


def is_paused(store: Store, run_id: str) -> bool:
    """Whether a run begins no new trials for now."""
    return _row(store, run_id)["paused"] is not None


def change_search(store: Store, run_id: str, changes: Mapping[str, Any]) -> None:
    """Change budget or workers among the search parameters that a run is kept with."""
    parameters = _row(store, run_id)["parameters"]
    changed = {**parameters, "search": {**parameters.get("search", {}), **changes}}
    _update(store, run_id, parameters=changed)


def search_changes(store: Store, run_id: str) -> dict[str, Any]:
    """Budget and workers as they stand, which commands may have changed since the launch."""
    search = _row(store, run_id)["parameters"].get("search", {})
    return {key: search[key] for key in FREE_OF_SEARCH if key in search}


def has_searched(store: Store, run_id: str) -> bool:
    """Whether a run has begun a search: from then on it stays with its dataset."""
    with store.engine.connect() as connection:
        query = select(studies.c.study_id).where(studies.c.run_id == run_id).limit(1)
        return connection.execute(query).scalar() is not None


def relate(store: Store, run_id: str, **columns: Any) -> None:
    """Enter what a run works on: its dataset or its device."""
    _update(store, run_id, **columns)


def begin_stage(store: Store, launch: Launch, name: str) -> None:
    """Enter the step of the pipeline that a run has come to."""
    _update(store, launch.run_id, stage=name)
    with store.engine.begin() as connection:
        connection.execute(
            insert(stages).values(run_id=launch.run_id, launch=launch.number, name=name, started=now())
        )


def end_stage(store: Store, launch: Launch, name: str) -> None:
    """Enter that a step of the pipeline is done."""
    match = (stages.c.run_id == launch.run_id, stages.c.launch == launch.number, stages.c.name == name)
    with store.engine.begin() as connection:
        begun = connection.execute(select(stages.c.started).where(*match)).scalar_one()
        connection.execute(update(stages).where(*match).values(seconds=_since(begun)))


def get(store: Store, run_id: str) -> dict[str, Any]:
    """One run as a dictionary of its columns, with ``state``.

    Raises:
        UnknownNameError: when the store has no such run.
    """
    row = _row(store, run_id)
    return {**row, "state": state(row)}


def states(store: Store, most: int = 100) -> dict[str, Status]:
    """State by run id of the runs launched last, the newest first; cheap enough to ask for often."""
    return _states(store, _STANDING.order_by(runs.c.started.desc()).limit(most))


def at_work(store: Store) -> dict[str, datetime]:
    """Since when the process works that each run has now, by run id; as cheap."""
    with store.reader.connect() as connection:
        rows = connection.execute(_UNFINISHED).mappings().all()
    return {row["run_id"]: row["started"] for row in rows if state(dict(row)) in ("running", "paused")}


def is_left(working: Mapping[str, datetime], run_id: str, begun: datetime) -> bool:
    """Whether the process that began a trial then is gone; the next one fails the trial, and tries again.

    Args:
        working: what :func:`at_work` says.
        run_id: of the trial's run.
        begun: when the trial was.
    """
    return run_id not in working or begun < working[run_id]


def generated_id(stem: str) -> str:
    """A run id for those who give none, such as ``photos-20261123-141502-9f3c``."""
    base = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:30].strip("-") or "run"
    base = base if base[0].isalpha() else f"run-{base}"
    return f"{base}-{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _states(store: Store, query: Select[Any]) -> dict[str, Status]:
    with store.reader.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return {row["run_id"]: state(dict(row)) for row in rows}


def _find(store: Store, run_id: str) -> dict[str, Any] | None:
    with store.engine.connect() as connection:
        row = connection.execute(select(runs).where(runs.c.run_id == run_id)).mappings().one_or_none()
    return dict(row) if row else None


def _row(store: Store, run_id: str) -> dict[str, Any]:
    row = _find(store, run_id)
    if row is None:
        raise UnknownNameError(f"There is no run `{run_id}` in this store: see `tunescope runs` for a list")
    return row


def _update(store: Store, run_id: str, **columns: Any) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(**columns))


def _since(begun: datetime) -> float:
    return (now() - begun).total_seconds()


def _process(pid: int | None = None) -> dict[str, Any]:
    pid = pid or os.getpid()
    return {
        "host": socket.gethostname(),
        "pid": pid,
        "process_started": psutil.Process(pid).create_time(),
        "heartbeat": now(),
    }


def _new_row(run_id: str, parameters: Mapping[str, Any], folder: Path, status: Status) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "status": status,
        "parameters": dict(parameters),
        "folder": str(folder),
        "launches": 0 if status == "starting" else 1,
        "created": now(),
        "started": now(),
        "seconds": 0.0,
        "version": version("tunescope"),
        **_process(),
    }


def _unchanged(row: Mapping[str, Any]) -> tuple[ColumnElement[bool], ...]:
    """Matches a run only while nobody else has claimed it since its row was read."""
    return (
        runs.c.run_id == row["run_id"],
        runs.c.launches == row["launches"],
        runs.c.status == row["status"],
    )


def _launch_kind(row: Mapping[str, Any]) -> LaunchKind:
    if not row["launches"]:
        return "new"
    return "repeated" if row["status"] == "finished" else "resumed"


def _reopen_stopped_studies(connection: Connection, run_id: str) -> None:
    connection.execute(
        update(studies)
        .where(studies.c.run_id == run_id, studies.c.stopped_because == STOPPED_BY_COMMAND)
        .values(stopped_because=None)
    )


def _claim_new(store: Store, run_id: str, parameters: Mapping[str, Any], folder: Path) -> Launch:
    try:
        with store.engine.begin() as connection:
            connection.execute(insert(runs).values(_new_row(run_id, parameters, folder, "running")))
    except IntegrityError:
        raise RunError(_alive(run_id, "another process")) from None
    return Launch(run_id, 1, "new")


def _launched(row: Mapping[str, Any], parameters: Mapping[str, Any], kind: LaunchKind) -> dict[str, Any]:
    # A finished run keeps the parameters that its results came from.
    kept = row["parameters"] if kind == "repeated" else dict(parameters)
    return {
        "status": "running",
        "reason": None,
        "stage": None,
        "finished": None,
        "paused": None,
        "launches": row["launches"] + 1,
        "started": now(),
        "parameters": kept,
    }


def _is_alive(row: Mapping[str, Any], at: datetime) -> bool:
    if row["host"] != socket.gethostname():
        return bool(at - row["heartbeat"] < timedelta(seconds=STALE_SECONDS))
    try:
        process = psutil.Process(row["pid"])
        same = abs(process.create_time() - row["process_started"]) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _require_dead(row: Mapping[str, Any]) -> None:
    if row["status"] in ("starting", "running") and _is_alive(row, now()):
        raise RunError(_alive(row["run_id"], f"process {row['pid']} on `{row['host']}`"))


def _alive(run_id: str, who: str) -> str:
    return (
        f"`run.id` is `{run_id}`, but {who} is working on that run: "
        f"wait, stop it with `tunescope stop {run_id}`, or choose another id"
    )
