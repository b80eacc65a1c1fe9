"""Export: a trained model in a form to take away."""

from tunescope.export.archive import write_archive

__all__ = ["write_archive"]
