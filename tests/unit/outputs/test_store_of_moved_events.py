"""An event that a later version moves over a border stands in the store as in its new region."""

from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace
from sample_records import make_sample

from streamstress.outputs.store import Store
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import Event, Mechanism

SAMPLE = make_sample(20)
EVENT, MECHANISM = SAMPLE.events[7], SAMPLE.mechanisms[7]


def moved() -> list[Event | Mechanism]:
    """What `merge` and two regions' `mechanism` send of it; each of three topics in its order."""
    version = EVENT.version + 61
    gone = replace(EVENT, version=version, status="tombstone", arrivals=())
    east = replace(EVENT, version=version, region="east")
    model = "bayes/no-polarity/made"
    solved_east = replace(MECHANISM, version=version, region="east")
    solved_gone = replace(
        MECHANISM, version=version, status="tombstone", model=model, solutions=(), grade="F"
    )
    return [gone, east, solved_east, solved_gone]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_in_any_order_of_its_regions_it_lives_in_the_new_one(order: list[int], tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = Store.open(url)
    store.save_many([EVENT, MECHANISM, *(moved()[n] for n in order)])
    # Later steps withdraw it again where it may once have been.
    later = [replace(one, version=one.version + 60) for one in (moved()[0], moved()[3])]
    store.save_many(later)
    store.close()
    reader = StoreReader.open(url)
    detail = reader.event(EVENT.event_id)
    reader.close()
    assert detail is not None
    assert detail.event == moved()[1]
    assert detail.mechanism == moved()[2]


def test_the_region_that_holds_it_withdraws_it(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = Store.open(url)
    east = moved()[1]
    store.save_many([EVENT, east])
    store.save(replace(east, version=east.version + 1, status="tombstone", arrivals=()))
    store.close()
    reader = StoreReader.open(url)
    assert reader.event(EVENT.event_id) is None
    reader.close()
