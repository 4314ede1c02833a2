"""Those who use the product over HTTP: a client, demo data, the story, what events act upon.

It stands on everything that runs; only the commands stand on it.
"""
