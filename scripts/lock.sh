#!/bin/sh
# Turns requirements/*.in into requirements/*.txt: every package with its hashes, for every platform and Python 3.11 or
# later, without the address of an index. What is locked already stays unless its .in line asks for more;
# `scripts/lock.sh --upgrade` takes the newest that the .in files allow.
set -eu
cd "$(dirname "$0")/.."
tool=build/lock
[ -x "$tool/bin/uv" ] || { "${PYTHON:-python3}" -m venv "$tool" && "$tool/bin/pip" install --quiet 'uv~=0.9'; }
if [ -n "${PIP_INDEX_URL:-}" ]; then
    export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"
fi
export UV_CUSTOM_COMPILE_COMMAND="make lock"
lock() {
    name=$1
    shift
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-strip-extras "$@" --output-file "requirements/$name.txt" "requirements/$name.in"
}
lock run "$@"
# The same versions in both, so that the tests prove what runs.
lock test --constraints requirements/run.txt "$@"
