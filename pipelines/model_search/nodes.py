"""From a prepared dataset and its features to the trials of a study."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.model_search.progress import TerminalProgress
from tunescope.datasets import PackedDataset, fold_views
from tunescope.errors import SourceError
from tunescope.execution import Workbench, Workers, default_workers
from tunescope.parameters import (
    FeaturesParameters,
    LearningRateParameters,
    RunParameters,
    SearchParameters,
)
from tunescope.search import STRATEGIES, Space, StudyPlan, search_study
from tunescope.search.checks import build_space, check_device, fetch_weights
from tunescope.search.estimate import estimate
from tunescope.search.seeding import earlier_configurations, similar_configurations
from tunescope.search.space import Configuration
from tunescope.store import Store, frames, open_store, runs
from tunescope.timing import usable_cores

logger = logging.getLogger("tunescope.search")


def search_models(
    prepared_dataset: dict[str, Any],
    search: SearchParameters,
    features: FeaturesParameters,
    learning_rate: LearningRateParameters,
    run: RunParameters,
    models_folder: Path,
    features_folder: Path,
    *handles: dict[str, Any],
    strategy: str,
) -> dict[str, Any]:
    """Search with one strategy; returns the study's summary, empty when the strategy was not chosen.

    Raises:
        ParameterError: when a GPU is asked for that is not there, or more folds than the images allow.
        RunError: when an earlier launch searched another space.
        UnknownNameError: when the study to begin with is unknown.
        SourceError: when the features of the handles are not those that the parameters ask for, or
            pretrained weights are not to be had.
    """
    if strategy not in search.strategies:
        return {}
    assert run.id is not None  # the start-up check has filled it in
    check_device(search.training.device)
    fetch_weights(search, features, learning_rate)  # once, and before any trial would fail for want of them
    found = _feature_folders(handles, features, prepared_dataset["fingerprint"])
    store = open_store()
    # Commands may have changed the budget while an earlier study of this launch was searching.
    search = search.model_copy(update=runs.search_changes(store, run.id))
    space = build_space(search, features, learning_rate)
    if frames.studies_frame(store, run.id).empty:
        images = (frames.dataset(store, run.id) or {}).get("images")
        logger.info("%s", estimate(store, search, images, features, learning_rate).note)
    starts = tuple(_earlier(store, run.id, search, space, strategy))
    plan = StudyPlan(run.id, strategy, space, search, models_folder, starts)
    if search.folds is not None:
        # Too many folds are said once, and not by every trial.
        fold_views(PackedDataset.open(Path(prepared_dataset["folder"])), search.folds)
    count = search.workers or default_workers(search.training.device)
    workbench = Workbench(
        dataset=Path(prepared_dataset["folder"]),
        features=found,
        cache=features_folder,
        threads=max(1, usable_cores() // count),
        training=search.training,
        objectives=search.objective,
        folds=search.folds,
        fidelity=search.fidelity,
    )
    with Workers(count, workbench) as workers, TerminalProgress(plan) as progress:
        return search_study(store, plan, workers, progress)


def _earlier(
    store: Store, run_id: str, search: SearchParameters, space: Space, strategy: str
) -> list[Configuration]:
    """What earlier studies found best: the named one, and others on similar data if a strategy wants them."""
    found: list[Configuration] = []
    if search.seed_study is not None:
        found, notes = earlier_configurations(store, search.seed_study, space)
        for note in notes:
            logger.warning("%s", note)
    dataset = frames.dataset(store, run_id)
    if "warm_start" in STRATEGIES[strategy].options and dataset is not None:
        found += similar_configurations(store, dataset, space, run_id=run_id)
    return found


def _feature_folders(
    handles: Sequence[dict[str, Any]], features: FeaturesParameters, fingerprint: str
) -> dict[str, Path]:
    """Where the features of each chosen extractor are; handles of an earlier launch may be of others."""
    made = {handle["extractor"]: handle for handle in handles if handle}
    for name in features.extractors:
        options = getattr(features, name).model_dump(mode="json")
        folder = Path(made[name]["folder"]) if name in made else None
        if folder is None or folder.parent.name != fingerprint or made[name]["options"] != options:
            raise SourceError(
                f"the features of `{name}` are not those of this dataset and these options: "
                "run feature extraction first"
            )
    return {name: Path(made[name]["folder"]) for name in features.extractors}
