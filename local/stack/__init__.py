"""The product as it is deployed: the template, a local AWS, one function under Lambda's runtime.

It stands on `local.services` and `local.host`; `running` tells other commands where it is.
"""
