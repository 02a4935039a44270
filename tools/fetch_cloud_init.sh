#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Unpacks the distribution's cloud-init, with what it needs of Python and a DHCP client, into .integration/cloud-init for
# the tests that read our metadata with it.  Nothing of it is installed on this machine, and no script of it is run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
place=.integration/cloud-init
mkdir -p .integration
exec 9> .integration/cloud-init.lock
flock 9
[ ! -e "$place/complete" ] || exit 0
rm -rf "$place"
mkdir -p "$place/packages" "$place/root"

wanted() {
    local names
    mapfile -t names < <(
        apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
            cloud-init | grep -E '^(cloud-init|python3-|isc-dhcp-client$|dhcpcd-base$)' |
            grep -vE '^python3-(minimal|dev|distutils|lib2to3|dbg)$')
    # Names that are only provided by others cannot be fetched.
    apt-cache show --no-all-versions "${names[@]}" 2> /dev/null | sed -n 's/^Package: //p' | sort -u
}

download() {
    local names
    mapfile -t names < <(wanted)
    printf '%s\n' "${names[@]}" | grep -q '^cloud-init' && (cd "$place/packages" && apt-get -q download "${names[@]}")
}

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
download || { apt-get -q update; download; }
for package in "$place"/packages/*.deb; do dpkg-deb -x "$package" "$place/root"; done
# Where / is merged with /usr, these are links there.
for name in bin sbin lib; do
    if [ -L "/$name" ] && [ -d "$place/root/$name" ]; then
        mkdir -p "$place/root/usr/$name"
        cp -a "$place/root/$name/." "$place/root/usr/$name/"
        rm -rf "${place:?}/root/$name"
    fi
done
rm -rf "$place/packages"
touch "$place/complete"
