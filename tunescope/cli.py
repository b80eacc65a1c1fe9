"""`tunescope`: what is asked of runs and stores from a terminal."""

import click

from tunescope.errors import TunescopeError


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
def stop(store: str | None, run_id: str) -> None:
    """Ask a run to stop: its trials end, what was found is benchmarked and reported."""
    from tunescope.store import commands, open_store
    from tunescope.store.runs import get

    opened = open_store(store)
    state = get(opened, run_id)["state"]
    if state not in ("starting", "running"):
        raise click.ClickException(f"Run `{run_id}` is {state}: there is nothing to stop")
    commands.send(opened, run_id, "stop")
    click.echo(f"Run {run_id} was asked to stop.")


@main.command()
@click.pass_obj
def upgrade(store: str | None) -> None:
    """Create the store's tables, or bring them to the newest form."""
    from tunescope.store import open_store

    click.echo(f"The store {open_store(store).engine.url} is up to date.")


if __name__ == "__main__":
    main()
