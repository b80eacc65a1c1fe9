"""Tunescope finds the best image classifier for a set of labelled images and shows how it got there.

Rooms are imported by name (``from tunescope.search import make_sampler``); this package imports none
of them, so that ``import tunescope`` costs nothing.
"""
