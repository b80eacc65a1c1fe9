"""Tables beside Optuna's, all with foreign keys that cascade.

Times are naive UTC, as in Optuna's own tables. Optuna's tables stand here with the columns that
we read and that foreign keys name: Optuna creates and migrates them.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

PREFIX = "tunescope_"
VERSION_TABLE = "tunescope_alembic_version"
# Why a study ended that a person stopped: such a study goes on when its run is launched again.
STOPPED_BY_COMMAND = "stopped by command"
# Attribute of a trial that measures an earlier one again: it holds that one's number.
REPEATS = "tunescope:repeats"

metadata = MetaData()

optuna_studies = Table(
    "studies", metadata, Column("study_id", Integer, primary_key=True), Column("study_name", String(512))
)
optuna_trials = Table(
    "trials",
    metadata,
    Column("trial_id", Integer, primary_key=True),
    Column("number", Integer),
    Column("study_id", Integer, ForeignKey("studies.study_id")),
    # Optuna's own enumeration: PostgreSQL compares it with nothing else.
    Column("state", Enum("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING", name="trialstate")),
    Column("datetime_start", DateTime),
    Column("datetime_complete", DateTime),
)
optuna_params = Table(
    "trial_params",
    metadata,
    Column("param_id", Integer, primary_key=True),
    Column("trial_id", Integer, ForeignKey("trials.trial_id")),
    Column("param_name", String(512)),
    Column("param_value", Float),
    Column("distribution_json", Text),
)
optuna_trial_attributes = Table(
    "trial_system_attributes",
    metadata,
    Column("trial_system_attribute_id", Integer, primary_key=True),
    Column("trial_id", Integer, ForeignKey("trials.trial_id")),
    Column("key", String(512)),
    Column("value_json", Text),
)
optuna_user_attributes = Table(
    "trial_user_attributes",
    metadata,
    Column("trial_user_attribute_id", Integer, primary_key=True),
    Column("trial_id", Integer, ForeignKey("trials.trial_id")),
    Column("key", String(512)),
    Column("value_json", Text),
)
optuna_directions = Table(
    "study_directions",
    metadata,
    Column("study_direction_id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("studies.study_id")),
    Column("objective", Integer),
    Column("direction", Enum("NOT_SET", "MINIMIZE", "MAXIMIZE", name="studydirection")),
)
optuna_values = Table(
    "trial_values",
    metadata,
    Column("trial_value_id", Integer, primary_key=True),
    Column("trial_id", Integer, ForeignKey("trials.trial_id")),
    Column("objective", Integer),
    Column("value", Float),
    Column("value_type", Enum("FINITE", "INF_POS", "INF_NEG", name="trialvaluetype")),
)
optuna_reports = Table(
    "trial_intermediate_values",
    metadata,
    Column("trial_intermediate_value_id", Integer, primary_key=True),
    Column("trial_id", Integer, ForeignKey("trials.trial_id")),
    Column("step", Integer),
    Column("intermediate_value", Float, key="value"),
    Column(
        "intermediate_value_type",
        Enum("FINITE", "INF_POS", "INF_NEG", "NAN", name="floattypeenum"),
        key="value_type",
    ),
)


def _study_key() -> Column[int]:
    key = ForeignKey("studies.study_id", ondelete="CASCADE")
    return Column("study_id", Integer, key, primary_key=True)


def _trial_key() -> Column[int]:
    key = ForeignKey("trials.trial_id", ondelete="CASCADE")
    return Column("trial_id", Integer, key, primary_key=True)


def _run_key() -> Column[str]:
    key = ForeignKey("tunescope_runs.run_id", ondelete="CASCADE")
    return Column("run_id", String(60), key, nullable=False, index=True)


datasets = Table(
    "tunescope_datasets",
    metadata,
    Column("dataset_id", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("name", String(80), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("classes", JSON, nullable=False),
    Column("image_shape", JSON, nullable=False),
    Column("splits", JSON, nullable=False),
    Column("images", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("created", DateTime, nullable=False),
)

devices = Table(
    "tunescope_devices",
    metadata,
    Column("device_id", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("manifest", JSON, nullable=False),
    Column("created", DateTime, nullable=False),
)

runs = Table(
    "tunescope_runs",
    metadata,
    Column("run_id", String(60), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("reason", Text),
    Column("stage", String(120)),
    Column("parameters", JSON, nullable=False),
    Column("dataset_id", Integer, ForeignKey("tunescope_datasets.dataset_id", ondelete="SET NULL")),
    Column("device_id", Integer, ForeignKey("tunescope_devices.device_id", ondelete="SET NULL")),
    Column("folder", Text, nullable=False),
    Column("launches", Integer, nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),
    Column("heartbeat", DateTime, nullable=False),
    Column("created", DateTime, nullable=False),
    Column("started", DateTime, nullable=False),
    Column("finished", DateTime),
    # Since when no new trial begins, while somebody wants it so.
    Column("paused", DateTime),
    Column("seconds", Float, nullable=False),
    Column("version", String(40), nullable=False),
)

stages = Table(
    "tunescope_stages",
    metadata,
    Column("stage_id", Integer, primary_key=True),
    _run_key(),
    Column("launch", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("started", DateTime, nullable=False),
    Column("seconds", Float),
    UniqueConstraint("run_id", "launch", "name"),
)

studies = Table(
    "tunescope_studies",
    metadata,
    _study_key(),
    _run_key(),
    Column("strategy", String(40), nullable=False),
    # Several are joined with `+`.
    Column("objective", String(120), nullable=False),
    Column("space", JSON, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("stopped_because", Text),
)

trials = Table(
    "tunescope_trials",
    metadata,
    _trial_key(),
    Column("worker", Integer),
    Column("seed", Integer),
    Column("reason", Text),
    Column("validation_accuracy", Float),
    Column("balanced_accuracy", Float),
    Column("macro_f1", Float),
    Column("log_loss", Float),
    Column("train_accuracy", Float),
    Column("seconds", Float),
    Column("images_per_second", Float),
    Column("peak_memory_bytes", BigInteger),
    Column("weights", BigInteger),
    Column("epochs", Integer),
    Column("folder", Text),
    # What a deep model ran on, and what that cost: `tunescope.training.Costs` explains them.
    Column("device", String(40)),
    Column("precision", String(16)),
    Column("batch_size", Integer),
    Column("micro_batch", Integer),
    Column("flops_per_image", BigInteger),
    Column("peak_flops", Float),
    Column("bytes_per_image", BigInteger),
    Column("peak_bandwidth", Float),
    Column("energy_joules", Float),
    Column("device_memory_bytes", BigInteger),
    # Nothing is NULL, not the JSON word for it.
    Column("notes", JSON(none_as_null=True)),
    Column("operators", JSON(none_as_null=True)),
)

epochs = Table(
    "tunescope_epochs",
    metadata,
    _trial_key(),
    Column("epoch", Integer, primary_key=True),
    Column("train_loss", Float),
    Column("train_accuracy", Float),
    Column("validation_loss", Float),
    Column("validation_accuracy", Float),
    Column("learning_rate", Float),
    Column("seconds", Float),
    # What the model says of the watched validation images: a pair of class index and probability each.
    Column("predictions", JSON(none_as_null=True)),
)

timings = Table(
    "tunescope_timings",
    metadata,
    _trial_key(),
    Column("phase", String(40), primary_key=True),
    Column("seconds", Float, nullable=False),
)

benchmarks = Table(
    "tunescope_benchmarks",
    metadata,
    _trial_key(),
    _run_key(),
    Column("device_id", Integer, ForeignKey("tunescope_devices.device_id", ondelete="SET NULL")),
    Column("test_accuracy", Float, nullable=False),
    Column("test_accuracy_low", Float, nullable=False),
    Column("test_accuracy_high", Float, nullable=False),
    Column("train_seconds", Float),
    Column("test_seconds", Float, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("images_per_second", Float, nullable=False),
    Column("peak_memory_bytes", BigInteger),
    Column("predictions", Text, nullable=False),
    Column("created", DateTime, nullable=False),
)

commands = Table(
    "tunescope_commands",
    metadata,
    Column("command_id", Integer, primary_key=True),
    _run_key(),
    Column("name", String(40), nullable=False),
    Column("argument", JSON),
    Column("created", DateTime, nullable=False),
    Column("acknowledged", DateTime),
    Column("outcome", Text),
)

# What the processes of a run use while they work, sampled every few seconds.
resources = Table(
    "tunescope_resources",
    metadata,
    Column("run_id", String(60), ForeignKey("tunescope_runs.run_id", ondelete="CASCADE"), primary_key=True),
    Column("at", DateTime, primary_key=True),
    # Of the run's processes, where 100 is one core at work.
    Column("cpu_percent", Float, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    # One object a GPU: `name`, `utilization` (percent), `memory_bytes`.
    Column("gpus", JSON(none_as_null=True)),
)

# What people keep of trials: stars, tags, notes.
annotations = Table(
    "tunescope_annotations",
    metadata,
    _trial_key(),
    Column("is_starred", Boolean, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("changed", DateTime, nullable=False),
)

# Selections of trials under a name; ``query`` is that of the page's address.
views = Table(
    "tunescope_views",
    metadata,
    Column("view_id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("query", Text, nullable=False),
    Column("created", DateTime, nullable=False),
)


def now() -> datetime:
    """The present moment as the store keeps it: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)
