"""What a run will take, told while its form is filled in: the store is read once for many searches."""

from functools import lru_cache

import pandas as pd

from dashboard import catalogue, connection, form
from dashboard.form import Tree, Values
from dashboard.presets import PRESETS
from tunescope.errors import TunescopeError
from tunescope.models import MODELS
from tunescope.search import check_parameters
from tunescope.search.estimate import Estimate, estimate, measured_trials
from tunescope.store import Store, frames


def foresee(store: Store, tree: Tree, trials: pd.DataFrame | None = None) -> Estimate | None:
    """The estimate of a run; nothing for a tree with faults.

    Args:
        store: where earlier trials are.
        tree: the run's parameters.
        trials: that were measured on its images, where they are known already.
    """
    try:
        given = check_parameters(tree)
        known = measured(store, given.dataset.source) if trials is None else trials
        return estimate(store, given.search, None, given.features, given.learning_rate, known)
    except TunescopeError:
        return None


def foresee_presets(store: Store, values: Values, trials: pd.DataFrame) -> dict[str, Estimate | None]:
    """The estimate of each preset, on the images and with the goal that are chosen."""
    return {
        name: foresee(store, form.tree_of({**values, **preset.values()}), trials)
        for name, preset in PRESETS.items()
    }


def measured(store: Store, source: str | None) -> pd.DataFrame:
    """Measured trials of all models, scaled to the images of a source where their number is known."""
    runs = frames.runs_frame(store)
    stamp = tuple(zip(runs["run_id"], runs["state"], strict=True))
    return _measured(store.url, hash(stamp), _images(store, source))


@lru_cache(maxsize=8)
def _measured(url: str, stamp: int, images: int | None) -> pd.DataFrame:
    """Read anew when a run has come, begun or ended; by the store of the app that answers."""
    return measured_trials(connection.store(), MODELS, images)


def _images(store: Store, source: str | None) -> int | None:
    """How many images a source has, if it was prepared before."""
    known = catalogue.all_prepared(store)
    return next((one.images for one in known if one.source == source), None)
