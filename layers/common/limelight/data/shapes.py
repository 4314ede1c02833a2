"""Fragments of SQL that the queries of several domains are written with."""

from typing import Final, LiteralString

MINI_USER: Final[LiteralString] = """
      jsonb_build_object(
        'id', p.user_id,
        'username', p.username,
        'displayName', p.display_name,
        'avatarUrl', p.avatar_url
      )"""
"""The MiniUser of the profile `p`."""
