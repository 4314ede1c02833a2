"""The product as it is ordinarily packaged: one module imports all there is, for every function."""

import os
from importlib import import_module
from pkgutil import walk_packages

import boto3
import livekit.api
import stripe
import supabase

import limelight

PACKAGES = (boto3, livekit.api, stripe, supabase)

for module in walk_packages(limelight.__path__, "limelight."):
    import_module(module.name)

handler = import_module(os.environ["FUNCTION"]).handler
