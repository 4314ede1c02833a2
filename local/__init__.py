"""The laptop stack: everything Limelight needs, on one machine, without Docker. Nothing here ships."""
