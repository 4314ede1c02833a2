#!/bin/sh
# Makes .venv from nothing: the Python that .python-version names, the uv that pyproject.toml
# requires, and the locked dependencies. Needs neither uv nor pyenv, only a Python.
set -eu

wanted=$(cat .python-version)
uv_version=$(sed -n 's/^required-version = "==\(.*\)"$/\1/p' pyproject.toml)

is_wanted() {
    [ "$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$wanted" ]
}

find_python() {
    for candidate in "${LIMELIGHT_PYTHON:-}" "python$wanted" \
        "${PYENV_ROOT:-$HOME/.pyenv}/versions/$wanted"*/bin/python \
        /opt/homebrew/bin/"python$wanted" /usr/local/bin/"python$wanted" /usr/bin/"python$wanted" \
        python3 python; do
        if [ -n "$candidate" ] && is_wanted "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python $wanted is needed and was not found: install it (pyenv install $wanted)," >&2
    echo "or name it: LIMELIGHT_PYTHON=/path/to/python$wanted make …" >&2
    exit 1
}

if ! is_wanted .venv/bin/python; then
    python=$(find_python)
    echo "Making .venv with $python"
    rm -rf .venv
    "$python" -m venv .venv
fi

if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d ' ' -f 2)" != "$uv_version" ]; then
    echo "Installing uv $uv_version"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi

echo "Installing the locked dependencies"
UV_PROJECT_ENVIRONMENT=.venv .venv/bin/uv sync --frozen --inexact --quiet
