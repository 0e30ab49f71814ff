"""Station table of the Buan 2024 example: RPNet's CSV to ours, stations with waveforms only.

    python buan2024_stations.py Buan_station.csv FOLDER_OF_MINISEED > stations.csv

Stations that send nothing do not belong in the table: the nearest stations of an event must have
picks of it.
"""

import csv
import sys
from pathlib import Path

from streamstress.earth.stations import COLUMNS
from streamstress.ingest.record_index import index_records


def main(table: Path, waveforms: Path) -> None:
    """Write the stations of ``table`` that have records in ``waveforms`` to standard output."""
    recorded = {(network, station) for network, station, _, _ in index_records([waveforms]).streams}
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    with table.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            if (row["net"], row["sta"]) in recorded:
                out.writerow([row[name] for name in ("net", "sta", "lat", "lon", "elv")])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
