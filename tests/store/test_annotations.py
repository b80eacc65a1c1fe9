"""What people keep of trials is kept, and goes with them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest
from alembic import command

from tunescope.errors import AnnotationError, UnknownNameError
from tunescope.store import Store, annotations, open_store
from tunescope.store.annotations import Annotation
from tunescope.store.migrations import HEAD, configuration, current


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


def test_a_store_from_before_there_were_notes_opens(store_address: str) -> None:
    storage = optuna.storages.RDBStorage(store_address)
    study = optuna.create_study(storage=storage, study_name="old")
    trial = study.ask()
    study.tell(trial, 0.5)
    with storage.engine.begin() as connection:
        command.upgrade(configuration(connection), "0003")
    storage.remove_session()
    storage.engine.dispose()
    store = open_store(store_address)
    assert current(store) == HEAD
    assert annotations.annotate(store, trial._trial_id, is_starred=True).is_starred
    store.close()


def test_two_who_change_different_things_at_once_keep_both(store: Store) -> None:
    study = optuna.load_study(study_name="plain", storage=store.storage)
    study.add_trials([optuna.trial.create_trial(value=1.0)] * 10)
    changes = ({"is_starred": True}, {"note": "seen"}, {"tags": ["a"]})
    with ThreadPoolExecutor(3) as pool:
        for trial in study.trials:
            list(pool.map(lambda one, of=trial: annotations.annotate(store, of._trial_id, **one), changes))
    assert set(annotations.all_annotations(store).values()) == {Annotation(True, ("a",), "seen")}


def test_a_trial_that_gets_the_id_of_a_deleted_one_has_nothing_of_it(store: Store, trial_id: int) -> None:
    annotations.annotate(store, trial_id, is_starred=True, note="of the old one")
    # Optuna's own storage switches on no foreign keys in SQLite.
    plain = optuna.storages.RDBStorage(store.url)
    optuna.delete_study(study_name="plain", storage=plain)
    study = optuna.create_study(study_name="next", storage=plain)
    study.tell(study.ask(), 0.5)
    (trial,) = study.trials
    assert annotations.annotation(store, trial._trial_id) == Annotation()
    assert annotations.annotate(store, trial._trial_id, note="new") == Annotation(note="new")
    plain.remove_session()
    plain.engine.dispose()


def test_characters_that_no_database_takes_are_left_out(store: Store, trial_id: int) -> None:
    found = annotations.annotate(store, trial_id, tags=["a\x00b\ud800"], note="c\x00\ud800")
    assert found == Annotation(False, ("ab?",), "c?")
    annotations.save_view(store, "n\x00\ud800", "?q=\x00")
    assert annotations.saved_views(store) == {"n?": "?q="}
