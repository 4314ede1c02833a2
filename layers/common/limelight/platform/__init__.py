"""What the product stands on: settings, secrets, logs, traces and metrics."""
