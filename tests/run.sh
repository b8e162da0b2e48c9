#!/usr/bin/env bash
# Installs what the tests need and this machine lacks, runs every test, and ends with the runner's
# own summary. Arguments go to the runner: `tests/run.sh cancel` runs the tests named so.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*" >&2; }

# Debian packages, when a tool is missing. Elsewhere: says what to install.
need() {
  local tool=$1 package=$2
  command -v "$tool" >/dev/null 2>&1 && return 0
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    say "installing $package"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >&2
  else
    echo "tests/run.sh: the tests need '$tool' (Debian package $package): install it, then run again" >&2
    exit 1
  fi
}

need cc build-essential
need strace strace
need python3 python3
need openssl openssl
need softhsm2-util softhsm2
need pdftoppm poppler-utils # pictures of printed orders

if ! cargo nextest --version >/dev/null 2>&1; then
  say "installing cargo-nextest"
  cargo install --locked --quiet cargo-nextest
fi

# A client in another language, made from the proto files alone.
venv=${CARGO_TARGET_DIR:-target}/tools/python
if ! "$venv/bin/python" -c 'import grpc_tools' >/dev/null 2>&1; then
  say "installing the Python gRPC client"
  rm -rf "$venv"
  python3 -m venv "$venv" >/dev/null 2>&1 || { need pip3 python3-venv; python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check \
    'grpcio>=1.66,<2' 'grpcio-tools>=1.66,<2' 'googleapis-common-protos>=1.65,<2' \
    'cryptography>=43' >&2
fi
HOATOC_PYTHON=$(cd "$venv/bin" && pwd)/python
export HOATOC_PYTHON

say "running every test"
exec cargo nextest run --locked --no-fail-fast "$@"
