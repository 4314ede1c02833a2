"""What is paid for in direct messages: unlocking and tips."""
