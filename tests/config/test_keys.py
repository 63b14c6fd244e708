"""Passwords and keys: random, kept, and for the owner alone."""

from pathlib import Path

from config.keys import Keys, write_private


def test_keys_are_random_and_stay_the_same_for_a_directory(tmp_path: Path) -> None:
    first = Keys.of(tmp_path)
    assert Keys.of(tmp_path) == first
    assert Keys() != first
    assert min(len(key) for key in (first.secret_key, first.redis_password, first.postgres_password)) >= 50
    assert len(first.admin_password) >= 16


def test_only_the_owner_can_read_the_keys(tmp_path: Path) -> None:
    Keys.of(tmp_path)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_key_that_an_older_file_lacks_is_added(tmp_path: Path) -> None:
    write_private(tmp_path / "keys.json", '{"secret_key": "mine"}')
    assert Keys.of(tmp_path).secret_key == "mine"
    assert Keys.of(tmp_path).redis_password == Keys.of(tmp_path).redis_password


def test_a_private_file_replaces_one_that_others_could_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
