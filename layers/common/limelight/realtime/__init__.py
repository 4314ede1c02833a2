"""What clients hear: the outbox is published, and viewer counts are told."""
