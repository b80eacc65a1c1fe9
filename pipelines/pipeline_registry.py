"""Every pipeline by name; ``__default__`` is the whole main job, and others are run by name."""

from kedro.pipeline import Pipeline

from pipelines import (
    benchmark,
    feature_extraction,
    learning_rate_search,
    model_search,
    preprocessing,
    reporting,
)
from tunescope.features import EXTRACTORS
from tunescope.search import STRATEGIES


def register_pipelines() -> dict[str, Pipeline]:
    """Map names to pipelines. Registries of the library decide how often a template is instantiated."""
    extractors, strategies = list(EXTRACTORS), list(STRATEGIES)
    main_job = {
        "preprocessing": preprocessing.create_pipeline(),
        "feature_extraction": feature_extraction.create_pipeline(extractors),
        "model_search": model_search.create_pipeline(strategies, extractors),
        "benchmark": benchmark.create_pipeline(strategies),
        "reporting": reporting.create_pipeline(strategies),
    }
    return {
        **main_job,
        "learning_rate_search": learning_rate_search.create_pipeline(),
        "__default__": sum(main_job.values(), start=Pipeline([])),
    }
