"""`tunescope`: what is asked of runs and stores from a terminal."""

import time
from collections.abc import Mapping
from typing import Any

import click

from tunescope.errors import TunescopeError

# A search reads what is asked of it every second.
_ANSWER_SECONDS = 5.0
_POLL_SECONDS = 0.1
_NONE = "none"


class _Group(click.Group):
    """Shows errors that are meant for people as one sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except TunescopeError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Group)
@click.option("--store", envvar="TUNESCOPE_STORE", help="SQLAlchemy URL of the trial store.")
@click.pass_context
def main(context: click.Context, store: str | None) -> None:
    """Look after runs and their store. Runs are started with `kedro run` or in the dashboard."""
    context.obj = store


@main.command()
@click.pass_obj
def runs(store: str | None) -> None:
    """List all runs, newest first."""
    from tunescope.store import frames, open_store

    for run in frames.runs_frame(open_store(store)).to_dict("records"):
        created = f"{run['created']:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{run['run_id']:40} {run['state']:12} {created}  {run['dataset'] or ''}")


@main.command()
@click.argument("run_id")
@click.pass_obj
def pause(store: str | None, run_id: str) -> None:
    """Begin no new trials; those in training go on to their end."""
    _ask(store, run_id, "pause")


@main.command()
@click.argument("run_id")
@click.pass_obj
def resume(store: str | None, run_id: str) -> None:
    """Begin trials again in a run that was paused."""
    _ask(store, run_id, "resume")


@main.command()
@click.argument("run_id")
@click.option("--finish-trials", is_flag=True, help="Let the trials in training come to their end first.")
@click.pass_obj
def stop(store: str | None, run_id: str, finish_trials: bool) -> None:
    """Ask a run to stop: its trials end, what was found is benchmarked and reported."""
    _ask(store, run_id, "stop", {"finish_trials": True} if finish_trials else None)


@main.command()
@click.argument("run_id")
@click.argument("values", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option("--strategy", help="The study that tries it, where the run has several.")
@click.pass_obj
def enqueue(store: str | None, run_id: str, values: tuple[str, ...], strategy: str | None) -> None:
    """Try a configuration next, such as `model=svm svm.C=10`; the strategy chooses what is not given."""
    from tunescope.search.steering import assignments, configuration_of, space_of
    from tunescope.store import open_store

    opened = open_store(store)
    configuration = configuration_of(space_of(opened, run_id), assignments(values))
    aimed = {"strategy": strategy} if strategy else {}
    _ask(store, run_id, "enqueue", {"configuration": configuration, **aimed})


@main.command()
@click.argument("run_id")
@click.argument("study")
@click.argument("number", type=int)
@click.pass_obj
def prune(store: str | None, run_id: str, study: str, number: int) -> None:
    """End one trial that is in training, and try something else instead."""
    _ask(store, run_id, "prune", {"study": study, "number": number})


def _limit(kind: type) -> Any:
    """Reads a number of a budget, or `none`, which takes the budget away."""

    def read(_: click.Context, option: click.Parameter, text: str | None) -> Any:
        if text is None or text == _NONE:
            return text
        try:
            return kind(text)
        except ValueError:
            what = "a whole number" if kind is int else "a number"
            raise click.BadParameter(f"`{text}` must be {what}, or `{_NONE}`") from None

    return read


@main.command()
@click.argument("run_id")
@click.option("--max-trials", callback=_limit(int), help="Trials, over all studies.")
@click.option("--max-seconds", callback=_limit(float), help="Seconds of search, over all studies.")
@click.option("--target-accuracy", callback=_limit(float), help="Accuracy from 0 to 1 that ends the run.")
@click.option("--patience", callback=_limit(int), help="Trials without a better one that end a study.")
@click.pass_obj
def budget(store: str | None, /, run_id: str, **given: Any) -> None:
    """Search by other budgets from now on; `none` takes one away."""
    asked = {name: value for name, value in given.items() if value is not None}
    if not asked:
        raise click.UsageError("Give at least one budget, such as `--max-trials 100`")
    changes = {name: None if value == _NONE else value for name, value in asked.items()}
    _check_limits(store, run_id, changes)
    _ask(store, run_id, "budget", changes)


@main.command()
@click.argument("run_id")
@click.argument("count", type=int)
@click.pass_obj
def workers(store: str | None, run_id: str, count: int) -> None:
    """Train so many trials at a time; surplus workers end their trials first."""
    _check_limits(store, run_id, {"workers": count})
    _ask(store, run_id, "workers", {"count": count})


@main.command()
@click.pass_obj
def upgrade(store: str | None) -> None:
    """Create the store's tables, or bring them to the newest form."""
    from tunescope.store import open_store

    click.echo(f"The store {open_store(store).engine.url} is up to date.")


def _check_limits(store: str | None, run_id: str, changes: Mapping[str, Any]) -> None:
    from tunescope.search.steering import check_limits
    from tunescope.store import open_store

    check_limits(open_store(store), run_id, changes)


def _ask(store: str | None, run_id: str, name: Any, argument: Mapping[str, Any] | None = None) -> None:
    """Send a command, and say what became of it."""
    from tunescope.search.steering import ask
    from tunescope.store import commands, open_store

    opened = open_store(store)
    asked = ask(opened, run_id, name, argument)
    until = time.monotonic() + _ANSWER_SECONDS
    while (answer := commands.outcome(opened, asked)) is None and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    click.echo(answer or f"Run {run_id} was asked to {name}, and has not answered yet: see its page.")


if __name__ == "__main__":
    main()
