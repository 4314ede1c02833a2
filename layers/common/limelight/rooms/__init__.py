"""The rooms that carry sound and picture: who may enter one, and with what token."""
