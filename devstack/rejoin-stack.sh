#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Look into the running lab; after a reboot, start it again first, without installing anything.
#
#   ./rejoin-stack.sh       (Ctrl-a d leaves it running)
set -euo pipefail

TOP_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "$(id -u)" -eq 0 ] || exec sudo -E "$TOP_DIR/rejoin-stack.sh" "$@"
source "$TOP_DIR/lib/all"

if is_true "$USE_SYSTEMD"; then
    for name in "${SERVICES[@]}"; do start_service "$name"; done
    say "running: $(running_services)   (journalctl -f -u 'nova-*')"
    exit
fi
[ -e "$SCREENRC" ] || fail "there is no session to rejoin" "$SCREENRC does not exist" 'nothing was changed.' "$TOP_DIR/stack.sh"

if ! session_exists; then
    LOGFILE=$LOG_DIR/rejoin-stack.log
    exec >> "$LOGFILE" 2>&1
    start_rpc_backend
    start_database
    wait_for_rpc_backend
    start_libvirt
    screen -c "$SCREENRC" -d -m
    touch "$STATUS_DIR/ready"
    say "session $SCREEN_NAME was made again: $(tr '\n' ' ' < <(printf '%s\n' "${SERVICES[@]}"))"
fi

if [ -t 3 ]; then exec screen -x "$SCREEN_NAME" <&3 >&3 2>&3; fi
say "screen -x $SCREEN_NAME   looks inside"
