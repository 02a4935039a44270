#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The functional tests that openstacksdk and python-novaclient bring with them, against the lab of devstack/stack.sh:
#
#   tools/conformance/clients.sh [sdk] [nova]
#
# Both when none is named.  They get a virtualenv and their sources below $CONFORMANCE_DIR (.integration/conformance).
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TREE=$(cd "$HERE/../.." && pwd)
CONFORMANCE_DIR=${CONFORMANCE_DIR:-$TREE/.integration/conformance}
VENV=$CONFORMANCE_DIR/venv-clients
SOURCES=$CONFORMANCE_DIR/sources
# These clients look for networks where Neutron would be.
export NETWORK_SERVICE=network
export OLDEST=2.1 NEUTRON=true          # read by lab.sh

main() {
    local wanted=() name status=0
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '4,8s/^# \{0,1\}//p' "$0"; return ;;
            sdk|nova) wanted+=("$1") ;;
            *) echo "clients.sh: unknown argument $1; try --help" >&2; return 2 ;;
        esac
        shift
    done
    [ ${#wanted[@]} -gt 0 ] || wanted=(sdk nova)
    install_clients
    # shellcheck source=/dev/null
    source "$HERE/lab.sh"
    trap leave_lab EXIT
    prepare_lab
    write_clouds
    for name in "${wanted[@]}"; do
        echo "== $name"
        "test_$name" || status=$?
    done
    return $status
}

install_clients() {
    [ ! -x "$VENV/bin/stestr" ] || return 0
    mkdir -p "$SOURCES"
    python3 -m venv "$VENV"
    "$VENV/bin/python" -m pip install -q --disable-pip-version-check -r "$HERE/client-requirements.txt"
    # What is installed has no tests; the sources have.
    "$VENV/bin/python" -m pip download -q --disable-pip-version-check --no-deps --no-binary :all: -d "$SOURCES" \
        "$(pinned openstacksdk)" "$(pinned python-novaclient)"
    local archive
    for archive in "$SOURCES"/*.tar.gz; do tar -xzf "$archive" -C "$SOURCES"; done
}

pinned() { "$VENV/bin/python" -m pip freeze | grep "^$1=="; }

write_clouds() {
    cat > "$CONFORMANCE_DIR/clouds.yaml" << EOC
clouds:
$(cloud devstack demo demo "$(password demo)" demo)
$(cloud devstack-admin admin admin "$(password admin)" admin)
$(cloud functional_admin admin admin "$(password admin)" admin)
$(cloud devstack-alt alt alt "$ALT_PASSWORD" alt)
  devstack-system-admin:
    region_name: $OS_REGION_NAME
    auth: {auth_url: "$OS_AUTH_URL", username: admin, password: "$(password admin)", user_domain_id: default, system_scope: all}
EOC
    chmod 600 "$CONFORMANCE_DIR/clouds.yaml"
}

password() { (source "$TREE/devstack/openrc" "$1" && echo "$OS_PASSWORD"); }

cloud() {
    cat << EOC
  $1:
    region_name: $OS_REGION_NAME
    auth: {auth_url: "$OS_AUTH_URL", username: $2, project_name: $3, password: "$4", user_domain_id: default, project_domain_id: default}
EOC
}

# run_in FOLDER FILTER: the tests below a folder whose names match.
run_in() {
    local folder=$1 filter=$2 status=0
    cd "$folder"
    [ -d .stestr ] || "$VENV/bin/stestr" init
    # credentials in the environment would make a cloud of their own
    env -u OS_USERNAME -u OS_PASSWORD -u OS_PROJECT_NAME -u OS_AUTH_URL -u OS_AUTH_TYPE -u OS_IDENTITY_API_VERSION \
        -u OS_USER_DOMAIN_NAME -u OS_PROJECT_DOMAIN_NAME -u OS_REGION_NAME \
        OS_CLIENT_CONFIG_FILE="$CONFORMANCE_DIR/clouds.yaml" TOX_ENV_DIR="$VENV" OS_NOVACLIENT_NETWORK=private OPENSTACKSDK_IMAGE=mini-guest OPENSTACKSDK_FLAVOR=m1.nano OS_TEST_TIMEOUT=300 \
        "$VENV/bin/stestr" --test-path "$TEST_PATH" --top-dir . run --concurrency 1 "$filter" || status=$?
    "$VENV/bin/stestr" last --subunit | "$VENV/bin/python" "$HERE/summary.py"
    return $status
}

test_sdk() {
    TEST_PATH=openstack/tests/functional \
        run_in "$(echo "$SOURCES"/openstacksdk-*/)" 'functional\.(compute|cloud\.test_(compute|inventory))'
}

test_nova() {
    TEST_PATH=novaclient/tests/functional run_in "$(echo "$SOURCES"/python_novaclient-*/)" .
}

main "$@"
