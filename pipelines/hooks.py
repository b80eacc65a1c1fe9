"""A run's record around Kedro's pipeline: checked parameters, a claimed id, stages, heartbeat, an end."""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
import optuna
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from pipelines.places import with_places
from tunescope.datasets import PackedDataset, dataset_name
from tunescope.errors import RunError, TunescopeError
from tunescope.execution import warm_up
from tunescope.execution.usage import usage_noted
from tunescope.parameters import Parameters
from tunescope.search import check_parameters
from tunescope.store import Store, frames, open_store, runs
from tunescope.store import trials as trial_rows
from tunescope.store.full_disk import full_disk_sentence, tells_of_full_disk
from tunescope.timing import device_manifest

logger = logging.getLogger("tunescope.run")


class RunHooks:
    """Hooks of one Kedro session. Errors meant for people end it with one sentence and no traceback."""

    def __init__(self) -> None:
        self._resources = ExitStack()

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Check the whole parameter tree before any work, and fill in what it leaves open."""
        tree = context.config_loader["parameters"]
        try:
            parameters = check_parameters(tree)
        except TunescopeError as error:
            raise click.ClickException(with_places(str(error), context)) from None
        self._root = context.project_path
        self._parameters = _completed(parameters)
        self._set_configuration(context)

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Claim the run, sign for it from now on, and note its stages."""
        try:
            self._store = open_store()
            self._launch = self._claim(self._store)
        except TunescopeError as error:
            raise click.ClickException(str(error)) from None
        self._resources.enter_context(_log_file(self._folder / "run.log"))
        self._resources.enter_context(runs.heartbeat(self._store, self._launch))
        self._resources.enter_context(usage_noted(self._store, self._launch.run_id))
        logger.info("run %s (%s), store %s", self._launch.run_id, self._launch.kind, self._store.url)
        device = trial_rows.enter_device(self._store, device_manifest())
        runs.relate(self._store, self._launch.run_id, device_id=device)
        # Optuna would tell of each new study in a format of its own.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        if any("model_search" in node.tags for node in pipeline.nodes):
            warm_up()

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Enter the stage that begins."""
        runs.begin_stage(self._store, self._launch, node.name)

    @hook_impl
    def after_node_run(self, node: Node, outputs: dict[str, Any]) -> None:
        """Enter that a stage is done, and the dataset as soon as it is known."""
        runs.end_stage(self._store, self._launch, node.name)
        if handle := outputs.get("prepared_dataset"):
            self._enter_dataset(handle)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Enter that the run is finished, or that it was stopped and has reported what it had."""
        stopped = trial_rows.was_stopped(self._store, self._launch.run_id)
        self._end("stopped" if stopped else "finished")
        self._say_what_came_of_it()

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Enter why the run failed; a fault that a person can mend is shown as one sentence."""
        is_full = tells_of_full_disk(error) and not isinstance(error, TunescopeError)
        meant_for_people = is_full or isinstance(error, TunescopeError)
        reason = str(error) if meant_for_people else f"{type(error).__name__}: {error}"
        if is_full:
            reason = full_disk_sentence(self._launch.run_id, str(self._root / "data"), self._store.url)
        self._end_failed(reason)
        if meant_for_people:
            raise click.ClickException(reason) from None

    def _end_failed(self, reason: str) -> None:
        """Enter the reason; where the store's own disk is full, the run stays as one that was interrupted."""
        try:
            stopped = trial_rows.was_stopped(self._store, self._launch.run_id)
            self._end("stopped" if stopped else "failed", reason)
        except Exception as problem:
            if not tells_of_full_disk(problem):
                raise
        finally:
            self._resources.close()

    @property
    def _folder(self) -> Path:
        return self._root / "data" / "08_reporting" / str(self._parameters.run.id)

    def _set_configuration(self, context: KedroContext) -> None:
        """Nodes get the completed tree; catalog paths get the names of run and prepared dataset."""
        context.config_loader["parameters"] = self._parameters.model_dump(mode="json")
        context.config_loader["globals"] = {
            "run": self._parameters.run.id,
            "dataset": _dataset_key(self._parameters),
        }

    def _enter_dataset(self, handle: dict[str, Any]) -> None:
        dataset = PackedDataset.open(Path(handle["folder"]))
        folder, rejected = str(dataset.folder.resolve()), handle["rejected"]
        self._require_same(dataset)
        entered = trial_rows.enter_dataset(self._store, **dataset.to_dict(), folder=folder, rejected=rejected)
        runs.relate(self._store, self._launch.run_id, dataset_id=entered)

    def _require_same(self, dataset: PackedDataset) -> None:
        """See that a run does not go on with other images than it has trained on.

        Raises:
            RunError: when it would.
        """
        run_id = self._launch.run_id
        known = frames.dataset(self._store, run_id)
        if known and known["fingerprint"] != dataset.fingerprint and runs.has_searched(self._store, run_id):
            raise RunError(
                f"Run `{run_id}` has trained on the images `{known['fingerprint']}`, which are gone, and "
                f"`{dataset.source}` gives others now (`{dataset.fingerprint}`): choose another `run.id`"
            )

    def _claim(self, store: Store) -> runs.Launch:
        run_id = self._parameters.run.id
        assert run_id is not None  # `_completed` has filled it in
        return runs.claim(store, run_id, self._parameters.model_dump(mode="json"), self._folder)

    def _say_what_came_of_it(self) -> None:
        """The last lines in the terminal: the winner, the report, the way into the dashboard."""
        summary, report = self._folder / "summary.json", self._folder / "report.html"
        if not (summary.exists() and report.exists()):
            return
        best = json.loads(summary.read_text())["best"]
        low, high = best["test_accuracy_interval"]
        if self._launch.kind == "repeated":
            click.echo(f"Run {self._launch.run_id} was finished before; its outputs were written again.")
        click.echo(
            f"Winner:    {best['model']} ({best['study']}, trial {best['trial']}), "
            f"test accuracy {best['test_accuracy']:.3f} (95 % interval {low:.3f} to {high:.3f})"
        )
        click.echo(f"Report:    {report}")
        click.echo("Dashboard: make dashboard (or python -m dashboard), then open http://127.0.0.1:8050")

    def _end(self, status: runs.Status, reason: str | None = None) -> None:
        if reason:
            logger.error("%s", reason)
        runs.finish(self._store, self._launch.run_id, status, reason)
        self._resources.close()


def _completed(parameters: Parameters) -> Parameters:
    """Fill in the names that were left open."""
    name = dataset_name(parameters.dataset)
    run_id = parameters.run.id or runs.generated_id(name)
    return parameters.model_copy(
        update={
            "run": parameters.run.model_copy(update={"id": run_id}),
            "dataset": parameters.dataset.model_copy(update={"name": name}),
        }
    )


def _dataset_key(parameters: Parameters) -> str:
    """Names a prepared dataset by all that it was prepared from, so that no other is taken for it."""
    canonical = json.dumps(parameters.dataset.model_dump(mode="json"), sort_keys=True)
    return f"{parameters.dataset.name}-{hashlib.sha256(canonical.encode()).hexdigest()[:12]}"


@contextmanager
def _log_file(path: Path) -> Iterator[None]:
    """Keep what is logged while the block runs, where pages and people find it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
