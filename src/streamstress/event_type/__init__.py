"""Earthquake, teleseism, tremor, blast or noise: what a located event is.

``observation``  an event's readings as columns
``spectra``      ratios of octaves, corner frequencies
``sensors``      the same event on other sensors
``features``     numbers that tell the kinds apart; NaN where an event does not tell one
``model``        softmax regression: features to probabilities, and its file
``verdict``      with shares, hour and place: what an event is taken for, and why
``training``     fit and calibration
``evaluation``   precision and recall by kind, earthquakes lost
``labelled``     files of labelled features
"""
