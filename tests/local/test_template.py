import re

import pytest

from local.stack.template import TemplateError, find_function, read_functions

PARAMETERS = {
    "Stage": "local",
    "SupabaseUrl": "http://127.0.0.1:54321",
    "SupabasePublishableKey": "sb_publishable_x",
}


def test_a_function_is_found_by_its_logical_id_and_by_its_name() -> None:
    by_name = find_function("streams/join", PARAMETERS)

    assert find_function("StreamsJoin", PARAMETERS) == by_name
    assert by_name.handler == "streams/join.handler"


def test_a_function_is_told_what_the_template_says() -> None:
    environment = find_function("streams/join", PARAMETERS).environment

    assert environment["STAGE"] == "local"
    assert environment["SUPABASE_URL"] == "http://127.0.0.1:54321"
    assert environment["DATABASE_SECRET_ID"] == "limelight/local/database"
    assert environment["PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"] == ""


def test_every_value_is_resolved() -> None:
    values = [
        value for function in read_functions(PARAMETERS) for value in function.environment.values()
    ]

    assert values
    assert [value for value in values if re.search(r"\$\{|\{'|Fn::", value)] == []


def test_an_unknown_function_is_answered_with_those_there_are() -> None:
    with pytest.raises(TemplateError, match=r"There are: .*streams/join"):
        find_function("streams/jion", PARAMETERS)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(TemplateError, match="SupabaseUrl"):
        read_functions({"Stage": "local"})
