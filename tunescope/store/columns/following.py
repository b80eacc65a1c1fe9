"""Keeping the columns up to date: at first the newest trials, then all, then what is new or has not ended."""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from tunescope.store import runs
from tunescope.store.annotations import Annotation, all_annotations
from tunescope.store.columns.entering import Entering
from tunescope.store.columns.reading import (
    PIECE,
    Piece,
    StudyRow,
    all_trial_ids,
    begun,
    pieces,
    read_piece,
    study_rows,
    trial_ids,
)
from tunescope.store.engine import Store, database_stamp

# What a page begins with.
_FIRST, _PIECE = 200, PIECE
# The callbacks of one page come together, and need not each look for news.
_FRESH_SECONDS = 0.2
_UNENDED = ("RUNNING", "INTERRUPTED")


class Following:
    """What of a store has been entered; ``changes`` counts the times when something was."""

    def __init__(self, store: Store, entering: Entering) -> None:
        self.changes = 0
        self._store = store
        self._entering = entering
        self._lock = threading.Lock()
        self._studies: dict[int, StudyRow] | None = None
        self._unread: list[Sequence[int]] = []
        # Trials that have not ended, each as it was entered; those that only wait are not.
        self._unfinished: dict[int, tuple[Any, ...] | None] = {}
        self._marks: dict[int, Annotation] = {}
        self._stamp: Any = None
        self._looked = float("-inf")

    @property
    def total(self) -> int:
        """How many trials the store has, those that are still to be read too."""
        waiting = sum(before is None for before in self._unfinished.values())
        return sum(study.trials for study in (self._studies or {}).values()) - waiting

    @property
    def is_whole(self) -> bool:
        """Whether everything was read once."""
        return self._studies is not None and not self._unread

    def refresh(self, enough: int | None = None) -> None:
        """Read what is new; as long as not everything was read once, ``enough`` of the newest will do."""
        if self._studies is None:
            with self._lock:
                if self._studies is None:
                    self._begin()
        # Between two pieces others get their turn: what they want may be there already.
        while self._unread and (enough is None or self._entered < enough):
            with self._lock:
                self._read_on()
        if not self._unread:
            with self._lock:
                self._follow()

    def resting(self) -> AbstractContextManager[object]:
        """While the block runs, nothing is entered; waits for what is being entered now."""
        return self._lock

    def read_on(self) -> bool:
        """Read one more piece of what was there at the beginning; whether there is more."""
        with self._lock:
            if self._studies is None:
                self._begin()
            self._read_on()
        return bool(self._unread)

    def _begin(self) -> None:
        self._stamp = database_stamp(self._store)
        studies = study_rows(self._store)
        newest = max((study.newest for study in studies.values()), default=0)
        # What has come since the studies were read counts as news of them, or it would be entered twice.
        ids = [trial_id for trial_id in all_trial_ids(self._store) if trial_id <= newest]
        self._entering.studies(studies.values())
        self._unread = [ids[:_FIRST], *pieces(ids[_FIRST:], _PIECE)] if ids else []
        self._entered = 0
        self._at_work = runs.at_work(self._store)
        self._read_marks()
        self._studies = studies

    def _read_on(self) -> None:
        if self._unread:
            self._enter(self._unread[0], self._read(self._unread[0]))
            self._entered += len(self._unread.pop(0))
            self.changes += 1

    def _follow(self) -> None:
        if time.monotonic() - self._looked < _FRESH_SECONDS:
            return
        stamp = database_stamp(self._store)
        is_news = stamp is None or stamp != self._stamp
        self._at_work = runs.at_work(self._store) if self._unfinished or is_news else {}
        if is_news:
            self._read_news()
            self._read_marks()
        self._read_again()
        self._stamp, self._looked = stamp, time.monotonic()

    def _read_news(self) -> None:
        before, now = self._studies or {}, study_rows(self._store)
        starts = begun(self._store, [study.newest for study in before.values()])
        if _named(now) != _named(before):
            self._entering.studies(now.values())
            self.changes += 1
        for study_id in before.keys() - now.keys():
            self._forget(study_id)
        self._studies = {
            study_id: self._followed(study, before.get(study_id), starts) for study_id, study in now.items()
        }

    def _read_marks(self) -> None:
        kept = all_annotations(self._store)
        if kept != self._marks:
            self._entering.marks(kept)
            self._marks = kept
            self.changes += 1

    def _followed(self, study: StudyRow, before: StudyRow | None, starts: dict[int, Any]) -> StudyRow:
        """Enter the new trials of a study, or all of them where its old ones are no longer what they were."""
        if before is not None and _is_continued(study, before, starts):
            if study.trials == before.trials:
                return study
            new = trial_ids(self._store, study.study_id, before.newest)
            if before.trials + len(new) >= study.trials:
                return self._entered_also(study, new, before.trials)
        self._forget(study.study_id)
        return self._entered_also(study, trial_ids(self._store, study.study_id), 0)

    def _entered_also(self, study: StudyRow, new: Sequence[int], known: int) -> StudyRow:
        for ids in pieces(new):
            self._enter(ids, self._read(ids))
            self.changes += 1
        if not new:
            return study
        started = begun(self._store, new[-1:]).get(new[-1])
        return replace(study, trials=known + len(new), newest=new[-1], newest_start=started)

    def _read_again(self) -> None:
        for ids in pieces(sorted(self._unfinished)):
            piece = self._read(ids)
            if {trial_id: self._unfinished[trial_id] for trial_id in ids} != {
                **dict.fromkeys(ids),
                **{trial_id: piece.row(place) for place, trial_id in enumerate(piece.ids)},
            }:
                self._enter(ids, piece, is_new=False)
                self.changes += 1

    def _read(self, ids: Sequence[int]) -> Piece:
        piece = read_piece(self._store, ids)
        self._complete(piece)
        return piece

    def _enter(self, ids: Sequence[int], piece: Piece, is_new: bool = True) -> None:
        self._entering.trials(piece, is_new)
        places = {trial_id: place for place, trial_id in enumerate(piece.ids)}
        for trial_id in ids:
            place = places.get(trial_id)
            if place is None or piece.fixed["state"][place] in _UNENDED:
                # One that is not found waits, or was deleted a moment ago, which the next look will tell.
                self._unfinished[trial_id] = None if place is None else piece.row(place)
            else:
                self._unfinished.pop(trial_id, None)

    def _complete(self, piece: Piece) -> None:
        """Add what follows from the rest: the model, the seconds of a plain trial, who is left alone."""
        fixed, nothing = piece.fixed, [None] * len(piece.ids)
        fixed["model"] = piece.texts.pop(("param", "model"), nothing)
        fixed["seconds"] = [
            seconds if seconds is not None or None in (start, end) else (end - start).total_seconds()
            for seconds, start, end in zip(fixed["seconds"], fixed["start"], fixed["end"], strict=True)
        ]
        fixed["state"] = [
            "INTERRUPTED" if state == "RUNNING" and self._is_left(study_id, start) else state
            for state, study_id, start in zip(fixed["state"], fixed["study_id"], fixed["start"], strict=True)
        ]

    def _is_left(self, study_id: int, start: datetime) -> bool:
        """Whether nobody trains a trial any more that has not ended."""
        study = (self._studies or {}).get(study_id)
        run_id = None if study is None else study.run_id
        return run_id is not None and runs.is_left(self._at_work, run_id, start)

    def _forget(self, study_id: int) -> None:
        for trial_id in self._entering.forget(study_id):
            self._unfinished.pop(trial_id, None)
        self.changes += 1


def _named(studies: Mapping[int, StudyRow]) -> list[StudyRow]:
    """Studies as they are entered, whatever trials they have."""
    return [replace(study, trials=0, newest=0, newest_start=None) for study in studies.values()]


def _is_continued(now: StudyRow, before: StudyRow, starts: dict[int, Any]) -> bool:
    """Whether a study still has the trials that it had: SQLite gives the ids of deleted ones to others."""
    is_longer = now.trials >= before.trials and now.newest >= before.newest
    is_same = starts.get(before.newest) == before.newest_start
    return now.study == before.study and is_longer and (is_same or not before.trials)
