"""Whatever path a client writes, what comes out is a place of the area, and none of the machine."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smartbill.core.area.places import (
    NoSuchPlace,
    Place,
    Shelf,
    is_final,
    is_unfinished,
    marked,
    name_mistake,
    place_of,
)

_PARTS = st.lists(st.one_of(st.binary(max_size=8), st.sampled_from([b"..", b".", b"", b"esiti", b"a.zip"])))


@given(st.one_of(st.binary(), _PARTS.map(b"/".join)))
@example(b"/../../etc/passwd")
@example(b"esiti/../../esiti/x")
@example(b"\x00")
def test_every_path_is_one_place_or_none(path: bytes) -> None:
    try:
        place = place_of(path)
    except NoSuchPlace:
        return
    assert b"/" not in place.name
    assert b"\x00" not in place.name
    assert place.name not in (b".", b"..")
    assert place_of(place.path) == place
    if place.shelf is None:
        assert place.name not in {shelf.value.encode() for shelf in Shelf}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (b"", Place()),
        (b"/", Place()),
        (b"../..", Place()),
        (b"a.zip", Place(name=b"a.zip")),
        (b"/./x/../a.zip", Place(name=b"a.zip")),
        (b"/esiti/", Place(Shelf.OUTCOMES)),
        (b"esportazioni/t.csv", Place(Shelf.EXPORTS, b"t.csv")),
        (b"esiti/../a.zip", Place(name=b"a.zip")),
        (b"perch\xe9.zip", Place(name=b"perch\xe9.zip")),
    ],
)
def test_paths_and_their_places(path: bytes, place: Place) -> None:
    assert place_of(path) == place


@pytest.mark.parametrize("path", [b"x/a.zip", b"esiti/x/y", b"a\x00.zip"])
def test_paths_of_nothing(path: bytes) -> None:
    with pytest.raises(NoSuchPlace):
        place_of(path)


@given(st.binary(max_size=300))
def test_a_name_without_mistake_is_harmless(name: bytes) -> None:
    if not name_mistake(name):
        assert len(name) <= 255
        assert not set(name) & {*range(32), 0x7F, 0x5C}


def test_what_names_say() -> None:
    assert [is_final(name) for name in (b"a.zip", b"A.ZIP", b".a.zip", b"a.zip.part", b"a.txt")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert [is_unfinished(name) for name in (b"a.zip.part", b"a.FILEPART", b"a.zip")] == [True, True, False]
    assert [marked(name) for name in (b"a.zip.ok", b"a.ok", b"a.zip")] == [b"a.zip", b"", b""]
