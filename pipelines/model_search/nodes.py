"""From a prepared dataset and its features to the trials of a study."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.model_search.progress import TerminalProgress
from tunescope.errors import SourceError
from tunescope.execution import Workbench, Workers
from tunescope.parameters import (
    FeaturesParameters,
    LearningRateParameters,
    RunParameters,
    SearchParameters,
)
from tunescope.search import Budget, StudyPlan, search_study
from tunescope.search.checks import build_space, check_device, fetch_weights
from tunescope.store import open_store
from tunescope.timing import usable_cores


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
        ParameterError: when a GPU is asked for that is not there.
        SourceError: when the features of the handles are not those that the parameters ask for, or
            pretrained weights are not to be had.
    """
    if strategy not in search.strategies:
        return {}
    assert run.id is not None  # the start-up check has filled it in
    check_device(search.training.device)
    fetch_weights(search, features, learning_rate)  # once, and before any trial would fail for want of them
    plan = StudyPlan(
        run_id=run.id,
        strategy=strategy,
        space=build_space(search, features, learning_rate),
        budget=Budget.share(search, strategy),
        folder=models_folder,
        objective=search.objective,
        pruner=search.pruner,
        seed=search.seed,
        seed_trials=search.seed_trials,
    )
    count = search.workers or usable_cores()
    workbench = Workbench(
        dataset=Path(prepared_dataset["folder"]),
        features=_feature_folders(handles, features, prepared_dataset["fingerprint"]),
        cache=features_folder,
        threads=max(1, usable_cores() // count),
        training=search.training,
    )
    with Workers(count, workbench) as workers, TerminalProgress(plan) as progress:
        return search_study(open_store(), plan, workers, progress)


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
