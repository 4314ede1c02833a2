"""The services behind the functions, and the migrations that make the database what it is.

`backing` starts them all. They stand on `local.host` and `local.gateway`, and know of no function
and no AWS.
"""
