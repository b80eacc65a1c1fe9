"""Every trial as columns, kept in memory beside the store and brought up to date a few rows at a time."""

from tunescope.store.columns.fields import Field
from tunescope.store.columns.table import TrialTable

__all__ = ["Field", "TrialTable"]
