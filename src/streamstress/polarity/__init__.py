"""First motions of P: up, down or unknown.

``preparation`` cuts onsets to the network's grid and makes its two features; ``network`` is odd by
construction, so a waveform turned over gets exactly the opposite answer; ``classify`` is what a
pipeline calls; ``weights_file`` stores weights, temperature and model card; ``training`` and
``evaluation`` take arrays of onsets with known sign.
"""

from streamstress.polarity.classify import PolarityModel, PolarityResult, load_polarity_model

__all__ = ["PolarityModel", "PolarityResult", "load_polarity_model"]
