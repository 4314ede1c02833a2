"""The laptop stack: all that Limelight needs, on one machine, without Docker; none ships."""
