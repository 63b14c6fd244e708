"""A real browser on the real pages: Debian's Chromium, driven by playwright."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PASSWORD = "only-for-tests-1"


@dataclass
class Visit:
    """A page that is being looked at, and everything that must not happen on it."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go there and wait until it is quiet."""
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("load")

    def log_in(self, user: User) -> None:
        """Through the log-in page."""
        self.open("/admin/login/?next=/admin/")
        self.page.fill("#id_username", user.username)
        self.page.fill("#id_password", PASSWORD)
        self.page.locator("#login-form [type=submit], form [type=submit]").first.click()
        self.page.wait_for_url("**/admin/")

    def watch(self) -> None:
        """Note console errors, exceptions, failed requests, and requests to other hosts."""
        self.page.on("console", lambda one: one.type == "error" and self.complaints.append(f"console: {one.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("requestfailed", lambda one: self._check_failure(one))
        self.page.on("request", lambda one: self._check_host(one.url))
        self.page.on("response", lambda one: one.status >= 400 and self.complaints.append(f"{one.status}: {one.url}"))

    def _check_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # by the page itself: what it had asked for when it was left
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _check_host(self, url: str) -> None:
        if not url.startswith((self.base, "data:", "blob:")):
            self.complaints.append(f"other host: {url}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    if not os.path.exists(CHROMIUM):
        if os.environ.get("CI") == "true":
            pytest.fail("There is no chromium: apt-get install chromium")
        pytest.skip("there is no chromium (apt-get install chromium)")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in this thread, and so does the ORM
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(
    params=[("en", "light", 1280), ("ar", "dark", 1280), ("en", "dark", 390), ("ar", "light", 390)],
    ids=lambda one: "-".join(map(str, one)),
)
def visit(request: pytest.FixtureRequest, browser: Browser, live_server) -> Iterator[Visit]:
    """A visit in each language, colour scheme and width; it fails on anything that must not happen."""
    language, scheme, width = request.param
    yield from visiting(browser, live_server.url, language, scheme, width)


@pytest.fixture
def plain_visit(browser: Browser, live_server) -> Iterator[Visit]:
    """A visit in English on a desk."""
    yield from visiting(browser, live_server.url, "en", "light", 1280)


def visiting(browser: Browser, base: str, language: str, scheme: str, width: int) -> Iterator[Visit]:
    """Open a fresh browser context, and check at the end that nothing went wrong in it."""
    cache.clear()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language, reduced_motion="reduce"
    )
    one = Visit(context.new_page(), base)
    one.watch()
    yield one
    context.close()
    assert one.complaints == []


@pytest.fixture
def operator(transactional_db: None) -> User:
    """Somebody who may do everything."""
    return User.objects.create_superuser("operator", password=PASSWORD)
