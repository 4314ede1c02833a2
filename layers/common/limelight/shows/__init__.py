"""Ticketed shows: tickets, escrow until the end, check-in and reminders."""
