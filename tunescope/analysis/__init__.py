"""What the trials of a run say: pure functions, frames in (columns as in ``tunescope.store.frames``), frozen
dataclasses out. ``tunescope.figures`` draws them. No files, no database, no plotly here.
"""
