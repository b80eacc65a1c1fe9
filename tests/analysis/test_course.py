"""The course of a search, exactly."""

from tunescope.analysis.course import Course, CourseLine, course


def test_each_study_is_followed_in_the_order_in_which_its_trials_ended(make_trials) -> None:
    tpe = {"study": "demo-tpe", "strategy": "tpe"}
    trials = make_trials(
        {"start": 0, "end": 9, "validation_accuracy": 0.7},
        {"start": 0, "end": 4, "validation_accuracy": 0.6, "params": {"model": "cnn"}},
        {"start": 4, "end": 5, "state": "FAIL"},
        {"start": 5, "end": 8, "validation_accuracy": 0.5},
        {"start": 9, "end": None, "state": "RUNNING"},
        {"start": 2, "end": 3, "validation_accuracy": 0.9, **tpe},
    )
    assert course(trials) == Course(
        lines=(
            CourseLine(
                study="demo-grid",
                label="grid",
                strategy="grid",
                numbers=(1, 3, 0),
                models=("cnn", "svm", "svm"),
                seconds=(4.0, 8.0, 9.0),
                positions=(1, 3, 4),
                scores=(0.6, 0.5, 0.7),
                best=(0.6, 0.6, 0.7),
            ),
            CourseLine("demo-tpe", "tpe", "tpe", (0,), ("svm",), (3.0,), (1,), (0.9,), (0.9,)),
        )
    )


def test_runs_are_timed_from_their_own_beginning(make_trials) -> None:
    trials = make_trials(
        {"start": 10, "end": 12, "validation_accuracy": 0.7},
        {"start": 1000, "end": 1003, "validation_accuracy": 0.7, "study": "late-grid", "run_id": "late"},
    )
    assert [line.seconds for line in course(trials).lines] == [(2.0,), (3.0,)]


def test_a_plain_study_of_optuna_has_a_course_too(make_trials) -> None:
    (line,) = course(
        make_trials(
            {"study": "plain", "run_id": None, "strategy": None, "end": 2, "validation_accuracy": 0.5}
        )
    ).lines
    assert (line.label, line.strategy, line.seconds) == ("plain", None, (2.0,))


def test_of_very_many_trials_the_records_are_kept(make_trials) -> None:
    rows = [{"end": number, "validation_accuracy": 0.5} for number in range(50)]
    rows[17]["validation_accuracy"] = 0.8
    found = course(make_trials(*rows), limit=3)
    assert found.lines[0].numbers == (0, 17, 24, 49)
    assert found.lines[0].best == (0.5, 0.8, 0.8, 0.8)
    assert found.left_out == 46


def test_without_trials_there_is_no_line(make_trials) -> None:
    assert course(make_trials()) == Course(())
    assert course(make_trials({"state": "RUNNING", "end": None})) == Course(())


def test_of_very_many_studies_those_with_the_best_scores_are_followed(make_trials) -> None:
    rows = [
        {"study": f"s{index}", "validation_accuracy": index / 40, "end": float(index)} for index in range(40)
    ]
    found = course(make_trials(*rows), most=3)
    assert [line.study for line in found.lines] == ["s37", "s38", "s39"]
    assert found.left_out == 37
