"""What ``dashboards`` does: the files that Grafana reads."""

from pathlib import Path

from streamstress.outputs.dashboards import dashboards


def write_dashboards(folder: Path) -> list[Path]:
    """Write a file a dashboard; other files of the folder are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for dashboard in dashboards():
        path = folder / f"{dashboard.name}.json"
        path.write_text(dashboard.text())
        written.append(path)
    return written
