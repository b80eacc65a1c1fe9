"""Wiring of model search: one template, instantiated once a strategy."""

from collections.abc import Sequence
from functools import partial, update_wrapper

from kedro.pipeline import Pipeline, node, pipeline

from pipelines.model_search.nodes import search_models

_SHARED = {"prepared_dataset", "models_folder", "feature_matrices_folder"}
_PARAMETERS = {"params:search", "params:features", "params:learning_rate", "params:run"}


def create_pipeline(strategies: Sequence[str], extractors: Sequence[str]) -> Pipeline:
    """A namespace for each strategy; those that were not chosen return at once."""
    studies = [
        _study(strategy, [f"{extractor}.features" for extractor in extractors]) for strategy in strategies
    ]
    return sum(studies, start=Pipeline([]))


def _study(strategy: str, features: list[str]) -> Pipeline:
    template = Pipeline(
        [
            node(
                update_wrapper(partial(search_models, strategy=strategy), search_models),
                [
                    "prepared_dataset",
                    "params:search",
                    "params:features",
                    "params:learning_rate",
                    "params:run",
                    "models_folder",
                    "feature_matrices_folder",
                    *features,
                ],
                "study",
                name="search_models",
            )
        ],
        tags="model_search",
    )
    return pipeline(template, namespace=strategy, inputs=_SHARED | set(features), parameters=_PARAMETERS)
