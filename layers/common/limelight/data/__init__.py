"""The three doors to the data: `user` (REST under the caller's JWT), `admin` (REST with the secret
key) and `system` (SQL through the pool). A function uses exactly one of them."""
