"""What `make run` can be told: from the environment or a file, and never misunderstood in silence."""

from pathlib import Path

import pytest

from config import processes
from config.keys import Keys
from config.options import Options, WrongOption
from config.processes import environment


@pytest.fixture(autouse=True)
def only_what_the_test_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "RELAY_WAKE_URL", "SECRET_KEY", "HTTPS", "WEB_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("text", ["eighty", "0", "65536", "-1", "8.5"])
def test_an_impossible_port_is_refused_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WEB_PORT", text)
    with pytest.raises(WrongOption, match=rf"WEB_PORT is '{text}'.*from 1 to 65535"):
        Options.read()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PORT", "")
    assert Options.read().web_port == Options.web_port


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("WEB_PORT=8100\nSECRET_KEY=from-the-file\n")
    monkeypatch.setenv("ENV_FILE", str(file))
    monkeypatch.setenv("WEB_PORT", "8200")
    monkeypatch.setenv("SECRET_KEY", "")
    options = Options.read()
    assert (options.web_port, options.secret_key) == (8200, "")
    monkeypatch.delenv("SECRET_KEY")
    assert Options.read().secret_key == "from-the-file"
    monkeypatch.delenv("SECRET_KEY")


def test_servers_of_the_user_are_used_as_they_are() -> None:
    options = Options(database_url="postgres://db.example/shop", redis_url="redis://cache.example/0")
    handed_on = environment(options, Keys())
    assert handed_on["DATABASE_URL"] == "postgres://db.example/shop"
    assert handed_on["REDIS_URL"] == "redis://cache.example/0"


def test_the_supervisor_waits_longer_than_a_worker_may_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_DRAIN_SECONDS", "90")
    options = Options.read()
    assert environment(options, Keys())["WORKER_DRAIN_SECONDS"] == "90"
    assert processes.worker(options).stop_seconds == 100


def test_links_of_mails_lead_to_the_port_of_this_run_unless_an_address_is_set() -> None:
    assert environment(Options(web_port=8051), Keys())["SITE_ADDRESS"] == "http://127.0.0.1:8051"
    assert environment(Options(site_address="https://shop.example"), Keys())["SITE_ADDRESS"] == "https://shop.example"


def test_simulate_is_not_slowed_down_on_ones_own_machine_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROTTLE_CHECKOUT", "")
    monkeypatch.delenv("THROTTLE_CHECKOUT")
    assert environment(Options.read(), Keys())["THROTTLE_CHECKOUT"] == "0"
    monkeypatch.setenv("THROTTLE_CHECKOUT", "50")
    assert environment(Options.read(), Keys())["THROTTLE_CHECKOUT"] == "50"


def test_the_own_machine_is_always_an_allowed_host() -> None:
    handed_on = environment(Options(allowed_hosts="shop.example.com"), Keys())
    assert {"shop.example.com", "127.0.0.1", "localhost"} <= set(handed_on["ALLOWED_HOSTS"].split(","))
