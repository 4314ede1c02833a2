#!/bin/sh
# Installs PgBouncer where that is possible without asking; says plainly when it is not.
set -eu

for program in pgbouncer /usr/sbin/pgbouncer /usr/local/sbin/pgbouncer /opt/homebrew/bin/pgbouncer; do
    if command -v "$program" >/dev/null 2>&1; then
        exit 0
    fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing PgBouncer"
    # RUNLEVEL=1: the package must not start its own service.
    export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
    if apt-get install -qq -y --no-install-recommends pgbouncer >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -qq -y --no-install-recommends pgbouncer >/dev/null; }; then
        exit 0
    fi
fi

echo "PgBouncer is not installed and cannot be installed from here: going without it. Tests of the"
echo "transaction pooler are skipped; install it (apt install pgbouncer, brew install pgbouncer)."
