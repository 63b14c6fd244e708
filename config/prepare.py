"""Before the platform starts: tables and static files; on the very first start, demo catalogue and account."""

import hashlib
import logging
import os

import django
from django.conf import settings
from django.core.management import call_command

logger = logging.getLogger("prepare")
ACCOUNT = "admin"


def main() -> None:
    """Do what is missing; a start that finds everything in place takes about a second."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    collect_static_files()
    if not account_exists():
        load_demo_catalogue()
        create_account()


def collect_static_files() -> None:
    """Collect them when any of them is new or changed."""
    stamp = settings.DATA_DIR / "static.stamp"
    fingerprint = static_fingerprint()
    if settings.STATIC_ROOT.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return
    logger.info("Collecting static files")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(fingerprint)


def static_fingerprint() -> str:
    """The same for the same files, by name, size and time of change."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = os.stat(storage.path(path))
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def load_demo_catalogue() -> None:
    """Fill the shop on the first start, unless DEMO_CATALOGUE=false."""
    if settings.DEMO_CATALOGUE:
        logger.info("Loading the demo catalogue")
        call_command("load_demo_catalogue")


def account_exists() -> bool:
    """Whether the first account is there: it is made last, so it also says that the first start came to its end."""
    from django.contrib.auth.models import User

    return User.objects.filter(username=ACCOUNT).exists()


def create_account() -> None:
    """The staff account, with the password that the supervisor chose."""
    from django.contrib.auth.models import User

    User.objects.create_superuser(ACCOUNT, password=settings.ADMIN_PASSWORD)


if __name__ == "__main__":
    main()
