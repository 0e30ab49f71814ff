"""Every setting: its unit, default and bounds, one group a stage.

`settings` holds the groups, `load` reads a TOML file with environment overrides
(``STREAMSTRESS_SECTION__KEY``) and turns whatever is wrong into one `ConfigError`.
"""

from streamstress.config.load import load_settings
from streamstress.config.settings import Settings

__all__ = ["Settings", "load_settings"]
