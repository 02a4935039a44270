# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by run_tests.sh: makes .venv and installs Debian packages, only what is missing.

# fail_setup WHAT LEFT NEXT: what is wrong (as measured), what was left behind, what to type.
fail_setup() {
    printf 'FAILED in set-up: %s\n  %s\n  Next: %s\n' "$1" "$2" "$3" >&2
}

is_left_out() { [[ " ${MININOVA_WITHOUT-} " == *" $1 "* ]]; }

# Prints the first Python of at least 3.11 that can make virtual environments.
find_python() {
    local candidate path
    for candidate in ${PYTHON-} python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
        path=$(command -v "$candidate" 2>/dev/null) || continue
        if "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1; then
            "$path" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

# needs_of PART...: the kinds of real thing these parts use.
needs_of() {
    local part
    for part in "$@"; do
        case "$part" in
            style|architecture|unit|functional) ;;
            contract) echo libvirt ;;
            integration) echo rabbit mariadb libvirt network chromium ;;
            campaign) echo rabbit mariadb ;;
            lab) echo rabbit mariadb libvirt network keystone systemd chromium ;;
        esac
        # libvirt-python is part of the one environment that all parts share.
        echo libvirt-python
    done | tr ' ' '\n' | sort -u
}

# Debian packages by kind; each line is a program or file whose absence asks for the package.
packages_of() {
    case "$1" in
        base) echo "git:git" ;;
        libvirt) echo "libvirtd:libvirt-daemon-system virtlogd:libvirt-daemon-system virsh:libvirt-clients
                       qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils mcopy:mtools
                       sshd:openssh-server ssh:openssh-client rsync:rsync" ;;
        libvirt-python) echo "cc:gcc pkg-config:pkg-config libvirt.pc:libvirt-dev" ;;
        rabbit) echo "/usr/lib/rabbitmq/bin/rabbitmq-server:rabbitmq-server" ;;
        mariadb) echo "mariadbd:mariadb-server" ;;
        network) echo "dnsmasq:dnsmasq-base nft:nftables conntrack:conntrack ip:iproute2 ebtables:ebtables udhcpc:udhcpc
                       curl:curl bindfs:bindfs" ;;
        keystone) echo "cc:gcc" ;;
        chromium) echo "chromium:chromium /usr/share/novnc/vnc_lite.html:novnc
                        /usr/share/spice-html5/spice_auto.html:spice-html5" ;;
        systemd) echo "systemd-nspawn:systemd-container sudo:sudo" ;;
    esac
}

exists() {
    case "$1" in
        *.pc) compgen -G "/usr/lib/*/pkgconfig/$1" > /dev/null ;;
        /*) [ -e "$1" ] ;;
        *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" > /dev/null 2>&1 ;;
    esac
}

# missing_packages KIND...
missing_packages() {
    local kind entry
    for kind in "$@"; do
        is_left_out "${kind%-python}" && continue
        for entry in $(packages_of "$kind"); do
            exists "${entry%%:*}" || echo "${entry#*:}"
        done
    done | sort -u
}

apt_install() {
    local log="$work/apt.log" sudo="" policy=/usr/sbin/policy-rc.d made=0 status
    if [ "$(id -u)" -ne 0 ]; then
        sudo=$(command -v sudo) || { fail_setup "these Debian packages are missing and you are not root: $*" "Nothing was changed." "as root: apt-get install $*"; return 1; }
    fi
    command -v apt-get > /dev/null || { fail_setup "packages are missing and there is no apt-get: $*" "Nothing was changed." "install them by hand, then ./run_tests.sh"; return 1; }
    echo "-- installing Debian packages: $*"
    # The tests start their own servers; those of the packages must not start.
    if [ ! -e "$policy" ]; then
        made=1; printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" > /dev/null && $sudo chmod 755 "$policy"
    fi
    { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@" ||
        { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
          $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@"; }; } > "$log" 2>&1 < /dev/null
    status=$?
    [ "$made" -eq 1 ] && $sudo rm -f "$policy"
    [ "$status" -eq 0 ] && return 0
    tail -n 15 "$log" >&2
    fail_setup "apt-get install ended with status $status; its last lines are above" "Packages that were installed before stay." "apt-get update && apt-get install $*"
    return 1
}

make_venv() {
    local python extras log="$work/pip.log" wanted stamp=.venv/installed-for-tests
    extras=mysql
    is_left_out libvirt || extras=libvirt,mysql
    wanted=$(cat requirements.txt test-requirements.txt upper-constraints.txt setup.cfg 2>/dev/null | sha256sum | cut -c1-40)-$extras
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return 0
    fi
    if ! .venv/bin/python -c '' 2>/dev/null; then
        python=$(find_python) || {
            fail_setup "no Python of at least 3.11 with venv and ensurepip was found (python3 is $(python3 --version 2>&1))" \
                "Nothing was changed." "apt-get install python3-venv   or   PYTHON=/path/to/python3.11 ./run_tests.sh"; return 1; }
        echo "-- making .venv with $python"
        "$python" -m venv --clear .venv > "$log" 2>&1 || {
            tail -n 5 "$log" >&2; fail_setup "$python -m venv .venv failed; see above" ".venv is incomplete." "rm -rf .venv; ./run_tests.sh"; return 1; }
    fi
    git rev-parse --git-dir > /dev/null 2>&1 || export PBR_VERSION=0.0.0
    echo "-- installing Python packages into .venv (mininova[$extras])"
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-input -c upper-constraints.txt \
        -e ".[$extras]" -r test-requirements.txt > "$log" 2>&1 < /dev/null || {
            tail -n 15 "$log" >&2
            fail_setup "pip install failed; its last lines are above" ".venv is incomplete; the next run goes on with it." \
                ".venv/bin/python -m pip install -c upper-constraints.txt -e '.[$extras]' -r test-requirements.txt"; return 1; }
    echo "$wanted" > "$stamp"
}

# Python headers are needed to build libvirt-python; a distribution's Python has them in a package of its own.
missing_headers() {
    is_left_out libvirt && return 0
    local python
    python=$(find_python) || return 0
    "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' ||
        "$python" -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])'
}

# prepare PART...: everything these parts need; `fetching` is the process group of what goes on in the background.
prepare() {
    local missing kinds
    find_python > /dev/null || { command -v apt-get > /dev/null && apt_install python3 python3-venv; }
    mapfile -t kinds < <(echo base; needs_of "$@")
    mapfile -t missing < <({ missing_packages "${kinds[@]}"; missing_headers; } | sort -u)
    if [ ${#missing[@]} -gt 0 ]; then apt_install "${missing[@]}" || return 1; fi
    if [[ " $* " == *" integration "* ]] && ! is_left_out network; then
        tools/fetch_cloud_init.sh > "$work/cloud-init.log" 2>&1 < /dev/null || {
            tail -n 5 "$work/cloud-init.log" >&2
            fail_setup "cloud-init could not be fetched; see above" ".integration/cloud-init is incomplete; the next run goes on." \
                "apt-get update && tools/fetch_cloud_init.sh"; return 1; }
    fi
    # What a lab needs is fetched beside everything else; the lab waits for it, does the rest and says what is wrong.
    if [[ " $* " == *" lab "* ]] && ! is_left_out keystone; then
        setsid tools/prepare_lab.sh > "$work/prepare_lab.log" 2>&1 < /dev/null &
        fetching=$!
    fi
    make_venv
}
