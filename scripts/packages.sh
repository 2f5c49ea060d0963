#!/bin/sh
# The programs that the tests drive. Root on Debian gets the missing ones installed (NO_APT=1 turns that off);
# everybody else is told which are missing, and the tests that need them are skipped by name. With CI=true a missing
# program is an error.
set -eu
python=${1:-python3}

missing() { # the Debian packages whose program is not here
    for pair in dockerd:docker.io ctr:containerd podman:podman buildah:buildah skopeo:skopeo chromium:chromium \
        redis-server:redis-server newuidmap:uidmap git:git; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || echo "${pair#*:}"
    done
    command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
    "$python" -c 'import ensurepip' 2>/dev/null || [ -x .venv/bin/pip ] || echo python3-venv
    # A browser without a font shows empty boxes.
    ls /usr/share/fonts/truetype/*/*.ttf >/dev/null 2>&1 || echo fonts-dejavu
}

wanted=$(missing | tr '\n' ' ')
if [ -n "$wanted" ] && [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && [ "${NO_APT:-0}" != 1 ]; then
    echo "apt-get install --yes --no-install-recommends $wanted"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 - a list of packages
    apt-get install --yes -qq --no-install-recommends $wanted >/dev/null
    wanted=$(missing | tr '\n' ' ')
fi
# Not from Debian, whose Go is older than the clients need.
command -v go >/dev/null 2>&1 || wanted="${wanted}go "
if [ -n "$wanted" ]; then
    echo "missing: $wanted(the tests that need them are skipped by name)" >&2
    [ "${CI:-}" != true ] || exit 1
fi
