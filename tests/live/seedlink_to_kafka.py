"""A small ingest process for the live tests: SeedLink onto a topic, resumable, killable.

Usage: seedlink_to_kafka.py PORT BOOTSTRAP TOPIC RESUME_FILE
"""

import asyncio
import sys
from functools import partial
from pathlib import Path

from streamstress.clock import WallClock
from streamstress.ingest.producer import WaveformProducer
from streamstress.ingest.recent import remember_recent
from streamstress.ingest.resume import ResumePoints
from streamstress.ingest.screen import DuplicateTracker, read_header
from streamstress.ingest.seedlink import SeedLinkSource, stream_records


async def main(port: int, bootstrap: str, topic: str, resume_file: Path) -> None:
    source = SeedLinkSource("127.0.0.1", port, ("XX.*:HH?",), "v3", from_earliest=True)
    resume = ResumePoints(resume_file, source.server)
    tracker = DuplicateTracker()
    await remember_recent(tracker, bootstrap, topic)
    async with WaveformProducer(bootstrap, topic, WallClock(), heartbeat_s=1.0) as producer:
        async for record in stream_records(source, resume):
            header = read_header(record.payload)
            code, end_ns = record.station_code, header.end_ns
            resume.opened(code, record.sequence)
            acknowledged = partial(resume.acknowledged, code, record.sequence, end_ns)
            if tracker.is_duplicate(header):
                acknowledged()
            else:
                await producer.send(code, record.payload, end_ns, acknowledged)
            if record.sequence % 20 == 0:
                resume.save()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])))
