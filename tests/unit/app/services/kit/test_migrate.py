import asyncio
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import asyncpg
import pytest

from app.services.kit import migrate as module
from app.services.kit.migrations import directory, versions
from app.services.kit.settings import DatabaseSettings, SettingsError
from tests.support.postgres import Urls

ENTRA = {
    "DATABASE_URL": "postgresql://users-id@db.example:5432/users?sslmode=verify-full",
    "DATABASE_AUTH": "entra",
    "AZURE_CLIENT_ID": "client",
    "AZURE_TENANT_ID": "tenant",
    "AZURE_FEDERATED_TOKEN_FILE": "/var/run/token",
    "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
    "PATH": "/usr/bin",
}


def command(urls: Urls) -> tuple[list[str], dict[str, str]]:
    """Returns the command that executes dbmate on a prepared database, with its environment."""
    settings = DatabaseSettings.from_environment({"DATABASE_URL": urls.migrations})
    return module.command("users", os.environ, settings, settings.password)


def fetch(url: str, query: str) -> list[tuple]:
    async def run() -> list[tuple]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(run())


def test_a_database_gets_its_tables_and_rows_and_nothing_twice(server, migrate):
    urls = server.new_service()
    first, second = migrate(urls), migrate(urls)
    url = urls.service

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "Applying: 20261101090000_create_users.sql" in first.stdout + first.stderr
    assert "Applying" not in second.stdout + second.stderr
    assert fetch(url, "select id, name, role from users where id = '123'") == [("123", "Mark Wells", "Engineer")]


def test_pods_that_start_at_once_do_not_disturb_each_other(server, migrate):
    """PostgreSQL may refuse a grant to a table that is altered at the same moment: a Job tries twice again."""
    urls = server.new_service()
    url = urls.service
    results: list[subprocess.CompletedProcess[str]] = []

    def job() -> None:
        for _ in range(3):
            results.append(result := migrate(urls))
            if result.returncode == 0:
                return

    threads = [threading.Thread(target=job) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [result.returncode for result in results].count(0) == 4, [result.stderr for result in results]
    assert {version for (version,) in fetch(url, "select version from schema_migrations")} == versions("users")
    applied = "".join(result.stdout + result.stderr for result in results)
    assert applied.count("Applying: 20261101090000") == 1


def test_an_older_image_starts_on_a_newer_database_and_leaves_it_as_it_is(server, migrate, tmp_path):
    urls, newer = server.new_service(), tmp_path / "migrations"
    assert migrate(urls).returncode == 0
    shutil.copytree(directory("users"), newer)
    (newer / "20991231000000_a.sql").write_text("-- migrate:up\nalter table users add a text;\n-- migrate:down\n")
    argv, environment = command(urls)
    argv[argv.index("--migrations-dir") + 1] = str(newer)
    subprocess.run(argv, env=environment, check=True, capture_output=True)

    older = migrate(urls)

    assert older.returncode == 0, older.stderr
    assert "Applying" not in older.stdout + older.stderr
    applied = {version for (version,) in fetch(urls.service, "select version from schema_migrations")}
    assert applied == versions("users") | {"20991231000000"}


def test_migrations_can_be_taken_back(server, migrate):
    urls = server.new_service()
    migrate(urls)
    argv, environment = command(urls)
    for _ in versions("users"):
        subprocess.run([*argv[:-2], "rollback"], env=environment, check=True, capture_output=True)

    assert fetch(urls.service, "select to_regclass('users')") == [(None,)]
    assert migrate(urls).returncode == 0


def test_ids_in_the_table_are_those_of_the_contract(server, migrate):
    urls = server.new_service()
    migrate(urls)
    for bad in ("", "a b", "x" * 65, "../a", "a\n"):
        with pytest.raises(asyncpg.CheckViolationError):
            server.execute(f"insert into users (id, name, role) values ('{bad}', 'n', 'r')", url=urls.service)


def test_migrations_run_dbmate_strictly(environment):
    settings = DatabaseSettings.from_environment(environment)
    argv, given = module.command("users", environment, settings, "secret")

    assert Path(argv[0]).name == "dbmate"
    assert argv[-2:] == ["migrate", "--strict"]
    assert "--wait" in argv
    assert "secret" not in " ".join(argv)
    assert (given["DBMATE_MIGRATION_LOCK"], given["DBMATE_NO_DUMP_SCHEMA"]) == ("true", "true")


def test_the_token_takes_the_passwords_place():
    argv, given = module.command("users", ENTRA, DatabaseSettings.from_environment(ENTRA), "a/b+c=@:x")

    assert given["DATABASE_URL"] == (
        "postgresql://users-id:a%2Fb%2Bc%3D%40%3Ax@db.example:5432/users?sslmode=verify-full"
    )
    assert "a%2Fb" not in " ".join(argv)


def test_with_entra_the_group_of_people_is_let_in(environment, monkeypatch):
    let_in = []
    monkeypatch.setattr(module.entra, "fetch", lambda settings: ("token", 0.0))
    monkeypatch.setattr(
        module.roles, "prepare", lambda owner, role, secret, *, group: let_in.append((role.principal_id, secret, group))
    )
    urls = {
        "DATABASE_URL": "postgresql://o@127.0.0.1:1/d?sslmode=disable",
        "SERVICE_DATABASE_URL": "postgresql://s@127.0.0.1:1/d?sslmode=disable",
    }
    identity = {
        "DATABASE_AUTH": "entra",
        "AZURE_CLIENT_ID": "c",
        "AZURE_TENANT_ID": "t",
        "AZURE_FEDERATED_TOKEN_FILE": "/var/run/token",
        "AZURE_AUTHORITY_HOST": "https://login.example/",
        "SERVICE_PRINCIPAL_ID": "object-id",
        "PEOPLE_GROUP": "on call",
    }
    module.prepared("users", {**environment, **urls, **identity})
    assert let_in == [("object-id", "token", "on call")]


def test_dbmate_must_be_there(environment, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(FileNotFoundError, match="no dbmate"):
        module.command("users", {"PATH": str(tmp_path)}, DatabaseSettings.from_environment(environment), "secret")


def test_unsafe_settings_are_refused():
    with pytest.raises(SettingsError):
        module.prepared("users", {})


@pytest.mark.parametrize(("arguments", "message"), [([], "usage"), (["a", "b"], "usage"), (["nothing"], "'nothing'")])
def test_a_wrong_call_ends_with_a_sentence(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        module.main(arguments)

    assert caught.value.code == 1
    assert message in capsys.readouterr().out
