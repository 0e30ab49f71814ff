"""Which picker reads which sensor: by region, station and channel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from streamstress.config.stages import PickerChoice
from streamstress.earth.channels import split_channel
from streamstress.picking.picker_stage import PickerStage, StationPicks
from streamstress.picking.station_window import StationWindow
from streamstress.picking.windows import WindowGrid
from streamstress.stream.places import Places


@dataclass(slots=True)
class PickerChoices:
    """The pickers of a system; all step alike, so that window k means the same time to each."""

    default: PickerStage
    places: Places
    choices: tuple[tuple[PickerChoice, PickerStage], ...] = ()
    _found: dict[tuple[str, str], PickerStage] = field(default_factory=dict)

    @property
    def grid(self) -> WindowGrid:
        """The windows of the picker that sees the most data; all end at the same time."""
        stages = (self.default, *(stage for _, stage in self.choices))
        return max((stage.grid for stage in stages), key=_seconds)

    def stage_of(self, station: str, sensor: str) -> PickerStage:
        """The picker of a sensor: the first choice that fits, else the default."""
        key = (station, sensor)
        if key not in self._found:
            fitting = (stage for choice, stage in self.choices if self._fits(choice, *key))
            self._found[key] = next(fitting, self.default)
        return self._found[key]

    def pick(self, windows: Sequence[StationWindow]) -> list[tuple[str, StationPicks]]:
        """Name of the model and picks of each window, in the order of the windows."""
        shares: dict[int, list[int]] = {}
        stages = [self._stage_of_window(window) for window in windows]
        for number, stage in enumerate(stages):
            shares.setdefault(id(stage), []).append(number)
        found: dict[int, tuple[str, StationPicks]] = {}
        for numbers in shares.values():
            stage = stages[numbers[0]]
            picks = stage.pick([windows[number] for number in numbers])
            found |= {
                number: (stage.picker.name, one) for number, one in zip(numbers, picks, strict=True)
            }
        return [found[number] for number in range(len(windows))]

    def _stage_of_window(self, window: StationWindow) -> PickerStage:
        return self.stage_of(window.station, split_channel(window.components[0].channel)[0])

    def _fits(self, choice: PickerChoice, station: str, sensor: str) -> bool:
        return (
            any(fnmatchcase(station, pattern) for pattern in choice.stations)
            and any(fnmatchcase(sensor, pattern) for pattern in choice.channels)
            and (choice.region is None or self._lies_in(station, choice.region))
        )

    def _lies_in(self, station: str, region: str) -> bool:
        place = self.places.stations[station]
        return any(
            box.contains(place.latitude_deg, place.longitude_deg)
            for box in self.places.regions
            if box.name == region
        )


def _seconds(grid: WindowGrid) -> float:
    return grid.data_samples / grid.sampling_rate_hz
