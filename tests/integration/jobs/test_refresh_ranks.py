"""The job that brings the ranks of creators up to date."""

from functions.jobs import refresh_ranks as job
from tests.integration.jobs.conftest import Run
from tests.integration.people import Owner, People, Person


def ranked(owner: Owner, person: Person) -> bool:
    rows = owner.execute(
        "select from public.creator_ranks where user_id = %s", [person.id]
    ).fetchall()
    return bool(rows)


def test_a_rank_that_is_right_is_not_written_again(run: Run, creator: Person) -> None:
    run(job)

    assert run(job) == 0


def test_only_what_changed_is_written(run: Run, owner: Owner, creator: Person) -> None:
    run(job)
    owner.execute("update public.profiles set follower_count = 10 where user_id = %s", [creator.id])

    assert run(job) == 1


def test_who_creates_no_more_loses_the_rank(
    run: Run, owner: Owner, people: People, creator: Person
) -> None:
    owner.execute("alter table public.users disable trigger users_rank")
    try:
        people.set(creator, role="fan")
    finally:
        owner.execute("alter table public.users enable trigger users_rank")
    assert ranked(owner, creator)

    run(job)

    assert not ranked(owner, creator)


def test_a_creator_without_a_rank_gets_one(run: Run, owner: Owner, creator: Person) -> None:
    owner.execute("delete from public.creator_ranks where user_id = %s", [creator.id])

    run(job)

    assert ranked(owner, creator)


def test_a_rank_that_is_being_changed_is_left_to_the_next_run(
    run: Run, owner: Owner, people: People, creator: Person
) -> None:
    run(job)
    owner.execute("update public.profiles set follower_count = 10 where user_id = %s", [creator.id])
    with owner.transaction():
        owner.execute(
            "select from public.creator_ranks where user_id = %s for update", [creator.id]
        )
        assert run(job) == 0

    assert run(job) == 1
