"""What ``config check`` says."""

from pathlib import Path

from streamstress.config import load_settings
from streamstress.stream.addresses import require_distinct_ports
from streamstress.stream.places import places_of
from streamstress.stream.roles import velocity_of


def check_sentence(file: Path) -> str:
    """Check a configuration with the files that it names; what was found, in a sentence."""
    settings = load_settings(file)
    require_distinct_ports(settings)
    places = places_of(settings)
    velocity = velocity_of(settings)
    outside = sorted(code for code in places.stations if not places.zone_partitions(code))
    note = f" No zone takes {', '.join(outside)}: their picks are not used." if outside else ""
    regions = ", ".join(region.name for region in places.regions)
    return (
        f"{file}: good. {len(places.stations)} stations, velocity model {velocity.name}, "
        f"regions {regions}, {len(places.zones)} zone(s).{note}"
    )
