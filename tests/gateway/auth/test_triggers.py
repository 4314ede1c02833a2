"""A product's trigger on auth.users: it sees what a hosted project shows, and may refuse."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.gateway.harness import PASSWORD, Served, fresh_email

TRIGGER = """
create table public.trigger_seen (
  id uuid primary key references auth.users on delete restrict,
  email text,
  username text,
  role text,
  email_confirmed_at timestamptz,
  acting_role text,
  search_path text
);
create function public.on_new_user() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.raw_user_meta_data ->> 'username' = 'taken' then
    raise exception 'username is taken' using errcode = 'P0001', hint = 'choose another';
  end if;
  if new.raw_user_meta_data ->> 'username' = 'teapot' then
    raise sqlstate 'PT418' using message = 'short and stout', detail = 'here is my handle';
  end if;
  insert into public.trigger_seen
  values (
    new.id, new.email, new.raw_user_meta_data ->> 'username', new.role, new.email_confirmed_at,
    session_user, current_setting('search_path')
  );
  return new;
end
$$;
create function public.refuse_late() returns trigger
language plpgsql
as $$ begin raise exception 'too late'; end $$;
create trigger on_new_user after insert on auth.users
for each row
when (new.raw_user_meta_data ? 'username')
execute function public.on_new_user();
"""


@pytest.fixture(scope="module", autouse=True)
def product_trigger(project_url: str) -> Iterator[None]:
    with psycopg.connect(project_url, autocommit=True) as owner:
        owner.execute(TRIGGER.encode())
        yield
        owner.execute("drop function public.on_new_user cascade")
        owner.execute("drop function public.refuse_late cascade")
        owner.execute("drop table public.trigger_seen")


def sign_up(gateway: Served, username: str, **request: Any) -> tuple[str, Any]:
    email = fresh_email()
    body = {"email": email, "password": PASSWORD, "data": {"username": username}}
    return email, gateway.auth("POST", "/signup", json=body, **request)


def test_a_trigger_sees_the_new_row_as_supabase_auth_first_writes_it(gateway: Served) -> None:
    email, answer = sign_up(gateway, "ada")

    assert answer.status_code == 200
    (seen,) = gateway.sql("select * from public.trigger_seen where email = %s", email)
    assert str(seen["id"]) == answer.json()["user"]["id"]
    assert seen["username"] == "ada"
    # Role and confirmation are written after the insert, also when accounts confirm at once.
    assert seen["role"] == ""
    assert seen["email_confirmed_at"] is None


def test_a_trigger_that_refuses_leaves_no_account(gateway: Served) -> None:
    email, answer = sign_up(gateway, "taken")

    assert answer.status_code == 500
    assert answer.json() == {
        "code": "unexpected_failure",
        "message": "Database error saving new user",
    }
    assert gateway.sql("select id from auth.users where email = %s", email) == []
    assert gateway.sql("select id from auth.identities where email = %s", email) == []


def test_clients_of_the_first_version_read_the_triggers_own_words(gateway: Served) -> None:
    body = {"email": fresh_email(), "password": PASSWORD}

    refused = gateway.http.post(
        "/auth/v1/signup", headers=gateway.anon, json=body | {"data": {"username": "taken"}}
    )
    teapot = gateway.http.post(
        "/auth/v1/signup", headers=gateway.anon, json=body | {"data": {"username": "teapot"}}
    )

    assert (refused.status_code, refused.json()) == (
        500,
        {"code": "P0001", "message": "username is taken", "hint": "choose another"},
    )
    assert (teapot.status_code, teapot.json()) == (
        418,
        {"code": "PT418", "message": "short and stout", "detail": "here is my handle"},
    )


def test_an_admins_account_meets_the_same_trigger(gateway: Served) -> None:
    body = {"email": fresh_email(), "user_metadata": {"username": "taken"}}

    answer = gateway.auth("POST", "/admin/users", headers=gateway.secret, json=body)

    assert (answer.status_code, answer.json()) == (
        500,
        {"code": "unexpected_failure", "message": "Database error creating new user"},
    )


def test_an_account_that_the_product_still_needs_cannot_be_deleted(gateway: Served) -> None:
    user_id = sign_up(gateway, "needed")[1].json()["user"]["id"]

    answer = gateway.auth("DELETE", f"/admin/users/{user_id}", headers=gateway.secret)

    assert (answer.status_code, answer.json()) == (
        500,
        {"code": "unexpected_failure", "message": "Database error deleting user"},
    )


def test_a_trigger_that_waits_for_the_commit_leaves_no_account_either(
    gateway: Served, project_url: str
) -> None:
    with psycopg.connect(project_url, autocommit=True) as owner:
        owner.execute(
            """
            create constraint trigger late after insert on auth.users
            deferrable initially deferred
            for each row when (new.raw_user_meta_data ->> 'username' = 'late')
            execute function public.refuse_late()
            """
        )
        try:
            email, answer = sign_up(gateway, "late")
        finally:
            owner.execute("drop trigger late on auth.users")

    assert answer.status_code == 500
    assert answer.json()["code"] == "unexpected_failure"
    assert gateway.sql("select id from auth.users where email = %s", email) == []


def test_a_trigger_without_security_definer_fails_as_it_does_on_a_hosted_project(
    gateway: Served, project_url: str
) -> None:
    with psycopg.connect(project_url, autocommit=True) as owner:
        owner.execute("alter function public.on_new_user() security invoker")
        try:
            _, answer = sign_up(gateway, "invoker")
        finally:
            owner.execute("alter function public.on_new_user() security definer")

    assert answer.status_code == 500
    assert answer.json()["message"] == "Database error saving new user"


def test_a_trigger_that_names_no_schema_fails_as_it_does_on_a_hosted_project(
    gateway: Served, project_url: str
) -> None:
    with psycopg.connect(project_url, autocommit=True) as owner:
        owner.execute(
            """
            create function public.careless() returns trigger
            language plpgsql security definer as $$
            begin
              insert into trigger_seen (id) values (new.id);
              return new;
            end
            $$
            """
        )
        owner.execute(
            """
            create trigger careless after insert on auth.users
            for each row when (new.raw_user_meta_data ->> 'username' = 'careless')
            execute function public.careless()
            """
        )
        try:
            _, answer = sign_up(gateway, "careless")
        finally:
            owner.execute("drop function public.careless cascade")

    assert answer.status_code == 500
    assert answer.json()["message"] == "Database error saving new user"
