import os
import socket

import pytest

from local.host.ports import LOOPBACK, Ports, PortsTakenError, require_free


def test_free_ports_are_all_different_and_free() -> None:
    ports = Ports.free()

    numbers = [number for _, number in ports.items()]
    assert len(set(numbers)) == len(numbers)
    require_free(ports, [service for service, _ in ports.items()])


def test_a_taken_port_is_named_with_the_process_that_holds_it() -> None:
    ports = Ports.free()
    with socket.socket() as holder:
        holder.bind((LOOPBACK, ports.pooler))
        holder.listen()

        with pytest.raises(PortsTakenError) as taken:
            require_free(ports, ["postgres", "pooler"])

    assert taken.value.taken == {"pooler": ports.pooler}
    assert f"{ports.pooler} (pooler) is held by" in str(taken.value)
    assert f"(pid {os.getpid()})" in str(taken.value)


def test_a_port_that_this_run_does_not_need_may_be_taken() -> None:
    ports = Ports.free()
    with socket.socket() as holder:
        holder.bind((LOOPBACK, ports.aws))
        holder.listen()

        require_free(ports, ["postgres", "pooler"])


def test_the_well_known_ports_are_those_of_supabase_and_of_the_local_aws() -> None:
    ports = Ports()

    assert (ports.postgres, ports.pooler, ports.gateway, ports.aws) == (5432, 6543, 54321, 4566)
