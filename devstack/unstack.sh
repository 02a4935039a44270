#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Stop the lab's services; guests, networks and all data stay for the next stack.sh.
#
#   ./unstack.sh [-a]       -a also stops RabbitMQ, the database, and the libvirtd that stack.sh started
set -euo pipefail

TOP_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "$(id -u)" -eq 0 ] || exec sudo -E "$TOP_DIR/unstack.sh" "$@"
source "$TOP_DIR/lib/all"

case ${1-} in
    '' | -a | --all) ;;
    *) sed -n '4,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

say "stopping the lab at $DEST"
rm -f "$STATUS_DIR/ready"
was_running=$(running_services)
stop_nova
remove_public_interface
! uses_neutron || stop_neutron
! is_service_enabled g-api || stop_glance
! is_service_enabled key || stop_keystone
stop_screen
if [ -n "${1-}" ]; then
    ! is_service_enabled rabbit || stop_rpc_backend
    ! is_service_enabled mysql || stop_database
    stop_libvirt
    stop_switch
fi
still_running=$(running_services)
say "stopped: $(comm -23 <(tr ' ' '\n' <<< "$was_running" | sort) <(tr ' ' '\n' <<< "$still_running" | sort) | tr '\n' ' ')"
[ -z "$still_running" ] || say "still running: $still_running   (unstack.sh -a stops them too)"
