"""What becomes of what somebody had open who was suspended or deleted."""
