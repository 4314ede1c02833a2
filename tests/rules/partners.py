"""The functions that speak with another company's service, or sign for it.

Its package is loaded by nobody else.
"""

from typing import Final

WITH_STRIPE: Final = {"checkout/create", "checkout/webhook"}

WITH_MEDIA: Final = {"streams/token", "streams/broadcast_token", "calls/token", "shows/join"}
"""They sign LiveKit tokens."""

WITH_REALTIME: Final = {"jobs/publish_outbox"}
"""It publishes the outbox to Supabase Realtime, with the secret key."""

WITH_MAIL: Final = {"jobs/send_show_reminders"}
"""They send e-mail through SES."""
