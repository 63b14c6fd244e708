"""`make run` as a whole: one start, one look around, one stop, and a second start that is quick."""

import base64
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from config.child import wait_until
from tests.servers import free_port

ROOT = Path(settings.BASE_DIR)
FIRST_START_SECONDS = 90
SECOND_START_SECONDS = 30  # some 5 where nothing else runs
STOP_SECONDS = 40
PORTS = ("WEB_PORT", "FLOWER_PORT", "POSTGRES_PORT", "REDIS_PORT", "SIMULATED_PORT", "RELAY_WAKE_PORT")


class Platform:
    """A `python -m config.run` of its own, with its own data and ports."""

    def __init__(self, data_dir: Path, **changes: str) -> None:
        self.data_dir = data_dir
        ports: dict[str, int] = {}
        while len(set(ports.values())) < len(PORTS):
            ports = {name: free_port() for name in PORTS}
        self.web, self.flower = (f"http://127.0.0.1:{ports[name]}" for name in ("WEB_PORT", "FLOWER_PORT"))
        environment = {"PATH": os.environ["PATH"], "ENV_FILE": "", "DATA_DIR": str(data_dir)}
        self.environment = environment | {name: str(port) for name, port in ports.items()} | changes
        self.lines: list[str] = []

    def start(self) -> float:
        """Start it, and return after how many seconds it showed the table."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.run"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        ready = wait_until(lambda: self.said("Ctrl-C stops everything") or self.ended(), FIRST_START_SECONDS)
        assert ready, self.text()
        assert not self.ended(), self.text()
        return time.monotonic() - began

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(STOP_SECONDS)
        self.reader.join(STOP_SECONDS)
        assert self.process.stdout
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def said(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def ended(self) -> bool:
        return self.process.poll() is not None

    def text(self) -> str:
        return "".join(self.lines)

    def processes(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; what only waits for its parent to look does not."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    one = Platform(tmp_path_factory.mktemp("platform") / "data")
    try:
        one.start()
        yield one
    finally:
        if not one.ended():
            one.stop()


def get(url: str, password: str = "") -> int:
    request = urllib.request.Request(url)
    if password:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"admin:{password}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def answers(condition: Callable[[], bool]) -> Callable[[], bool]:
    """The condition, as false as long as nobody listens."""

    def asked() -> bool:
        try:
            return condition()
        except (urllib.error.URLError, ConnectionError):
            return False

    return asked


def password(platform: Platform) -> str:
    return str(json.loads((platform.data_dir / "keys.json").read_text())["admin_password"])


def test_the_table_names_the_addresses_and_the_log_in(platform: Platform) -> None:
    shown = platform.text()
    for address in (f"{platform.web}/", f"{platform.web}/admin/", f"{platform.web}/api/docs/", f"{platform.flower}/"):
        assert address in shown
    assert re.search(rf"Log-in +admin +{re.escape(password(platform))}", shown)


@pytest.mark.parametrize("page", ["/health/", "/", "/admin/login/", "/api/docs/", "/api/redoc/", "/api/products/"])
def test_the_pages_answer(platform: Platform, page: str) -> None:
    assert get(platform.web + page) == 200


def test_flower_asks_for_the_log_in_of_the_admin(platform: Platform) -> None:
    assert wait_until(answers(lambda: get(f"{platform.flower}/workers") == 401), FIRST_START_SECONDS)
    assert get(f"{platform.flower}/workers", password(platform)) == 200


def test_the_demo_catalogue_is_there_after_the_first_start(platform: Platform) -> None:
    with urllib.request.urlopen(f"{platform.web}/api/products/", timeout=10) as response:
        assert json.load(response)["count"] >= 24


def test_no_password_is_shown_to_other_users_of_the_machine(platform: Platform) -> None:
    keys = json.loads((platform.data_dir / "keys.json").read_text())
    arguments = " ".join(" ".join(process.cmdline()) for process in platform.processes())
    assert "gunicorn" in arguments
    assert [name for name, key in keys.items() if key in arguments] == []
    for name in ("keys.json", "run.env", "redis/redis.conf"):
        assert stat.S_IMODE((platform.data_dir / name).stat().st_mode) == 0o600


def test_a_second_start_on_the_same_data_is_refused_with_the_reason(platform: Platform) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.run"], cwd=ROOT, env=platform.environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert f"already runs on {platform.data_dir} (process {platform.process.pid})" in done.stderr


def test_a_start_on_busy_ports_names_all_of_them_and_starts_nothing(platform: Platform, tmp_path: Path) -> None:
    other = platform.environment | {"DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run([sys.executable, "-m", "config.run"], cwd=ROOT, env=other, capture_output=True, text=True)
    assert done.returncode == 1
    for variable in PORTS:
        assert f"{variable}={int(platform.environment[variable]) + 1} make run" in done.stderr
    assert not (tmp_path / "data" / "postgres").exists()


def test_manage_py_in_a_second_terminal_meets_the_same_servers(platform: Platform) -> None:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(platform.data_dir)}
    code = "from django.contrib.auth.models import User; print(User.objects.get().username)"
    argv = [sys.executable, "manage.py", "shell", "--no-imports", "--command", code]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "admin", done.stderr


def test_a_worker_that_dies_is_back_soon(platform: Platform) -> None:
    def worker() -> psutil.Process | None:
        children = psutil.Process(platform.process.pid).children()
        return next((child for child in children if "worker" in child.cmdline()), None)

    assert wait_until(lambda: worker() is not None, FIRST_START_SECONDS)
    first = worker()
    assert first
    first.kill()
    assert wait_until(lambda: platform.said("worker ended (killed by SIGKILL)"), FIRST_START_SECONDS)
    assert wait_until(lambda: worker() not in (None, first), FIRST_START_SECONDS)


def test_a_stop_leaves_no_process_and_a_second_start_is_quick(platform: Platform) -> None:
    before = password(platform)
    everything = platform.processes()
    assert len(everything) > 15
    platform.stop(signal.SIGINT)
    assert platform.process.returncode == 0
    assert alive(everything) == []
    assert platform.start() < SECOND_START_SECONDS
    assert password(platform) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends orphans")
def test_nothing_is_left_after_the_supervisor_was_killed(platform: Platform) -> None:
    everything = platform.processes()
    platform.stop(signal.SIGKILL)
    assert wait_until(lambda: alive(everything) == [], STOP_SECONDS)
    assert platform.start() < SECOND_START_SECONDS + 5
