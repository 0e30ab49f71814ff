"""The commands.

``app`` (every command with its options); what they do: ``worker``, ``system`` (up, broker),
``configuration`` (config check), ``simulation`` (simulate, replay), ``demo`` with
``demo_config`` and ``demo_display``; ``train_demo_picker`` and
``train_polarity`` join the simulator with the stages' training, ``calibrate`` measures accuracy
over seeds.
"""

from streamstress.cli.app import main

__all__ = ["main"]
