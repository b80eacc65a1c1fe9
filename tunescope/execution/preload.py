"""Imported once by the fork server, so that every worker starts in milliseconds and shares the pages."""

import tunescope.execution.worker  # noqa: F401  imported for its effect: the worker's own imports
