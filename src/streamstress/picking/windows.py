"""Windows aligned to the epoch: which data a window needs, and which picks are its own.

::

    data_start                          own_start    own_end        data_end
        |<- step ->|<------ before ------->|<- step -->|<- after ->|
        |   lead   |<-------- the model's input --------- ... ---->|

Window k owns ``[k * step, (k + 1) * step)``. The model sees ``after_s`` of data behind the own
part, the rest of its input before it. One step more is read in front (the lead), so that window k
can also look at its start boundary as window k - 1 did, and each pick is emitted once.
"""

from dataclasses import dataclass

from streamstress.errors import ConfigError


@dataclass(frozen=True, slots=True)
class WindowGrid:
    """Where windows lie, for one model and one step. All times are integer ns UTC.

    Parameters
    ----------
    step_s : float
        Length of the part that a window owns; a whole number of the model's samples.
    after_s : float
        Data behind the own part that the model sees; picks wait for it.
    window_samples, sampling_rate_hz
        The model's input.
    blinding_samples : tuple of int
        Samples at the input's start and end where the model gives no answer.

    Raises
    ------
    ConfigError
        The parts do not fit into the model's input, or the step is no whole number of samples.
    """

    step_s: float
    after_s: float
    window_samples: int
    sampling_rate_hz: float
    blinding_samples: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        step = self.step_s * self.sampling_rate_hz
        if step < 1 or abs(step - round(step)) > 1e-6:
            raise ConfigError(
                f"picking step of {self.step_s} s is no whole number of samples at "
                f"{self.sampling_rate_hz} Hz"
            )
        blind_front, blind_back = self.blinding_samples
        if self.after_samples < blind_back or self.before_samples < blind_front:
            raise ConfigError(
                f"step {self.step_s} s with {self.after_s} s after it does not fit the model: "
                f"{self.window_samples} samples at {self.sampling_rate_hz} Hz, of which the first "
                f"{blind_front} and the last {blind_back} are blind"
            )

    @property
    def step_ns(self) -> int:
        """Length of a window's own part."""
        return round(self.step_samples * 1e9 / self.sampling_rate_hz)

    @property
    def step_samples(self) -> int:
        """Length of a window's own part in the model's samples."""
        return round(self.step_s * self.sampling_rate_hz)

    @property
    def after_samples(self) -> int:
        """Samples of the input behind the own part."""
        return round(self.after_s * self.sampling_rate_hz)

    @property
    def before_samples(self) -> int:
        """Samples of the input before the own part."""
        return self.window_samples - self.step_samples - self.after_samples

    @property
    def data_samples(self) -> int:
        """Samples of lead and input together, at the model's rate."""
        return self.window_samples + self.step_samples

    def index(self, time_ns: int) -> int:
        """Window that owns a time."""
        return time_ns // self.step_ns

    def own(self, k: int) -> tuple[int, int]:
        """Return the times ``[start, end)`` whose picks window k emits."""
        return k * self.step_ns, (k + 1) * self.step_ns

    def data(self, k: int) -> tuple[int, int]:
        """Return the times ``[start, end)`` of the data that window k needs."""
        start_ns = self.own(k)[0] - self._ns(self.before_samples) - self.step_ns
        return start_ns, start_ns + self._ns(self.data_samples)

    def last_complete(self, data_end_ns: int) -> int:
        """Newest window whose data end by ``data_end_ns``."""
        return (data_end_ns - self._ns(self.after_samples)) // self.step_ns - 1

    def _ns(self, samples: int) -> int:
        return round(samples * 1e9 / self.sampling_rate_hz)
