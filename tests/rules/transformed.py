"""The template as CloudFormation gets it from SAM."""

from functools import lru_cache
from typing import Any

from boto3 import Session
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.rules.template import TEMPLATE


@lru_cache(maxsize=8)
def transformed(layer: str = "s3://bucket/layer", **parameters: str) -> dict[str, Any]:
    """The stack's resources by logical id."""
    document = yaml_parse(TEMPLATE.read_text())
    document["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions"
    document["Resources"]["CommonLayer"]["Properties"]["ContentUri"] = layer
    given = {"SupabaseUrl": "https://example.supabase.co", "SupabasePublishableKey": "a-key"}
    translator = Translator({}, Parser(), boto_session=Session(region_name="us-east-1"))
    made: dict[str, Any] = translator.translate(document, given | parameters)["Resources"]
    return made
