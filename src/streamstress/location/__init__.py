"""Picks to earthquakes.

``associate`` (what a search for events answers; ``stack`` and ``octo`` are two), ``locate`` (origin
with covariance, ray geometry), ``gate`` and ``chance`` (what is no earthquake), ``finder`` (these
over one set of picks), ``streaming`` (the same over a moving window, zone by zone), ``merge`` (one
event, one id, an earthquake), ``double_difference`` (neighbours next to one another),
``magnitude``.
"""
