"""What lies in a region."""

from streamstress.config.places import Region


def test_a_region_across_the_date_line_holds_events_on_both_sides():
    tonga = Region(name="tonga", south_deg=-25, north_deg=-15, west_deg=175, east_deg=190)
    assert tonga.contains(-20.0, 179.0)
    assert tonga.contains(-20.0, -175.0)
    assert not tonga.contains(-20.0, -165.0)
    assert not tonga.contains(-20.0, 170.0)


def test_an_ordinary_region_holds_nothing_a_turn_away():
    japan = Region(name="japan", south_deg=30, north_deg=46, west_deg=128, east_deg=147)
    assert japan.contains(38.5, 140.5)
    assert not japan.contains(38.5, -140.5)
