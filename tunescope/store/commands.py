"""What a page or the command line asks of a run: rows that its search reads every second.

========  ==========================================  ==========================
command   argument                                    what the search does
========  ==========================================  ==========================
pause     none                                        begins no new trials
resume    none                                        begins trials again
stop      none, or ``finish_trials``                  ends all trials and the run, or lets
                                                      those in training end first
prune     ``study``, ``number``                       ends one trial
enqueue   ``configuration``, perhaps ``strategy``     tries it next
budget    some of ``max_trials``, ``max_seconds``,    goes on by these
          ``target_accuracy``, ``patience``
workers   ``count``                                   trains so many at a time
========  ==========================================  ==========================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, insert, select, update

from tunescope.errors import ParameterError, UnknownNameError
from tunescope.store.engine import Store
from tunescope.store.schema import commands, now, runs

CommandName = Literal["pause", "resume", "stop", "prune", "enqueue", "budget", "workers"]

IGNORED = "The run had ended before it read this."
_BUDGET = {"max_trials", "max_seconds", "target_accuracy", "patience"}
# What an argument must hold, and what it may hold besides.
_ARGUMENTS: Mapping[str, tuple[set[str], set[str]]] = {
    "pause": (set(), set()),
    "resume": (set(), set()),
    "stop": (set(), {"finish_trials"}),
    "prune": ({"study", "number"}, set()),
    "enqueue": ({"configuration"}, {"strategy"}),
    "budget": (set(), _BUDGET),
    "workers": ({"count"}, set()),
}


@dataclass(frozen=True)
class Command:
    """One request, not yet acknowledged."""

    id: int
    name: str
    argument: Any


def send(store: Store, run_id: str, name: CommandName, argument: Mapping[str, Any] | None = None) -> int:
    """Ask something of a run; returns the command's id.

    Raises:
        UnknownNameError: when there is no such command or no such run.
        ParameterError: when the argument lacks something, or holds what the command does not take.
    """
    if name not in _ARGUMENTS:
        raise UnknownNameError(f"There is no command `{name}`: use {', '.join(get_args(CommandName))}")
    _check(name, argument or {})
    with store.engine.begin() as connection:
        known = connection.execute(select(runs.c.run_id).where(runs.c.run_id == run_id)).scalar()
        if known is None:
            raise UnknownNameError(f"There is no run `{run_id}` in this store: see `tunescope runs`")
        row = connection.execute(
            insert(commands).values(
                run_id=run_id, name=name, argument=dict(argument) if argument else None, created=now()
            )
        )
        return int(row.inserted_primary_key[0])  # type: ignore[index]  # typed as optional


def pending(store: Store, run_id: str) -> list[Command]:
    """Commands that the run has not acknowledged, oldest first."""
    with store.engine.connect() as connection:
        rows = connection.execute(
            select(commands.c.command_id, commands.c.name, commands.c.argument)
            .where(commands.c.run_id == run_id, commands.c.acknowledged.is_(None))
            .order_by(commands.c.command_id)
        )
        return [Command(*row) for row in rows]


def acknowledge(store: Store, command: Command, outcome: str) -> None:
    """Enter what became of a command."""
    with store.engine.begin() as connection:
        connection.execute(
            update(commands)
            .where(commands.c.command_id == command.id)
            .values(acknowledged=now(), outcome=outcome)
        )


def outcome(store: Store, command_id: int) -> str | None:
    """What became of a command, ``None`` while no search has answered it."""
    with store.engine.connect() as connection:
        query = select(commands.c.outcome).where(commands.c.command_id == command_id)
        found: str | None = connection.execute(query).scalar()
        return found


def discard_pending(connection: Connection, run_id: str) -> None:
    """Acknowledge what was asked of a process that is gone, so that the next one does not obey it."""
    connection.execute(
        update(commands)
        .where(commands.c.run_id == run_id, commands.c.acknowledged.is_(None))
        .values(acknowledged=now(), outcome=IGNORED)
    )


def _check(name: str, argument: Mapping[str, Any]) -> None:
    needed, free = _ARGUMENTS[name]
    missing = sorted(needed - argument.keys())
    if missing or (name == "budget" and not argument):
        listed = " and ".join(f"`{key}`" for key in missing or sorted(free))
        raise ParameterError(f"The command `{name}` needs {listed}")
    strangers = sorted(argument.keys() - needed - free)
    if strangers:
        known = ", ".join(f"`{key}`" for key in sorted(needed | free)) or "nothing"
        raise ParameterError(f"The command `{name}` does not take `{strangers[0]}`: it takes {known}")
