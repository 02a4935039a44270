# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by tempest.sh and clients.sh: what the lab has, and the tempest.conf that says so.

# shellcheck source=/dev/null
source "$TREE/devstack/openrc" admin admin

yes_if() { if "$@"; then echo true; else echo false; fi; }

pretends() { [ "$HYPERVISOR" = fake ]; }
has_more_hosts() { [ "$HOSTS" -gt 1 ]; }
boots_guests() { ! pretends; }

# A lab without Neutron: network.py shows its networks in Neutron's words, as a service of a type that no client knows.
export NETWORK_SERVICE=${NETWORK_SERVICE:-tempest-network}
PUBLIC=''               # id of Neutron's network with floating addresses
has_routers() { [ -n "$PUBLIC" ]; }
NETWORK_PORT=${NETWORK_PORT:-9696}
NETWORK_PID=''

lab() { "$DEST/venv-client/bin/python" "$HERE/lab.py" "$@"; }

prepare_lab() {
    local words
    PUBLIC=$(lab public)
    if has_routers; then
        NETWORK_SERVICE=network
        words=$(lab prepare)
    else
        # no function here: $! would be the shell around it
        "$DEST/venv-client/bin/python" "$HERE/network.py" "$NETWORK_PORT" > "$CONFORMANCE_DIR/network.log" 2>&1 &
        NETWORK_PID=$!
        words=$(lab prepare "http://127.0.0.1:$NETWORK_PORT")
    fi
    eval "$words"                       # HOSTS HYPERVISOR IMAGE SECOND_IMAGE NEWEST ALT_PASSWORD
}

leave_lab() {
    [ -z "$NETWORK_PID" ] || kill "$NETWORK_PID" 2> /dev/null || true
    lab clean
}

tempest_conf() {
    [ "$OLDEST" != newest ] || OLDEST=$NEWEST
    cat << EOC
[DEFAULT]
log_file = tempest.log
debug = true

[oslo_concurrency]
lock_path = $WORKSPACE/locks

[auth]
use_dynamic_credentials = true
create_isolated_networks = $(yes_if has_routers)
admin_username = $OS_USERNAME
admin_project_name = $OS_PROJECT_NAME
admin_password = $OS_PASSWORD
admin_domain_name = Default

[identity]
uri_v3 = $OS_AUTH_URL
auth_version = v3
region = $OS_REGION_NAME

[service_available]
nova = true
glance = true
neutron = $NEUTRON
cinder = false
swift = false
horizon = false

[enforce_scope]
nova = true

[compute]
image_ref = $IMAGE
image_ref_alt = $SECOND_IMAGE
flavor_ref = 42
flavor_ref_alt = 84
fixed_network_name = $([ "$NEUTRON" = false ] || echo private)
min_microversion = $OLDEST
max_microversion = latest
min_compute_nodes = $HOSTS
build_timeout = 300
shelved_offload_time = 0

[compute-feature-enabled]
hostname_fqdn_sanitization = true
change_password = false
console_output = $(yes_if boots_guests)
resize = true
pause = true
shelve = true
shelve_migrate = $(yes_if has_more_hosts)
suspend = true
cold_migration = $(yes_if has_more_hosts)
live_migration = $(yes_if has_more_hosts)
live_migrate_back_and_forth = $(yes_if has_more_hosts)
block_migration_for_live_migration = true
metadata_service = true
vnc_console = true
serial_console = false
spice_console = false
rescue = true
stable_rescue = true
interface_attach = true
snapshot = true
personality = $(yes_if pretends)
config_drive = true
swap_volume = false
scheduler_enabled_filters = all
nova_policy_roles = admin,manager,member,reader

[validation]
run_validation = $(yes_if boots_guests)
connect_method = $(if has_routers; then echo floating; else echo fixed; fi)
network_for_ssh = private
image_ssh_user = root
image_alt_ssh_user = root
ssh_key_type = ecdsa
security_group = $(yes_if has_routers)
security_group_rules = $(yes_if has_routers)
ping_timeout = 120
ssh_timeout = 300

[network]
catalog_type = $NETWORK_SERVICE
project_networks_reachable = $(if has_routers; then echo false; else echo true; fi)
public_network_id = $PUBLIC
floating_network_name = public

[network-feature-enabled]
api_extensions = $(if has_routers; then echo all; else echo security-group; fi)
floating_ips = $(yes_if has_routers)
port_security = $(yes_if has_routers)
EOC
}
