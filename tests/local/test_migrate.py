import threading
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from local.gateway.bootstrap import bootstrap
from local.services.migrate import MIGRATIONS, MigrationError, command, migrate, read_migrations


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write(tmp_path, "20260101000000_first.sql", "create table first (id int); -- the first")
    write(tmp_path, "20260102000000_second.sql", "create table second (id int);\nselect 1;")
    return tmp_path


def write(directory: Path, name: str, text: str) -> None:
    (directory / name).write_text(text)


def history(url: str) -> list[tuple[str, str, list[str]]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            """
            select
              version,
              name,
              statements
            from supabase_migrations.schema_migrations
            order by version
            """
        ).fetchall()


def has_table(url: str, name: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("select to_regclass(%s) is not null", [name]).fetchone()
    return row == (True,)


def test_the_products_migrations_load(empty_database: str) -> None:
    bootstrap(empty_database)

    applied = migrate(empty_database)

    assert applied == read_migrations(MIGRATIONS)
    assert migrate(empty_database) == []


def test_the_history_is_that_of_the_supabase_cli(empty_database: str, directory: Path) -> None:
    migrate(empty_database, directory)

    assert history(empty_database) == [
        ("20260101000000", "first", ["create table first (id int)"]),
        ("20260102000000", "second", ["create table second (id int)", "select 1"]),
    ]


def test_a_failing_file_leaves_nothing_of_itself_and_keeps_those_before_it(
    empty_database: str, directory: Path
) -> None:
    write(directory, "20260103000000_third.sql", "create table third ();\n\nselect 1/0;")

    with pytest.raises(MigrationError, match=r"third\.sql failed .* line 3: division by zero"):
        migrate(empty_database, directory)

    assert has_table(empty_database, "second")
    assert not has_table(empty_database, "third")
    assert len(history(empty_database)) == 2


def test_a_migration_older_than_the_newest_applied_is_refused(
    empty_database: str, directory: Path
) -> None:
    migrate(empty_database, directory)
    write(directory, "20260101120000_late.sql", "create table late ();")

    with pytest.raises(MigrationError, match=r"late\.sql is older than 20260102000000"):
        migrate(empty_database, directory)

    assert not has_table(empty_database, "late")


def test_a_file_changed_after_it_was_applied_is_refused(
    empty_database: str, directory: Path
) -> None:
    migrate(empty_database, directory)
    write(directory, "20260101000000_first.sql", "create table first (id bigint);")

    with pytest.raises(MigrationError, match="has changed since it was applied"):
        migrate(empty_database, directory)


def test_a_history_of_another_project_is_refused(empty_database: str, directory: Path) -> None:
    migrate(empty_database, directory)
    (directory / "20260101000000_first.sql").unlink()

    with pytest.raises(MigrationError, match="migrations that are not here: 20260101000000"):
        migrate(empty_database, directory)


def test_two_runners_at_once_apply_each_file_once(empty_database: str, directory: Path) -> None:
    write(directory, "20260103000000_slow.sql", "select pg_sleep(0.3); create table slow ();")
    applied: list[str] = []

    def run() -> None:
        applied.extend(migration.name for migration in migrate(empty_database, directory))

    runners = [threading.Thread(target=run) for _ in range(3)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()

    assert sorted(applied) == ["first", "second", "slow"]


def test_a_setting_of_one_migration_is_not_the_next_ones(
    empty_database: str, directory: Path
) -> None:
    write(directory, "20260103000000_third.sql", "set search_path to pg_catalog;")
    write(directory, "20260104000000_fourth.sql", "create table fourth ();")

    migrate(empty_database, directory)

    assert has_table(empty_database, "public.fourth")


def test_a_file_that_ends_the_transaction_itself_is_refused(
    empty_database: str, directory: Path
) -> None:
    write(directory, "20260103000000_third.sql", "create table third (); commit;")

    with pytest.raises(MigrationError, match="begins or ends a transaction"):
        migrate(empty_database, directory)

    assert not has_table(empty_database, "third")


def test_the_transaction_pooler_is_refused_by_its_port(directory: Path) -> None:
    with pytest.raises(MigrationError, match="6543 is the transaction pooler"):
        migrate("postgresql://postgres@db.example.com:6543/postgres", directory)


@pytest.mark.parametrize("name", ["first.sql", "2026-01-01_first.sql"])
def test_a_name_without_a_timestamp_is_refused(name: str, tmp_path: Path) -> None:
    write(tmp_path, name, "select 1")

    with pytest.raises(MigrationError, match="is not named"):
        read_migrations(tmp_path)


def test_two_files_of_one_timestamp_are_refused(directory: Path) -> None:
    write(directory, "20260101000000_other.sql", "select 1")

    with pytest.raises(MigrationError, match="share a timestamp"):
        read_migrations(directory)


def test_the_command_reads_the_direct_url_of_the_environment() -> None:
    refused = CliRunner().invoke(
        command, env={"DIRECT_DATABASE_URL": "postgresql://postgres@localhost:6543/postgres"}
    )

    assert refused.exit_code == 1
    assert "transaction pooler" in refused.output
