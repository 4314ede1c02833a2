#!/bin/sh
# Installs Chromium, for the tests of the console, where that is possible without asking.
set -eu

for program in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$program" >/dev/null 2>&1; then
        exit 0
    fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get install -qq -y --no-install-recommends chromium >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null; }; then
        exit 0
    fi
fi

echo "Chromium is not installed and cannot be installed from here: the console's tests in a browser are"
echo "skipped; install it (apt install chromium, brew install --cask chromium)."
