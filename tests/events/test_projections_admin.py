"""Read models in the admin and on the command line: how far they are, and who may rebuild them."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from events.doctor.read_models import read_models_keep_up, rebuilds_get_on
from events.models import Rebuild
from tests.events.console import client_of
from tests.events.meters import Meters, meters, schemas
from tests.events.postman import Postman
from tests.events.rebuilds import NAME, go_on, kill_with, spoil, start

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)

WATCHER = ("events.view_rebuild",)
OPERATOR = (*WATCHER, "events.rebuild_projection")
LIST = "admin:events_rebuild_changelist"
CONFIRMED = {"_form_submitted": "True", "reason": "the sums were wrong", "projection": NAME}


def test_the_list_tells_how_far_every_read_model_is(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 7)
    client = client_of(*WATCHER)
    for url in (reverse(LIST), reverse("admin:events_rebuild_lag")):
        text = client.get(url).content.decode()
        assert NAME in text
        assert "<td>2</td>" in text
    start()
    assert "<progress" in client.get(reverse("admin:events_rebuild_lag")).content.decode()


def test_a_read_model_is_rebuilt_from_the_list_and_the_page_follows_it(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 7)
    client = client_of(*OPERATOR)
    assert "Rebuild a read model" in client.get(reverse(LIST)).content.decode()
    assert client.get(reverse("admin:events_rebuild_rebuild_it")).status_code == 200
    assert not Rebuild.objects.exists()
    answer = client.post(reverse("admin:events_rebuild_rebuild_it"), CONFIRMED)
    rebuild = Rebuild.objects.get()
    assert answer["Location"] == reverse("admin:events_rebuild_change", args=[rebuild.pk])
    assert (rebuild.projection, rebuild.reason) == (NAME, "the sums were wrong")
    page = client.get(answer["Location"]).content.decode()
    assert "the sums were wrong" in page
    assert "data-refresh" in page
    progress = reverse("admin:events_rebuild_progress", args=[rebuild.pk])
    assert "HX-Refresh" not in client.get(progress)
    go_on(rebuild)
    assert client.get(progress)["HX-Refresh"] == "true"
    assert "data-refresh" not in client.get(answer["Location"]).content.decode()


def test_a_second_rebuild_is_refused_with_a_message(meters: Meters) -> None:
    start()
    answer = client_of(*OPERATOR).post(reverse("admin:events_rebuild_rebuild_it"), CONFIRMED, follow=True)
    assert "is running already" in answer.content.decode()
    assert Rebuild.objects.count() == 1


def test_a_rebuild_is_cancelled_from_its_page(meters: Meters) -> None:
    rebuild = start()
    client = client_of(*OPERATOR)
    button = reverse("admin:events_rebuild_cancel_it", args=[rebuild.pk])
    page = reverse("admin:events_rebuild_change", args=[rebuild.pk])
    assert button in client.get(page).content.decode()
    assert "not today" in client.post(button, CONFIRMED | {"reason": "not today"}, follow=True).content.decode()
    rebuild.refresh_from_db()
    assert rebuild.state == Rebuild.State.CANCELLED
    assert button not in client.get(page).content.decode()
    assert "over already" in client.post(button, CONFIRMED, follow=True).content.decode()


def test_nobody_without_the_right_sees_starts_or_cancels_anything(meters: Meters) -> None:
    rebuild = start()
    urls = [
        reverse("admin:events_rebuild_rebuild_it"),
        reverse("admin:events_rebuild_cancel_it", args=[rebuild.pk]),
    ]
    watcher = client_of(*WATCHER)
    assert [watcher.post(url, CONFIRMED).status_code for url in urls] == [403, 403]
    stranger = client_of()
    assert stranger.get(reverse(LIST)).status_code == 403
    assert stranger.get(reverse("admin:events_rebuild_lag")).status_code == 404
    without_token = client_of(*OPERATOR, csrf=True)
    assert [without_token.post(url, CONFIRMED).status_code for url in urls] == [403, 403]
    rebuild.refresh_from_db()
    assert rebuild.state == Rebuild.State.RUNNING
    assert Rebuild.objects.count() == 1


def run(*arguments: str) -> tuple[int, Any]:
    """The exit code, and the JSON on stdout."""
    out, err = StringIO(), StringIO()
    try:
        call_command("events", *arguments, "--json", stdout=out, stderr=err)
        code = 0
    except SystemExit as ending:
        code = int(ending.code or 0)
    return code, json.loads(out.getvalue())


def test_the_command_rebuilds_in_the_foreground(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 7)
    postman.deliver_all()
    spoil()
    code, said = run("rebuild", NAME)
    assert (code, said["dry_run"]) == (0, True)
    assert schemas() == []
    assert not Rebuild.objects.exists()
    with pytest.raises(CommandError, match="Say why"):
        run("rebuild", NAME, "--yes")
    code, said = run("rebuild", NAME, "--yes", "--reason", "sums")
    assert (code, said["state"], said["applied"]) == (0, "finished", 2)
    assert meters.live() == meters.straight()


def test_the_command_names_the_event_that_stopped_it(meters: Meters) -> None:
    meters.emit(666)
    meters.poison = {666}
    with pytest.raises(CommandError, match=r"meter\.read meter-1 v1, raised ValueError"):
        run("rebuild", NAME, "--yes", "--reason", "sums")
    assert next(finding.says for finding in rebuilds_get_on()).startswith("Rebuild ")


def test_the_command_goes_on_with_a_rebuild_and_cancels_one(meters: Meters) -> None:
    meters.emit(5)
    with pytest.raises(CommandError, match="No rebuild"):
        run("rebuild", NAME, "--resume", "--yes")
    run("rebuild", NAME, "--yes", "--reason", "sums", "--detach")
    assert Rebuild.objects.get().state == Rebuild.State.RUNNING
    assert run("rebuild", NAME, "--resume", "--yes")[1]["state"] == "finished"
    run("rebuild", NAME, "--yes", "--reason", "sums", "--detach")
    assert run("rebuild", NAME, "--cancel", "--yes", "--reason", "no")[1]["state"] == "cancelled"


def test_the_command_and_the_doctor_tell_how_far_the_read_models_are(postman: Postman, meters: Meters) -> None:
    assert [finding.level for finding in read_models_keep_up()] == [0]
    meters.emit(5, 666)
    kill_with(postman, meters, 666)
    meters.emit(7)
    code, said = run("projections")
    assert code == 1
    (one,) = said["projections"]
    assert (one["projection"], one["state"], one["behind"], one["dead"]) == (NAME, "live", 1, 1)
    assert [finding.level for finding in read_models_keep_up()] == [1]
    assert [finding.level for finding in rebuilds_get_on()] == [0]
