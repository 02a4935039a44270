#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# OpenStack's conformance suite, Tempest, against the lab that devstack/stack.sh made:
#
#   tools/conformance/tempest.sh [--newest] [--list] [ARGUMENTS OF tempest run]
#
#   --without-network  say that there is no Neutron, for the few tests that want that
#   --newest   ask for the newest microversion wherever a test allows it, instead of the oldest
#   --list     print the tests that would run
#
# Without arguments: all of tempest.api.compute and the scenarios.  For example
#   tools/conformance/tempest.sh --regex tempest.api.compute.keypairs
# Tempest gets a virtualenv of its own and a workspace below $CONFORMANCE_DIR (.integration/conformance).
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TREE=$(cd "$HERE/../.." && pwd)
CONFORMANCE_DIR=${CONFORMANCE_DIR:-$TREE/.integration/conformance}
VENV=$CONFORMANCE_DIR/venv
CONCURRENCY=${CONCURRENCY:-2}
WORKSPACE=$CONFORMANCE_DIR/tempest LIST=''
export OLDEST=2.1 NEUTRON=true          # read by lab.sh
TESTS='tempest\.(api\.compute|scenario|serial_tests\.api\.(compute|admin\.test_aggregates))'

main() {
    while [ $# -gt 0 ]; do
        case $1 in
            --newest) WORKSPACE=$CONFORMANCE_DIR/tempest-newest OLDEST=newest ;;
            --without-network) WORKSPACE=$CONFORMANCE_DIR/tempest-without-network NEUTRON=false ;;
            --list) LIST=--list-tests ;;
            --help) sed -n '4,15s/^# \{0,1\}//p' "$0"; return ;;
            *) break ;;
        esac
        shift
    done
    install_tempest
    # shellcheck source=/dev/null
    source "$HERE/lab.sh"
    trap leave_lab EXIT
    prepare_lab
    make_workspace
    run_tempest "$@"
}

install_tempest() {
    # which its scenarios run on this machine
    command -v ping > /dev/null || { echo "tempest.sh: there is no ping; apt-get install iputils-ping" >&2; exit 2; }
    [ ! -x "$VENV/bin/tempest" ] || return 0
    python3 -m venv "$VENV"
    "$VENV/bin/python" -m pip install -q --disable-pip-version-check -r "$HERE/requirements.txt"
}

make_workspace() {
    mkdir -p "$WORKSPACE"
    [ -e "$WORKSPACE/.stestr.conf" ] ||
        "$VENV/bin/tempest" init --workspace-path "$CONFORMANCE_DIR/workspaces.yaml" "$WORKSPACE"
    tempest_conf > "$WORKSPACE/etc/tempest.conf"
    chmod 600 "$WORKSPACE/etc/tempest.conf"
}

run_tempest() {
    local status=0
    [ $# -gt 0 ] || set -- --regex "$TESTS"
    cd "$WORKSPACE"
    {
        has_routers || cat "$HERE/excluded-without-neutron.txt"
        boots_guests || cat "$HERE/excluded-pretended.txt"
    } > "$WORKSPACE/excluded.txt"
    "$VENV/bin/tempest" run --config-file "$WORKSPACE/etc/tempest.conf" --concurrency "$CONCURRENCY" \
        --exclude-list "$WORKSPACE/excluded.txt" $LIST "$@" || status=$?
    [ -n "$LIST" ] || "$VENV/bin/stestr" last --subunit | "$VENV/bin/python" "$HERE/summary.py"
    return $status
}

main "$@"
