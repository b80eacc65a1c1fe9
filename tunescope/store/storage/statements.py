"""The SQL of the storage, on Optuna's tables as ``optuna.storages.RDBStorage`` creates them.

``{among}`` stands for "is one of ``:ids``", ``{for_update}`` for a row lock: SQLite has none and needs none,
since only one connection writes at a time.
"""

SCHEMA = "SELECT version_num FROM alembic_version"

# Studies

CREATE_STUDY = """
    INSERT INTO studies (study_name) VALUES (:name) ON CONFLICT (study_name) DO NOTHING RETURNING study_id
"""
CREATE_DIRECTION = """
    INSERT INTO study_directions (study_id, objective, direction) VALUES (:study_id, :objective, :direction)
"""
STUDY_ID = "SELECT study_id FROM studies WHERE study_name = :name"
STUDY_NAME = "SELECT study_name FROM studies WHERE study_id = :study_id"
LOCK_STUDY = "SELECT study_name FROM studies WHERE study_id = :study_id {for_update}"
DIRECTIONS = "SELECT direction FROM study_directions WHERE study_id = :study_id ORDER BY objective"
ALL_STUDIES = "SELECT study_id, study_name FROM studies ORDER BY study_id"

# A table of attributes is named by `str.replace`: the rest is the same for all of them.
STUDY_ATTRIBUTES = "SELECT key, value_json FROM TABLE WHERE study_id = :study_id ORDER BY TABLE_id"
SET_STUDY_ATTRIBUTE = """
    INSERT INTO TABLE (study_id, key, value_json)
    SELECT study_id, :key, :value_json FROM studies WHERE study_id = :study_id
    ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json
    RETURNING study_id
"""

_TRIALS_OF_STUDY = "(SELECT trial_id FROM trials WHERE study_id = :study_id)"
# Optuna's foreign keys do not cascade: the children go first. Those of `tunescope_*` tables do.
DELETE_STUDY = (
    *(
        f"DELETE FROM {table} WHERE trial_id IN {_TRIALS_OF_STUDY}"
        for table in (
            "trial_params",
            "trial_values",
            "trial_intermediate_values",
            "trial_user_attributes",
            "trial_system_attributes",
            "trial_heartbeats",
        )
    ),
    *(
        f"DELETE FROM {table} WHERE study_id = :study_id"
        for table in (
            "trials",
            "study_directions",
            "study_user_attributes",
            "study_system_attributes",
            "studies",
        )
    ),
)

# Trials

STUDY_OF_TRIAL = "SELECT study_id FROM trials WHERE trial_id = :trial_id"
STATE = "SELECT state FROM trials WHERE trial_id = :trial_id {for_update}"
# Two halves, so that each is found by an index: an OR would read every trial of the study.
TRIALS = """
    SELECT trial_id, number, state, datetime_start, datetime_complete
    FROM trials WHERE study_id = :study_id AND trial_id > :last
    UNION ALL
    SELECT trial_id, number, state, datetime_start, datetime_complete
    FROM trials WHERE trial_id {among} AND study_id + 0 = :study_id
    ORDER BY trial_id
"""
VALUES = """
    SELECT trial_id, value, value_type FROM trial_values WHERE trial_id {among} ORDER BY trial_id, objective
"""
PARAMS = """
    SELECT trial_id, param_name, param_value, distribution_json
    FROM trial_params WHERE trial_id {among} ORDER BY param_id
"""
REPORTS = """
    SELECT trial_id, step, intermediate_value, intermediate_value_type
    FROM trial_intermediate_values WHERE trial_id {among} ORDER BY trial_intermediate_value_id
"""
ATTRIBUTES = "SELECT trial_id, key, value_json FROM TABLE WHERE trial_id {among} ORDER BY TABLE_id"

CREATE_TRIAL = """
    INSERT INTO trials (study_id, number, state, datetime_start, datetime_complete)
    VALUES (:study_id, :number, :state, :datetime_start, :datetime_complete)
    RETURNING trial_id
"""
# Whoever changes a state does it only from the states that allow it: of two that try, one finds no row.
BEGIN_TRIAL = """
    UPDATE trials SET state = :state, datetime_start = :moment
    WHERE trial_id = :trial_id AND state = 'WAITING' RETURNING trial_id
"""
END_TRIAL = """
    UPDATE trials SET state = :state, datetime_complete = :moment
    WHERE trial_id = :trial_id AND state IN ('RUNNING', 'WAITING') RETURNING trial_id
"""
REQUEUE_TRIAL = """
    UPDATE trials SET state = :state
    WHERE trial_id = :trial_id AND state IN ('RUNNING', 'WAITING') RETURNING trial_id
"""
SET_VALUE = """
    INSERT INTO trial_values (trial_id, objective, value, value_type)
    VALUES (:trial_id, :objective, :value, :value_type)
    ON CONFLICT (trial_id, objective) DO UPDATE SET value = excluded.value, value_type = excluded.value_type
"""
SET_PARAM = """
    INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
    VALUES (:trial_id, :name, :value, :distribution)
    ON CONFLICT (trial_id, param_name)
    DO UPDATE SET param_value = excluded.param_value, distribution_json = excluded.distribution_json
"""
SET_REPORT = """
    INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type)
    VALUES (:trial_id, :step, :value, :value_type)
    ON CONFLICT (trial_id, step) DO UPDATE SET
        intermediate_value = excluded.intermediate_value,
        intermediate_value_type = excluded.intermediate_value_type
"""
SET_ATTRIBUTE = """
    INSERT INTO TABLE (trial_id, key, value_json) VALUES (:trial_id, :key, :value_json)
    ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json
"""


def _of(statement: str, table: str) -> str:
    """An attribute statement for one table; its key is named after it, in the singular."""
    return statement.replace("TABLE_id", f"{table.removesuffix('s')}_id").replace("TABLE", table)


STUDY_USER_ATTRIBUTES = _of(STUDY_ATTRIBUTES, "study_user_attributes")
STUDY_SYSTEM_ATTRIBUTES = _of(STUDY_ATTRIBUTES, "study_system_attributes")
SET_STUDY_USER_ATTRIBUTE = _of(SET_STUDY_ATTRIBUTE, "study_user_attributes")
SET_STUDY_SYSTEM_ATTRIBUTE = _of(SET_STUDY_ATTRIBUTE, "study_system_attributes")
USER_ATTRIBUTES = _of(ATTRIBUTES, "trial_user_attributes")
SYSTEM_ATTRIBUTES = _of(ATTRIBUTES, "trial_system_attributes")
SET_USER_ATTRIBUTE = _of(SET_ATTRIBUTE, "trial_user_attributes")
SET_SYSTEM_ATTRIBUTE = _of(SET_ATTRIBUTE, "trial_system_attributes")
