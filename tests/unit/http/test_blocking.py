"""Work goes to a thread where others wait for the loop, and only there."""

import asyncio
import inspect
import threading

import pytest

from limelight.http.blocking import alone, blocking


@blocking
def thread(ignored: int = 0) -> int:
    """The thread that it runs on."""
    return threading.get_ident()


@blocking
def fail() -> None:
    raise ValueError("as told")


def test_a_request_that_is_alone_is_served_on_the_thread_that_took_it() -> None:
    with alone():
        assert asyncio.run(thread()) == threading.get_ident()


def test_a_request_among_others_does_not_hold_them_up() -> None:
    assert asyncio.run(thread()) != threading.get_ident()


def test_requests_after_one_that_was_alone_are_among_others_again() -> None:
    with alone():
        pass

    assert asyncio.run(thread()) != threading.get_ident()


def test_an_error_is_the_callers_either_way() -> None:
    with pytest.raises(ValueError, match="as told"):
        asyncio.run(fail())
    with alone(), pytest.raises(ValueError, match="as told"):
        asyncio.run(fail())


def test_a_framework_sees_the_parameters_and_that_it_may_await() -> None:
    assert list(inspect.signature(thread).parameters) == ["ignored"]
    assert inspect.iscoroutinefunction(thread)
    assert thread.__doc__ == "The thread that it runs on."
