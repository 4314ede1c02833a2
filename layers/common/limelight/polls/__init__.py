"""Polls that a host asks a stream's viewers."""
