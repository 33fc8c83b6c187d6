"""The keys an installation makes for itself."""

import multiprocessing
from pathlib import Path

from smartbill.config.keys import kept_keys


def test_keys_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    made = kept_keys(tmp_path)
    assert len(made) == 1
    assert len(made[0]) == 64
    assert kept_keys(tmp_path) == made
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["secret"]


def test_a_key_written_in_front_is_first(tmp_path: Path) -> None:
    (old,) = kept_keys(tmp_path)
    (tmp_path / "keys" / "secret").write_text(f"{'n' * 40}\n{old}\n")
    assert kept_keys(tmp_path) == ("n" * 40, old)


def test_starters_at_the_same_moment_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert len(set(pool.map(kept_keys, [tmp_path] * 12))) == 1
