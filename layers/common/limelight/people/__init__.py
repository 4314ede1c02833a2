"""Accounts, profiles and creator applications, under the caller's own JWT."""
