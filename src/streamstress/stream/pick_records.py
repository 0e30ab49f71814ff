"""The picker's input and output between buffers, arrays and records."""

from streamstress.ingest.buffers import Cut
from streamstress.picking.measure import Measurement
from streamstress.picking.picker_stage import StationPick, StationPicks
from streamstress.picking.station_window import ComponentTrace
from streamstress.records import Amplitude, Levels, Onset, Pick, Polarity


def component(cut: Cut) -> ComponentTrace:
    """A cut as the picker takes it."""
    return ComponentTrace(
        cut.channel, cut.start_ns, cut.sampling_rate_hz, cut.samples, cut.valid, cut.clipped
    )


def pick_record(picks: StationPicks, pick: StationPick, model: str) -> Pick:
    """The pick as a record."""
    network, station = picks.station.split(".")
    name = (
        picks.station,
        picks.location,
        pick.channel,
        pick.phase,
        str(picks.k),
        str(pick.ordinal),
    )
    return Pick(
        pick_id=".".join(name),
        network=network,
        station=station,
        location=picks.location,
        channel=pick.channel,
        phase=pick.phase,
        time_ns=int(pick.time_ns),
        sigma_s=float(pick.sigma_s),
        probability=float(pick.probability),
        snr=float(pick.measurement.snr or 0.0),
        model=model,
        amplitude=amplitude_record(pick.measurement),
        onset=onset_record(pick.measurement),
        polarity=polarity_record(pick, model),
        levels=levels_record(pick.measurement),
        sent_ns=0,
    )


def polarity_record(pick: StationPick, model: str) -> Polarity | None:
    """The first motion as the picker read it; the polarity agent decides by its own threshold."""
    if pick.up_probability is None:
        return None
    return Polarity(up_probability=pick.up_probability, decision="unknown", model=model)


def amplitude_record(measurement: Measurement) -> Amplitude | None:
    """The amplitude as a record."""
    read = measurement.amplitude
    if read is None:
        return None
    return Amplitude(
        value=float(read.value),
        noise=float(read.noise),
        band_hz=read.band_hz,
        component=read.component,
        clipped=read.clipped,
    )


def levels_record(measurement: Measurement) -> Levels | None:
    """The levels by octave as a record; four digits are more than they are worth."""
    read = measurement.levels
    if read is None:
        return None
    return Levels(signal=_rounded(read.signal), noise=_rounded(read.noise))


def _rounded(levels: tuple[float | None, ...]) -> tuple[float | None, ...]:
    return tuple(None if level is None else float(f"{level:.4g}") for level in levels)


def onset_record(measurement: Measurement) -> Onset | None:
    """The onset window as a record."""
    onset = measurement.onset
    if onset is None:
        return None
    return Onset(
        sampling_rate_hz=float(onset.sampling_rate_hz),
        pick_index=onset.pick_index + onset.pick_offset_s * float(onset.sampling_rate_hz),
        samples=onset.samples.astype("<f4").tobytes(),
    )
