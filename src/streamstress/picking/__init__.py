"""Windows of waveforms to P and S picks.

``windows``         which data a window needs and which picks are its own
``station_window``  the three components of one sensor, their gaps, the model's rate
``models``          the pickers behind one protocol, by name
``seisbench_picker``  those of seisbench
``sta_lta``         the one that needs no model
``extract``         probabilities to picks
``sigma``           the time error of picks, learned from residuals
``measure``         signal over noise, amplitudes and the onset at a pick
``picker_stage``    all of that for many sensors at once
``augmentation``    examples to training windows
``training``        trains a PhaseNet on labelled records
``weights/``        the picker of the demo
"""
