"""A state machine is whole: it has one beginning, no status that nothing leads to, and an end."""

import pytest

from local.documents.machines import Machine, document_text, machines


def by_name(machine: Machine) -> str:
    return machine.name


def test_there_are_machines() -> None:
    assert "call" in [machine.name for machine in machines()]


@pytest.mark.parametrize("machine", machines(), ids=by_name)
def test_a_machine_has_one_beginning(machine: Machine) -> None:
    assert len({one.target for one in machine.transitions if one.source is None}) == 1


@pytest.mark.parametrize("machine", machines(), ids=by_name)
def test_every_status_can_be_reached_and_left_until_the_end(machine: Machine) -> None:
    reached: set[str | None] = {None}
    for _ in machine.transitions:
        reached |= {one.target for one in machine.transitions if one.source in reached}

    assert reached - {None} == set(machine.states)
    assert machine.final


@pytest.mark.parametrize("machine", machines(), ids=by_name)
def test_an_action_leads_from_a_status_to_one_other(machine: Machine) -> None:
    doors = [(one.source, one.action) for one in machine.transitions]

    assert len(set(doors)) == len(doors)
    assert all(one.source != one.target for one in machine.transitions)


@pytest.mark.parametrize("machine", machines(), ids=by_name)
def test_what_lasts_a_while_is_ended_by_the_platform(machine: Machine) -> None:
    timed = [one for one in machine.transitions if one.after]

    assert {one.actor for one in timed} <= {"platform"}
    assert len({one.source for one in timed}) == len(timed)


@pytest.mark.parametrize("machine", machines(), ids=by_name)
def test_every_transition_is_drawn(machine: Machine) -> None:
    page = document_text()

    for one in machine.transitions:
        assert f"  {one.source or '[*]'} --> {one.target}: {one.action} ({one.actor}" in page
