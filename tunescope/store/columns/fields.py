"""What a trial can be filtered, sorted and shown by.

A field has one key in addresses, queries and the grid: a fixed one by its own name, a parameter as
``param:<name>``, a user attribute as ``attr:<name>``, a further objective as ``value:<index>`` and the
seconds of a phase as ``phase:<name>``.
"""

from dataclasses import dataclass
from typing import Literal

Group = Literal["trial", "score", "cost", "parameter", "attribute", "phase", "mark"]
Kind = Literal["number", "text", "time", "tags"]


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        key: its name in addresses, queries and the grid.
        title: its name for people.
        group: what it tells about.
        kind: what its values are; the choices of a hyperparameter may be texts beside numbers, and then it
            counts as text.
        number: SQL for its value as a number, of a time the seconds since 1970; ``None`` where it has none.
        text: SQL for its value as text; ``None`` where it has none.
        is_whole: whether all its numbers are whole.
    """

    key: str
    title: str
    group: Group
    kind: Kind
    number: str | None = None
    text: str | None = None
    is_whole: bool = False


_WHOLE = ("trial_id", "number", "epochs", "weights", "batch_size", "micro_batch", "worker", "seed", "repeats")


def _fixed(kind: Kind, group: Group, **titles: str) -> dict[str, Field]:
    return {
        key: Field(
            key,
            title,
            group,
            kind,
            number={"number": f'rows."{key}"', "time": f'epoch(rows."{key}")'}.get(kind),
            text=f'rows."{key}"' if kind in ("text", "tags") else None,
            is_whole=key in _WHOLE,
        )
        for key, title in titles.items()
    }


_STUDY = {
    key: Field(key, title, "trial", "text", text=f"studies.{key}")
    for key, title in {
        "study": "Study",
        "run_id": "Run",
        "dataset": "Dataset",
        "strategy": "Strategy",
    }.items()
}
FIXED: dict[str, Field] = {
    **_STUDY,
    **_fixed("number", "trial", trial_id="Id", number="Number"),
    **_fixed("text", "trial", state="State", model="Model", reason="Reason"),
    **_fixed("time", "trial", start="Started", end="Ended"),
    **_fixed(
        "number",
        "score",
        validation_accuracy="Validation accuracy",
        balanced_accuracy="Balanced accuracy",
        macro_f1="Macro F1",
        log_loss="Log loss",
        train_accuracy="Training accuracy",
        value="Value",
    ),
    **_fixed(
        "number",
        "cost",
        seconds="Seconds",
        epochs="Epochs",
        images_per_second="Images a second",
        peak_memory_bytes="Memory (bytes)",
        device_memory_bytes="GPU memory (bytes)",
        weights="Weights",
        batch_size="Batch size",
        micro_batch="Images at a time",
        flops_per_image="FLOP an image",
        peak_flops="Peak FLOP/s",
        bytes_per_image="Traffic an image (bytes)",
        peak_bandwidth="Peak bandwidth (bytes/s)",
        energy_joules="Energy (J)",
        worker="Worker",
        seed="Seed",
        repeats="Repeats trial",
    ),
    **_fixed("text", "cost", device="Device", precision="Precision"),
    "starred": Field("starred", "Star", "mark", "text", text="marks.starred"),
    "tags": Field("tags", "Tags", "mark", "tags", text="marks.tags"),
    "note": Field("note", "Note", "mark", "text", text="marks.note"),
}


def grown(prefix: str, name: str) -> tuple[str, str, Group]:
    """Key, title and group of a field that a store has of its own."""
    key = f"{prefix}:{name}"
    if prefix == "param":
        return key, name, "parameter"
    if prefix == "attr":
        return key, name, "attribute"
    return (
        (key, f"Objective {int(name) + 1}", "score")
        if prefix == "value"
        else (key, name.replace("_", "-"), "phase")
    )
