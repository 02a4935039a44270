#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches what the labs of the tests need, into .integration/stack, which is kept: a minute the first time, a second
# later on.  These are the steps of stack.sh that ask the network, by stack.sh's own functions.
set -eEuo pipefail
TOP_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../devstack" && pwd)
export DEST=$TOP_DIR/../.integration/stack LC_ALL=C.UTF-8
mkdir -p "$DEST"
DEST=$(cd "$DEST" && pwd)
exec 9> "$DEST/../lock"
flock 9                             # another process of the tests may be at it
source "$TOP_DIR/lib/all"
mkdir -p "$DEST"/{bin,etc} "$DATA_DIR" "$LOG_DIR" "$STATUS_DIR"
open_log
trap unexpected_failure ERR
trap interrupted INT TERM
STEPS=3
run_step 'packages'    install_packages
run_step 'virtualenvs' install_venvs
run_step 'guest image' build_guest_image
