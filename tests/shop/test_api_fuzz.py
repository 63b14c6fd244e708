"""Whatever a client sends, the API answers as it says it does, and never with a 5xx."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from knox.models import AuthToken
from pytest_django.live_server_helper import LiveServer

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
#: Each operation gets what the schema's edges suggest, and so many random requests.
EXAMPLES = 5


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    """So many requests come from one address: none of them is to be answered with 429."""
    settings.THROTTLES = {name: (0, seconds) for name, (_, seconds) in settings.THROTTLES.items()}


@pytest.fixture(params=["nobody", "staff"])
def credentials(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[list[str]]:
    """What identifies the client."""
    if request.param == "nobody":
        return []
    user = User.objects.create_superuser("staff", "staff@example.com", "a long pass phrase")
    _, token = AuthToken.objects.create(user)
    return ["--header", f"Authorization: Token {token}"]


def test_no_request_meets_a_5xx_or_an_answer_that_is_not_documented(
    live_server: LiveServer, credentials: list[str], tmp_path: Path
) -> None:
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{live_server.url}/api/schema/"),
        *("--phases", "examples,coverage,fuzzing", "--checks", CHECKS, "--max-examples", str(EXAMPLES)),
        *("--continue-on-failure", "--warnings", "off", "--no-color", "--request-timeout", "30"),
        *credentials,
    ]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
