"""Every error that Tunescope raises on purpose.

Each is also the built-in error that a caller would expect, so that code which knows nothing of
Tunescope still catches it. Messages name the value, the rule and the mend in one sentence.
"""


class TunescopeError(Exception):
    """Base of all errors that are meant to be read by a person."""


class ParameterError(TunescopeError, ValueError):
    """A parameter has a value that its rule does not allow."""


class UnknownNameError(TunescopeError, KeyError):
    """A name is in no registry or store."""

    # KeyError shows the repr of its argument, which puts quotes around a sentence.
    __str__ = Exception.__str__


class SourceError(TunescopeError, ValueError):
    """The data that were given cannot be used as they are."""


class StoreError(TunescopeError, OSError):
    """The trial store cannot be opened, read or written."""


class RunError(TunescopeError, RuntimeError):
    """A run cannot be started or cannot go on."""


class AnnotationError(TunescopeError, ValueError):
    """What a person wants to keep of a trial or a view does not fit."""
