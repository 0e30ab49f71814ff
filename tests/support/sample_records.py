"""Records made by hand: 150 earthquakes under a stress that turns by 32 degrees, and its alarm."""

from dataclasses import dataclass

import numpy as np

from streamstress.earth.projection import LocalFrame
from streamstress.earth.stations import Station
from streamstress.geometry.axes import axial, trend_plunge
from streamstress.geometry.planes import auxiliary_plane, strike_dip_rake
from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.rotations import rotated, turn_about_vertical
from streamstress.geometry.tensors import double_couple, principal_axes, stress_tensor
from streamstress.geometry.tractions import slip_direction
from streamstress.outputs.rows import StageStatus
from streamstress.records import (
    Arrival,
    Axis,
    DeadLetter,
    Event,
    Magnitude,
    Mechanism,
    MechanismSolution,
    Origin,
    Polarity,
    Progress,
    StressChange,
    StressEstimate,
)
from streamstress.records.changes import ChangeState
from streamstress.simulate.truth import TrueArrival, TrueEvent, Truth

START_NS = 1_772_600_000 * 10**9
REGION = "west-basin"
CELL = "west-basin"
SHMAX_BEFORE_DEG = 92.0
SHMAX_TURN_DEG = 32.0
CHANGE_AT = 90
ALARM_AT = 106
FRAME = LocalFrame(35.42, 133.30)


@dataclass(frozen=True, slots=True)
class Sample:
    """Everything one run would have put on the topics."""

    stations: dict[str, Station]
    events: list[Event]
    planes: list[list[float]]
    mechanisms: list[Mechanism]
    estimates: list[StressEstimate]
    changes: list[StressChange]
    stages: list[StageStatus]
    progress: list[Progress]
    dead_letters: list[DeadLetter]

    def records(self):
        return [
            *self.events,
            *self.mechanisms,
            *self.estimates,
            *self.changes,
            *self.progress,
            *self.dead_letters,
        ]


def make_sample(n_events: int = 150, seed: int = 7) -> Sample:
    rng = np.random.default_rng(seed)
    stations = _stations(rng)
    times = START_NS + np.cumsum(rng.exponential(1500e9, n_events)).astype(np.int64)
    events, planes, mechanisms, estimates = [], [], [], []
    for k, time_ns in enumerate(times):
        tensor = true_stress(k)
        event, plane, mechanism = _earthquake(rng, k, int(time_ns), tensor, stations)
        events.append(event)
        planes.append(plane)
        mechanisms.append(mechanism)
        if k >= 25:
            estimates.append(_estimate(rng, k, int(time_ns)))
    changes = _changes(events) if n_events > ALARM_AT + 30 else []
    return Sample(
        stations,
        events,
        planes,
        mechanisms,
        estimates,
        changes,
        _stages(n_events),
        *_rest(times),
    )


def true_stress(k: int) -> np.ndarray:
    axes = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
    north = stress_tensor(axes, 0.45)
    turn = SHMAX_BEFORE_DEG + (SHMAX_TURN_DEG if k >= CHANGE_AT else 0.0)
    return rotated(north, turn_about_vertical(turn))


def _stations(rng: np.random.Generator) -> dict[str, Station]:
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False) + rng.normal(0, 0.15, 16)
    radius = rng.uniform(9, 30, 16)
    latitude, longitude = FRAME.to_degrees(radius * np.sin(angle), radius * np.cos(angle))
    made = [
        Station("XS", f"S{k:02d}", float(latitude[k]), float(longitude[k]), 100.0)
        for k in range(16)
    ]
    return {station.code: station for station in made}


def _earthquake(
    rng: np.random.Generator, k: int, time_ns: int, tensor: np.ndarray, stations: dict[str, Station]
) -> tuple[Event, list[float], Mechanism]:
    along, across = rng.normal(0, 6.5), rng.normal(0, 2.2)
    strike = np.radians(60.0)
    east = along * np.sin(strike) + across * np.cos(strike)
    north = along * np.cos(strike) - across * np.sin(strike)
    depth_km = float(np.clip(rng.normal(9, 2), 3, 16))
    latitude, longitude = (float(v) for v in FRAME.to_degrees(east, north))
    magnitude = float(np.round(0.8 + rng.exponential(0.45), 2))
    normal = rng.normal(size=3) * np.array([1, 1, 0.6])
    normal /= np.linalg.norm(normal)
    plane = [float(v) for v in strike_dip_rake(normal, slip_direction(tensor, normal))]
    arrivals = _arrivals(rng, k, time_ns, (east, north, depth_km), plane, stations)
    origin = Origin(
        time_ns=time_ns,
        latitude_deg=latitude,
        longitude_deg=longitude,
        depth_km=depth_km,
        depth_fixed=False,
        covariance=tuple(map(tuple, np.diag([0.16, 0.16, 0.64, 0.0025]).tolist())),
        horizontal_error_km=0.4,
        depth_error_km=0.8,
        rms_s=0.07,
        gap_deg=54.0,
        velocity_model="iasp91",
    )
    event = Event(
        event_id=f"wb{k:05d}",
        version=2,
        status="final",
        region=REGION,
        kind="earthquake",
        origin=origin,
        arrivals=arrivals,
        magnitude=Magnitude(value=magnitude, kind="ML", sigma=0.2, n_stations=9),
        sent_ns=time_ns + 14 * 10**9,
    )
    return event, plane, _mechanism(rng, event, plane)


def _arrivals(
    rng: np.random.Generator,
    k: int,
    time_ns: int,
    source: tuple[float, float, float],
    plane: list[float],
    stations: dict[str, Station],
) -> tuple[Arrival, ...]:
    east, north, depth_km = source
    moment = np.sqrt(2) * double_couple(*plane)
    arrivals = []
    for code, station in stations.items():
        se, sn = FRAME.to_km(station.latitude_deg, station.longitude_deg)
        distance = float(np.hypot(se - east, sn - north))
        azimuth = float(np.degrees(np.arctan2(se - east, sn - north)) % 360)
        takeoff = float(180 - np.degrees(np.arctan2(distance, depth_km)))
        p, _, _ = radiation_pattern(moment, azimuth, takeoff)
        decision = "up" if p > 0 else "down"
        if abs(p) < 0.1:
            decision = "unknown"
        travel_s = float(np.hypot(distance, depth_km) / 6.0)
        arrivals.append(
            Arrival(
                pick_id=f"{code}..HH.P.{k}.0",
                station=code,
                channel="HH",
                location="",
                phase="P",
                time_ns=time_ns + round(travel_s * 1e9),
                sigma_s=0.04,
                residual_s=float(rng.normal(0, 0.05)),
                weight=1.0,
                distance_km=distance,
                azimuth_deg=azimuth,
                azimuth_sigma_deg=2.0,
                takeoff_deg=takeoff,
                takeoff_sigma_deg=4.0,
                snr=12.0,
                polarity=Polarity(
                    up_probability=float(0.5 + 0.5 * np.tanh(3 * p)),
                    decision=decision,
                    model="net",
                ),
            )
        )
    return tuple(arrivals)


def _mechanism(rng: np.random.Generator, event: Event, plane: list[float]) -> Mechanism:
    grade = str(rng.choice(list("ABCDE"), p=[0.25, 0.3, 0.25, 0.15, 0.05]))
    auxiliary = [float(v) for v in auxiliary_plane(*plane)]
    solution = MechanismSolution(
        strike_deg=plane[0],
        dip_deg=plane[1],
        rake_deg=plane[2],
        auxiliary_strike_deg=auxiliary[0],
        auxiliary_dip_deg=auxiliary[1],
        auxiliary_rake_deg=auxiliary[2],
        probability=0.9,
        plane_uncertainty_deg=12.0,
        plane_uncertainty_aux_deg=14.0,
    )
    return Mechanism(
        event_id=event.event_id,
        version=event.version,
        model="grid5/net",
        status="final",
        region=REGION,
        grade=grade,
        grade_reason="median uncertainty 12 deg, 14 polarities",
        origin_time_ns=event.origin.time_ns,
        latitude_deg=event.origin.latitude_deg,
        longitude_deg=event.origin.longitude_deg,
        depth_km=event.origin.depth_km,
        magnitude=event.magnitude.value,
        solutions=() if grade == "E" else (solution,),
        misfit=0.06,
        stdr=0.61,
        n_polarity=14,
        n_sp=6,
        azimuth_gap_deg=48.0,
        takeoff_gap_deg=31.0,
        sp_misfit=0.2,
        sent_ns=event.sent_ns + int(rng.uniform(0.2, 1.4) * 1e9),
    )


def _estimate(rng: np.random.Generator, k: int, time_ns: int) -> StressEstimate:
    share = np.clip((k - CHANGE_AT) / 45.0, 0, 1)
    azimuth = float(SHMAX_BEFORE_DEG + SHMAX_TURN_DEG * share + rng.normal(0, 1.2))
    half = float(60.0 / np.sqrt(min(k, 60)))
    tensor = rotated(
        stress_tensor(np.array([[0.0, 1, 0], [0, 0, -1.0], [1.0, 0, 0]]), 0.45),
        turn_about_vertical(azimuth),
    )
    lowest = float(axial(azimuth - half))
    trend, plunge = trend_plunge(principal_axes(tensor)[1])
    s1, s2, s3 = (
        Axis(azimuth_deg=float(a), plunge_deg=float(p)) for a, p in zip(trend, plunge, strict=True)
    )
    names = {"ee": (0, 0), "en": (0, 1), "eu": (0, 2), "nn": (1, 1), "nu": (1, 2), "uu": (2, 2)}
    return StressEstimate(
        cell=CELL,
        region=REGION,
        version=k,
        data_time_ns=time_ns,
        window_start_ns=time_ns - 86_400 * 10**9,
        latitude_deg=FRAME.latitude_deg,
        longitude_deg=FRAME.longitude_deg,
        n_events=min(k, 60),
        effective_events=min(k, 60) * 0.8,
        tensor={name: float(tensor[at]) for name, at in names.items()},
        s1=s1,
        s2=s2,
        s3=s3,
        r=0.55,
        phi=0.45,
        phi_interval95=(0.3, 0.6),
        phi_reliable=True,
        shmax_deg=float(axial(azimuth)),
        shmax_interval95_deg=(lowest, lowest + 2 * half),
        shmax_defined=True,
        a_phi=1.45,
        regime="SS",
        wsm_quality="B",
        misfit_deg=18.0,
        method="michael1984",
        sent_ns=time_ns + 16 * 10**9,
    )


def _changes(events: list[Event]) -> list[StressChange]:
    onset = events[CHANGE_AT]

    def decision(version: int, state: ChangeState, at: int, score: float) -> StressChange:
        return StressChange(
            change_id=f"{REGION}-1",
            version=version,
            region=REGION,
            state=state,
            time_ns=events[at].origin.time_ns,
            event_id=events[at].event_id,
            onset_time_ns=onset.origin.time_ns,
            onset_event_id=onset.event_id,
            n_since_onset=at - CHANGE_AT,
            rotation_deg=31.4,
            rotation_interval95_deg=(21.8, 41.9),
            rotation_p_value=0.0004,
            shmax_before_deg=91.7,
            shmax_after_deg=122.9,
            shmax_change_deg=31.2,
            shmax_change_interval95_deg=(21.5, 41.0),
            s1_before=Axis(azimuth_deg=91.7, plunge_deg=3.0),
            s1_after=Axis(azimuth_deg=122.9, plunge_deg=5.0),
            s3_before=Axis(azimuth_deg=1.5, plunge_deg=2.0),
            s3_after=Axis(azimuth_deg=32.5, plunge_deg=4.0),
            score=score,
            threshold=14.2,
            false_alarms_per_1e4=1.0,
            guards={
                "enough events": "pass: 17 events in 5 clusters",
                "rotation": "pass: axes turned, p = 0.0004",
                "fault population": "pass: one stress does not explain the slips, p = 0.001",
            },
            sent_ns=events[at].origin.time_ns + 17 * 10**9,
        )

    return [
        decision(1, "open", ALARM_AT, 15.1),
        decision(2, "confirmed", ALARM_AT + 30, 37.6),
    ]


def _stages(n_events: int) -> list[StageStatus]:
    rows = [
        ("ingest", 41_240 * n_events // 150, 0, 0.02, 0.06),
        ("pick", 5_230 * n_events // 150, 0, 1.9, 3.4),
        ("polarity", 2_610 * n_events // 150, 4, 0.1, 0.3),
        ("locate", 163 * n_events // 150, 0, 9.8, 14.1),
        ("mechanism", n_events, 0, 0.6, 1.3),
        ("stress", max(n_events - 25, 0), 0, 0.2, 0.5),
        ("change", 2, 0, 0.1, 0.2),
    ]
    return [
        StageStatus(
            stage=stage,
            worker=f"{stage}-0",
            received=sent,
            sent=sent,
            rejected=rejected,
            p50_s=p50,
            p95_s=p95,
            updated_ns=START_NS,
        )
        for stage, sent, rejected, p50, p95 in rows
    ]


def _rest(times: np.ndarray) -> tuple[list[Progress], list[DeadLetter]]:
    done = Progress(source="merge", done_until_ns=int(times[-1]) + 30 * 10**9, sent_ns=START_NS)
    letters = [
        DeadLetter(
            stage="polarity",
            topic="picks",
            partition=0,
            offset=k,
            key=b"k",
            value=b"v",
            reason="corrupt-record",
            detail="onset holds 3 samples; 128 are needed",
            sent_ns=START_NS,
        )
        for k in range(4)
    ]
    return [done], letters


def true_events(sample: Sample) -> tuple[TrueEvent, ...]:
    """The sample's events as if located and solved without any error."""
    return tuple(
        TrueEvent(
            event_id=f"true-{event.event_id}",
            origin_time_ns=event.origin.time_ns,
            latitude_deg=event.origin.latitude_deg,
            longitude_deg=event.origin.longitude_deg,
            depth_km=event.origin.depth_km,
            magnitude=event.magnitude.value,
            strike_deg=plane[0],
            dip_deg=plane[1],
            rake_deg=plane[2],
            fault=0,
            arrivals=tuple(_true_arrival(arrival, plane) for arrival in event.arrivals),
        )
        for event, plane in zip(sample.events, sample.planes, strict=True)
    )


def _true_arrival(arrival: Arrival, plane: list[float]) -> TrueArrival:
    moment = np.sqrt(2) * double_couple(*plane)
    p, _, _ = radiation_pattern(moment, arrival.azimuth_deg, arrival.takeoff_deg)
    return TrueArrival(
        station=arrival.station,
        p_time_ns=arrival.time_ns,
        s_time_ns=arrival.time_ns,
        azimuth_deg=arrival.azimuth_deg,
        takeoff_deg=arrival.takeoff_deg,
        takeoff_s_deg=arrival.takeoff_deg,
        distance_km=arrival.distance_km,
        polarity=int(np.sign(p)),
        p_radiation=float(p),
    )


def make_truth(sample: Sample, reversed_stations: tuple[str, ...] = ()) -> Truth:
    events = true_events(sample)
    return Truth(
        scenario="rotation",
        seed=1,
        start_ns=START_NS,
        end_ns=events[-1].origin_time_ns,
        stress_before=tuple(map(tuple, true_stress(0).tolist())),
        stress_after=tuple(map(tuple, true_stress(CHANGE_AT).tolist())),
        shmax_before_deg=SHMAX_BEFORE_DEG,
        shmax_after_deg=SHMAX_BEFORE_DEG + SHMAX_TURN_DEG,
        phi=0.45,
        rotation_deg=SHMAX_TURN_DEG,
        change_time_ns=events[CHANGE_AT].origin_time_ns if len(events) > CHANGE_AT else None,
        change_event_id=events[CHANGE_AT].event_id if len(events) > CHANGE_AT else None,
        reversed_stations=reversed_stations,
        events=events,
    )
