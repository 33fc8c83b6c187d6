"""The local file store: whole or absent, never outside its folder."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.adapters.files.local import LocalStore
from smartbill.adapters.files.registry import open_store
from smartbill.core.settings import parse_settings

DIGEST = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "files")


def test_what_is_written_is_read_back(store: LocalStore) -> None:
    assert store.write(f"7/{DIGEST}", [b"uno", b"", b"due"]) == 6
    assert store.size(f"7/{DIGEST}") == 6
    assert store.read_range(f"7/{DIGEST}", 2, 4) == b"od"
    assert store.read_range(f"7/{DIGEST}", 4, 4) == b""
    with store.open(f"7/{DIGEST}") as file:
        file.seek(3)
        assert file.read() == b"due"
    store.delete(f"7/{DIGEST}")
    store.delete(f"7/{DIGEST}")
    with pytest.raises(FileNotFoundError):
        store.size(f"7/{DIGEST}")


def test_a_failed_write_leaves_nothing(store: LocalStore, tmp_path: Path) -> None:
    def broken() -> object:
        yield b"half"
        raise RuntimeError("cut")

    with pytest.raises(RuntimeError):
        store.write("7/work/12", broken())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_rewrite_never_shows_a_half(store: LocalStore) -> None:
    store.write("7/work/12", [b"old" * 1000])
    with store.open("7/work/12") as reader:
        store.write("7/work/12", [b"new" * 1000])
        assert reader.read() == b"old" * 1000
    assert store.read_range("7/work/12", 0, 3) == b"new"


def test_a_kept_file_survives_the_removal_of_its_path(store: LocalStore, tmp_path: Path) -> None:
    path = tmp_path / "drop.zip"
    path.write_bytes(b"content")
    store.keep(f"7/{DIGEST}", path)
    store.keep(f"7/{DIGEST}", path)
    path.unlink()
    assert store.read_range(f"7/{DIGEST}", 0, 100) == b"content"


def test_two_writers_of_one_key_do_not_disturb_each_other(store: LocalStore) -> None:
    content = [b"x" * 1000] * 50
    writers = [threading.Thread(target=store.write, args=(f"7/{DIGEST}", content)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.size(f"7/{DIGEST}") == 50_000


@pytest.mark.parametrize(
    "key",
    [
        "",
        "7",
        "7/",
        "/7/x",
        "../x",
        "7/../x",
        "7/work/../x",
        "7/.x",
        "7/work/",
        "7/a/b",
        "7/x\n",
        "7/x\0",
        "a/x",
        "٧/x",
    ],
)
def test_only_keys_of_ours_are_taken(store: LocalStore, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        store.write(key, [b"x"])
    with pytest.raises(ValueError, match="not a key"):
        store.open(key)


@given(st.text(alphabet="./\\7workx\0\n-_A", max_size=30))
def test_no_key_leads_outside(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    root = tmp_path_factory.getbasetemp() / "root"
    try:
        place = LocalStore(root)._place(key)
    except ValueError:
        return
    assert place.resolve().is_relative_to(root.resolve())


def test_the_registry_reads_the_settings(tmp_path: Path) -> None:
    default = parse_settings({"SMARTBILL_HOME": str(tmp_path)})
    open_store(default).write("7/x", [b"1"])
    assert (tmp_path / "files" / "7" / "x").read_bytes() == b"1"
    chosen = parse_settings({"SMARTBILL_HOME": str(tmp_path), "SMARTBILL_FILES": str(tmp_path / "other")})
    open_store(chosen).write("7/x", [b"2"])
    assert (tmp_path / "other" / "7" / "x").read_bytes() == b"2"
