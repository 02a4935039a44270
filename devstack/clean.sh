#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Remove every trace of the lab: services, guests, bridges, firewall rules, units, and all of $DEST.
# Packages that apt installed stay.
#
#   ./clean.sh
set -euo pipefail

TOP_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "$(id -u)" -eq 0 ] || exec sudo -E "$TOP_DIR/clean.sh" "$@"
source "$TOP_DIR/lib/all"

if [ ! -e "$DEST/.settings" ]; then
    say "there is no lab at $DEST: nothing to remove"
    exit 0
fi

"$TOP_DIR/unstack.sh"
say "removing"
cleanup_libvirt
! nova_enabled || cleanup_nova_network
cleanup_neutron
! is_service_enabled rabbit || stop_rpc_backend
! is_service_enabled mysql || stop_database
! is_true "$USE_SYSTEMD" || cleanup_systemd
rm -rf "$DEST"
rm -f "$TOP_DIR/.stackenv"
say "  $DEST"
say "clean; packages that apt installed stay"
