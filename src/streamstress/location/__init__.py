"""Picks to earthquakes.

``associate`` (which picks belong together), ``locate`` (origin with covariance, ray geometry),
``gate`` (what is no earthquake), ``finder`` (these three over one set of picks), ``streaming``
(the same over a moving window, zone by zone), ``merge`` (one event, one id, an earthquake).
"""
