"""What people keep of trials is kept, and goes with them."""

from collections.abc import Iterator

import optuna
import pytest

from tunescope.errors import AnnotationError, UnknownNameError
from tunescope.store import Store, annotations, open_store
from tunescope.store.annotations import Annotation


@pytest.fixture
def store(store_address: str) -> Iterator[Store]:
    store = open_store(store_address)
    study = optuna.create_study(study_name="plain", storage=store.storage)
    study.tell(study.ask(), 0.5)
    yield store
    store.close()


@pytest.fixture
def trial_id(store: Store) -> int:
    return optuna.load_study(study_name="plain", storage=store.storage).trials[0]._trial_id


def test_what_is_not_given_stays(store: Store, trial_id: int) -> None:
    assert annotations.annotation(store, trial_id) == Annotation()
    annotations.annotate(store, trial_id, is_starred=True, note=" of <b>note</b> ")
    annotations.annotate(store, trial_id, tags=["a, b", " a  b ", "c"])
    expected = Annotation(True, ("a b", "c"), "of <b>note</b>")
    assert annotations.annotation(store, trial_id) == expected
    assert annotations.all_annotations(store) == {trial_id: expected}
    optuna.delete_study(study_name="plain", storage=store.storage)
    assert annotations.all_annotations(store) == {}


def test_what_does_not_fit_is_refused_with_a_sentence(store: Store, trial_id: int) -> None:
    with pytest.raises(UnknownNameError, match="no trial with the id `999`"):
        annotations.annotate(store, 999, is_starred=True)
    with pytest.raises(AnnotationError, match="21 tags"):
        annotations.annotate(store, trial_id, tags=[str(index) for index in range(21)])
    with pytest.raises(AnnotationError, match="51 characters"):
        annotations.annotate(store, trial_id, tags=["x" * 51])
    with pytest.raises(AnnotationError, match="10001 characters"):
        annotations.annotate(store, trial_id, note="x" * 10_001)
    assert annotations.annotation(store, trial_id) == Annotation()


def test_views_are_kept_by_name(store: Store) -> None:
    annotations.save_view(store, " best  svm ", "?model=svm")
    annotations.save_view(store, "all", "")
    annotations.save_view(store, "best svm", "?model=svm&sort=-value")
    assert annotations.saved_views(store) == {"all": "", "best svm": "?model=svm&sort=-value"}
    annotations.forget_view(store, "all")
    annotations.forget_view(store, "all")
    assert list(annotations.saved_views(store)) == ["best svm"]
    for name in ("", " ", "x" * 81):
        with pytest.raises(AnnotationError, match="The name of a view"):
            annotations.save_view(store, name, "")
