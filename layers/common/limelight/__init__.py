"""Limelight: the backend of a creator platform."""

from limelight.platform.start import begin

begin()
