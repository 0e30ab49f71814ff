"""The files of a cluster's network, as a configuration names them."""

from pathlib import Path

from clustered_picks import CRUST, START_NS, Cluster

from streamstress.simulate.archive import Archive
from streamstress.simulate.metadata import write_stations, write_velocity


def clustered_archive(folder: Path, made: Cluster) -> Archive:
    """Stations and velocity of a cluster; there are no waveforms, only picks."""
    folder.mkdir()
    stations, velocity = folder / "stations.xml", folder / "velocity.csv"
    write_stations(stations, tuple(made.stations.values()), START_NS)
    write_velocity(velocity, CRUST)
    return Archive(folder, folder, stations, velocity, folder, START_NS, START_NS)
