"""The base of every group of settings: unknown keys are errors."""

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """A section of the configuration; a key it does not know is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
