"""Where things are: regions, zones, stations, velocity model."""

from pathlib import Path

from pydantic import Field, model_validator

from streamstress.config.group import Group


class Box(Group):
    """A box in latitude and longitude."""

    south_deg: float = Field(ge=-90, le=90, description="southern edge, degrees")
    north_deg: float = Field(ge=-90, le=90, description="northern edge, degrees")
    west_deg: float = Field(ge=-180, le=180, description="western edge, degrees")
    east_deg: float = Field(ge=-180, le=360, description="eastern edge, degrees; above west_deg")

    @model_validator(mode="after")
    def _ordered(self) -> "Box":
        if self.south_deg >= self.north_deg or self.west_deg >= self.east_deg:
            raise ValueError("south_deg must be below north_deg, west_deg below east_deg")
        return self

    def contains(self, latitude_deg: float, longitude_deg: float) -> bool:
        """Whether a point lies in the box."""
        # A box across 180 degrees has its east edge beyond 180, where longitudes go on at -180.
        return self.south_deg <= latitude_deg <= self.north_deg and any(
            self.west_deg <= turned <= self.east_deg
            for turned in (longitude_deg, longitude_deg + 360.0)
        )


class Region(Box):
    """A region with a stress estimate and a change detector of its own."""

    name: str = Field(
        min_length=1, description="name, unique; its place in the list is its partition"
    )
    grid_deg: float | None = Field(
        None,
        gt=0,
        le=10,
        description="distance of the nodes of a stress field over the region, degrees, at most "
        "400 nodes; left out: one stress for the region",
    )


class Zone(Box):
    """The core of an association zone; stations within the halo serve it too."""

    name: str = Field(
        min_length=1, description="name, unique; its place in the list is its partition"
    )
    halo_km: float = Field(
        30.0, ge=0, description="stations this far outside the core are used, km"
    )


class Network(Group):
    """Stations and the earth under them."""

    stations: Path = Field(
        description="file: StationXML, or CSV network,station,latitude,longitude,elevation_m"
    )
    velocity: str = Field(
        "iasp91", description="`iasp91`, or a file with lines of depth_km, vp_km_s, vs_km_s"
    )
    other_velocities: list[str] = Field(
        default_factory=list,
        description="further models that may be as right; what their take-offs differ is in the "
        "rays' sigma",
    )
    velocity_grid: Path | None = Field(
        None,
        description="3-D model: NetCDF or CSV; `velocity` is then used for association, and for "
        "stations and sources outside the grid",
    )
    volumes: Path | None = Field(
        None,
        description="folder of the stations' travel-time volumes; left out: `volumes` in the run "
        "folder",
    )
    regions: list[Region] = Field(
        min_length=1,
        description="boxes with a stress estimate and a detector each; only add at the end",
    )
    zones: list[Zone] = Field(
        default_factory=list,
        description="boxes that associate by themselves; left out: one zone of all stations; "
        "only add at the end",
    )
