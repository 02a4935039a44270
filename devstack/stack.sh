#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A lab cloud on this machine: Keystone, Glance, RabbitMQ, MariaDB, libvirt and mini-Nova; Neutron if it is enabled.
#
#   ./stack.sh [--systemd] [--offline]      as root or with sudo; settings: stackrc, local.conf
#
# It may be run again at any time: what is done already is found done.
set -eEuo pipefail

TOP_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "$(id -u)" -eq 0 ] || exec sudo -E "$TOP_DIR/stack.sh" "$@"
for option in "$@"; do
    case $option in
        --systemd) USE_SYSTEMD=True ;;
        --offline) OFFLINE=True ;;
        *) sed -n '4,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done

source "$TOP_DIR/lib/all"

trap unexpected_failure ERR
trap interrupted INT TERM
trap remove_at_exit EXIT

# ---------------------------------------------------------------------------- the steps

run_all_steps() {
    run_step 'machine'       check_machine
    prepare_directories
    run_step 'packages'      install_packages
    run_step 'virtualenvs'   install_venvs
    run_step 'configuration' configure_all
    run_step 'database'      bring_up_database
    run_step 'identity'      bring_up_keystone
    run_step 'images'        bring_up_glance
    run_step 'broker'        wait_for_rpc_backend
    run_step 'network'       bring_up_neutron
    run_step 'hypervisor'    start_libvirt
    run_step 'nova config'   configure_nova
    run_step 'nova schema'   init_nova
    run_step 'services'      start_nova
    run_step 'hosts'         wait_for_hosts
    run_step 'guest image'   make_guest_images
    run_step 'demo data'     create_demo_data
    run_step 'smoke test'    run_smoke_test
}

prepare_directories() {
    mkdir -p "$DEST"/{bin,etc} "$DATA_DIR" "$LOG_DIR" "$STATUS_DIR"
    make_passwords
    remember_settings
    load_service_table                                  # the ports are known now
}

configure_all() {
    configure_database
    configure_rpc_backend
    configure_keystone
    configure_glance
    configure_neutron
    ! is_true "$USE_SYSTEMD" || install_units
    detail "$DEST/etc, passwords in $DEST/.passwords"
}

bring_up_database() { start_rpc_backend; start_database; }
bring_up_keystone() { init_keystone; start_keystone; }
bring_up_glance() { init_glance; start_glance; }

# ---------------------------------------------------------------------------- before and after

lab_is_up() {
    local name
    [ -e "$STATUS_DIR/ready" ] || return 1
    for name in "${SERVICES[@]}"; do service_alive "$name" || return 1; done
}

refuse_to_run_twice() {
    exec 8> "$DEST/.lock"
    flock -n 8 || fail "another stack.sh is at work below $DEST" "it holds $DEST/.lock" 'nothing was changed.' "wait for it to end"
}

memory_mb() {                   # of Nova's processes and their workers, shared pages counted once
    local name pid kb=0
    for name in "${SERVICES[@]}"; do
        [[ $name == n-* ]] || continue
        for pid in $(pgrep -g "$(service_pid "$name" || echo 0)"); do
            kb=$((kb + $(awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup" || echo 0)))
        done
    done
    echo $((kb / 1024))
}

print_summary() {
    say ''
    [ -z "${CONSOLE_LINES-}" ] || say "  guest said    ${CONSOLE_LINES//$'\n'/$'\n'                }"$'\n'
    say "Ready in $SECONDS s$(! nova_enabled || echo ", Nova's processes take $(memory_mb) MB")."
    print_what_next
    say "  timing        $(printf '%s · ' "${TIMES[@]}" | sed 's/ · $//')"
}

print_what_next() {
    say "  credentials   source $TOP_DIR/openrc admin admin   (or: demo demo; passwords in $DEST/.passwords)"
    say "  try           openstack server create --flavor m1.tiny --image $DEFAULT_IMAGE_NAME --wait vm1"
    say "                openstack console log show vm1"
    ! serves n-novnc || say "                openstack console url show vm1     (its screen and keyboard, in a browser of this machine)"
    if is_true "$USE_SYSTEMD"; then
        say "  look inside   systemctl status 'nova-*'; journalctl -f -u 'nova-*'"
    else
        say "  look inside   screen -x $SCREEN_NAME        (Ctrl-a n/p windows, Ctrl-a d leave; Ctrl-C, Up, Enter restarts a service)"
    fi
    say "  logs          $LOG_DIR/n-*.log"
    say "  stop          $TOP_DIR/unstack.sh   (clean.sh removes every trace)"
}

# ---------------------------------------------------------------------------- main

if lab_is_up; then
    say "mini-Nova lab at $DEST is already running: ${SERVICES[*]}"
    print_what_next
    exit 0
fi

STEPS=$(declare -f run_all_steps | grep -c 'run_step ')
mkdir -p "$DEST"
refuse_to_run_twice
open_log
say "mini-Nova lab at $DEST   log: $LOGFILE"
run_all_steps
touch "$STATUS_DIR/ready"
print_summary
