"""Limelight: the backend of a creator platform."""
