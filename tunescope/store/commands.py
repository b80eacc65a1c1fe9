"""What a page or the command line asks of a run: rows that its search reads every second."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, insert, select, update

from tunescope.errors import UnknownNameError
from tunescope.store.engine import Store
from tunescope.store.schema import commands, now, runs

CommandName = Literal["stop"]


@dataclass(frozen=True)
class Command:
    """One request, not yet acknowledged."""

    id: int
    name: str
    argument: Any


def send(store: Store, run_id: str, name: CommandName, argument: Any = None) -> int:
    """Ask something of a run; returns the command's id.

    Raises:
        UnknownNameError: when there is no such command or no such run.
    """
    if name not in get_args(CommandName):
        raise UnknownNameError(f"There is no command `{name}`: use {', '.join(get_args(CommandName))}")
    with store.engine.begin() as connection:
        known = connection.execute(select(runs.c.run_id).where(runs.c.run_id == run_id)).scalar()
        if known is None:
            raise UnknownNameError(f"There is no run `{run_id}` in this store: see `tunescope runs`")
        row = connection.execute(
            insert(commands).values(run_id=run_id, name=name, argument=argument, created=now())
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


def discard_pending(connection: Connection, run_id: str, outcome: str) -> None:
    """Acknowledge what was asked of a process that is gone, so that the next one does not obey it."""
    connection.execute(
        update(commands)
        .where(commands.c.run_id == run_id, commands.c.acknowledged.is_(None))
        .values(acknowledged=now(), outcome=outcome)
    )
