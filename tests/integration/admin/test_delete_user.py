"""POST /api/admin/users/{userId}/delete."""

from datetime import datetime
from secrets import token_hex
from uuid import uuid4

import httpx

from local.services.backing import Backing
from tests.integration.admin.desk import act, audit
from tests.integration.api import Answer, Api
from tests.integration.people import PASSWORD, Fund, Owner, People, Person


def delete(api: Api, admin: Person, person: Person) -> Answer:
    return act(api, admin, person, "delete")


def test_a_deleted_account_tells_nobody_who_it_was(
    api: Api, owner: Owner, people: People, admin: Person, fan: Person
) -> None:
    api.post(
        "/api/user/update-profile",
        fan.token,
        {"displayName": "Ann Lee", "bio": "It is me", "location": "Lisbon"},
    )
    api.post("/api/user/update-username", fan.token, {"username": "ann_lee_lisbon"})

    answer = delete(api, admin, fan)

    assert (answer.status, answer.json["status"]) == (200, "deleted")
    everything = owner.execute(
        """
        select concat(
          (select to_jsonb(u) from public.users u where id = %(id)s),
          (select to_jsonb(p) from public.profiles p where user_id = %(id)s),
          (select to_jsonb(a) from auth.users a where id = %(id)s),
          (select jsonb_agg(i) from auth.identities i where user_id = %(id)s),
          (select jsonb_agg(c) from username_changes c where user_id = %(id)s)
        )
        """,
        {"id": fan.id},
    ).fetchone()
    assert everything is not None
    for trace in (fan.email, fan.username, "ann_lee_lisbon", "Ann Lee", "It is me", "Lisbon"):
        assert trace not in everything[0], trace


def test_a_deletion_is_audited_without_personal_data(
    api: Api, owner: Owner, admin: Person, fan: Person
) -> None:
    delete(api, admin, fan)

    ((actor, action, before, after, _),) = audit(owner, fan)
    assert (actor, action) == (admin.id, "user.delete")
    assert (before, after) == ({"status": "active"}, {"status": "deleted"})


def test_nobody_signs_in_to_a_deleted_account(
    api: Api, people: People, admin: Person, fan: Person, supabase: httpx.Client
) -> None:
    delete(api, admin, fan)
    people.set(fan)

    assert api.get("/api/user/me", fan.token).code == "token_invalid"
    answer = supabase.post(
        "/auth/v1/token",
        params={"grant_type": "password"},
        json={"email": fan.email, "password": PASSWORD},
    )
    assert answer.status_code == 400


def test_auth_can_still_read_a_deleted_account(
    api: Api, admin: Person, fan: Person, supabase: httpx.Client, backing: Backing
) -> None:
    """It knows no infinity, and no list of accounts either that has one in it."""
    delete(api, admin, fan)

    answer = supabase.get(
        f"/auth/v1/admin/users/{fan.id}",
        headers={"apikey": backing.secret_key, "Authorization": f"Bearer {backing.secret_key}"},
    )

    assert answer.status_code == 200
    assert answer.json()["email"].endswith("@deleted.invalid")
    assert datetime.fromisoformat(answer.json()["banned_until"]).year == 9999


def test_an_address_that_was_about_to_be_theirs_is_forgotten_as_well(
    api: Api, owner: Owner, admin: Person, fan: Person
) -> None:
    owner.execute(
        """
        update auth.users
        set email_change = 'ann@elsewhere.example', email_change_token_new = %(token)s,
            recovery_token = %(token)s, phone_change = '351900000001'
        where id = %(id)s
        """,
        {"id": fan.id, "token": token_hex(16)},
    )

    delete(api, admin, fan)

    left = owner.execute(
        """
        select email_change, email_change_token_new, recovery_token, phone_change
        from auth.users
        where id = %s
        """,
        [fan.id],
    ).fetchone()
    assert left == ("", "", "", "")


def test_what_was_paid_and_what_is_left_stays_in_the_ledger(
    api: Api, people: People, admin: Person, fan: Person, fund: Fund
) -> None:
    fund(fan, 40)

    delete(api, admin, fan)

    assert people.row("select balance from balances where user_id = %(id)s", {"id": fan.id}) == {
        "balance": 40
    }


def test_who_followed_and_was_followed_is_counted_down(
    api: Api, people: People, admin: Person, fan: Person, creator: Person
) -> None:
    api.post(f"/api/follow/{creator.id}", fan.token)
    api.post(f"/api/follow/{fan.id}", creator.token)

    delete(api, admin, fan)

    row = people.row(
        "select follower_count, following_count from profiles where user_id = %(id)s",
        {"id": creator.id},
    )
    assert row == {"follower_count": 0, "following_count": 0}


def test_the_live_stream_of_a_deleted_creator_ends(
    api: Api, people: People, admin: Person, creator: Person, stream: str
) -> None:
    delete(api, admin, creator)

    assert people.row("select status from streams where id = %(id)s", {"id": stream}) == {
        "status": "ended"
    }


def test_the_address_and_the_name_are_free_again(api: Api, admin: Person, fan: Person) -> None:
    delete(api, admin, fan)

    again = api.post(
        "/api/auth/signup",
        None,
        {"email": fan.email, "password": PASSWORD, "username": fan.username},
    )

    assert again.status == 201
    assert again.json["session"] is not None


def test_no_admin_deletes_themselves_or_another(
    api: Api, people: People, owner: Owner, admin: Person
) -> None:
    before = audit(owner, admin)

    own, other = delete(api, admin, admin), delete(api, admin, people.admin())

    assert (own.status, own.code) == (403, "own_account")
    assert (other.status, other.code) == (409, "is_admin")
    assert audit(owner, admin) == before


def test_who_is_deleted_is_not_there_any_more(
    api: Api, owner: Owner, admin: Person, fan: Person
) -> None:
    delete(api, admin, fan)

    for action, body in (
        ("delete", {}),
        ("role", {"role": "fan"}),
        ("verify", {"isVerified": True}),
    ):
        refused = act(api, admin, fan, action, **body)

        assert (refused.status, refused.code) == (404, "not_found")
    assert len(audit(owner, fan)) == 1


def test_somebody_who_never_was_is_not_deleted(api: Api, admin: Person) -> None:
    refused = api.post(f"/api/admin/users/{uuid4()}/delete", admin.token)

    assert (refused.status, refused.code) == (404, "not_found")
