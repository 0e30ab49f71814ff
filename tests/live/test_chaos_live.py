"""Faults while the system runs: it ends with the versions that no fault would have given."""

from pathlib import Path

import chaos_faults as faults
import pytest
from chaos_system import chaos, undisturbed
from final_versions import FinalVersions, differences

from streamstress.broker import Broker
from streamstress.simulate.archive import Archive
from streamstress.wire.topics import DEAD_LETTERS

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def calm(smoke_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> FinalVersions:
    return undisturbed(tmp_path_factory.mktemp("calm") / "calm", smoke_archive)


def test_all_killed_a_cut_line_a_dead_server_and_poison_change_nothing(
    live_broker: Broker, smoke_archive: Archive, calm: FinalVersions, tmp_path: Path
):
    with chaos(tmp_path / "chaos", smoke_archive, live_broker, seed=1, speed=5.0) as run:
        run.system.wait_until_data_time(50.0)
        faults.poison(run)
        faults.cut_network(run, 3.0)
        faults.restart_seedlink(run)
        run.kill_all()
        got = run.finish(600.0)
        assert run.kills >= 9
        assert run.count(DEAD_LETTERS) >= 3
    assert calm.counts()["events"] == 7
    assert differences(calm, got) == []
