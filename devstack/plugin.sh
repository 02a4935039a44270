# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# DevStack plugin: mini-Nova instead of Nova.  DevStack sources it as `plugin.sh MODE PHASE`; the
# functions that are not defined here are DevStack's.

mininova_install() {
    install_package libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils dnsmasq-base nftables conntrack libvirt-dev pkg-config novnc
    python3 -m venv "$MININOVA_VENV"
    sed "s/^libvirt-python===.*/libvirt-python===$(pkg-config --modversion libvirt)/" "$MININOVA_DIR/upper-constraints.txt" \
        > "$MININOVA_VENV/constraints.txt"
    "$MININOVA_VENV/bin/pip" install -c "$MININOVA_VENV/constraints.txt" "${MININOVA_DIR}[libvirt,mysql]"
    sudo ln -sf "$MININOVA_VENV/bin/nova-rootwrap" "$MININOVA_VENV/bin/nova-manage" /usr/local/bin/
}

mininova_configure() {
    sudo install -d -o "$STACK_USER" "$MININOVA_CONF_DIR" "$MININOVA_STATE"
    cp -r "$MININOVA_DIR/etc/nova/." "$MININOVA_CONF_DIR/"
    iniset "$MININOVA_CONF" DEFAULT transport_url "$(get_transport_url)"
    iniset "$MININOVA_CONF" DEFAULT my_ip "$HOST_IP"
    iniset "$MININOVA_CONF" DEFAULT state_path "$MININOVA_STATE"
    iniset "$MININOVA_CONF" DEFAULT instances_path "$MININOVA_STATE/instances"
    iniset "$MININOVA_CONF" DEFAULT compute_driver libvirt.LibvirtDriver
    iniset "$MININOVA_CONF" DEFAULT rootwrap_config "$MININOVA_CONF_DIR/rootwrap.conf"
    iniset "$MININOVA_CONF" DEFAULT use_stderr true
    iniset "$MININOVA_CONF" DEFAULT osapi_compute_workers "$API_WORKERS"
    iniset "$MININOVA_CONF" DEFAULT metadata_workers 1
    iniset "$MININOVA_CONF" conductor workers "$API_WORKERS"
    iniset "$MININOVA_CONF" api auth_strategy keystone
    iniset "$MININOVA_CONF" database connection "$(database_connection_url nova)"
    iniset "$MININOVA_CONF" image backend glance
    iniset "$MININOVA_CONF" network backend builtin
    iniset "$MININOVA_CONF" vnc server_listen "$HOST_IP"
    iniset "$MININOVA_CONF" vnc server_proxyclient_address "$HOST_IP"
    iniset "$MININOVA_CONF" vnc novncproxy_base_url "http://$SERVICE_HOST:6080/vnc_lite.html"
    iniset "$MININOVA_CONF" oslo_concurrency lock_path "$MININOVA_STATE/locks"
    mininova_credentials keystone_authtoken
    mininova_credentials glance
}

mininova_credentials() {        # mininova_credentials SECTION
    iniset "$MININOVA_CONF" "$1" auth_type password
    iniset "$MININOVA_CONF" "$1" auth_url "$KEYSTONE_SERVICE_URI"
    iniset "$MININOVA_CONF" "$1" username nova
    iniset "$MININOVA_CONF" "$1" password "$SERVICE_PASSWORD"
    iniset "$MININOVA_CONF" "$1" user_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$MININOVA_CONF" "$1" project_name "$SERVICE_PROJECT_NAME"
    iniset "$MININOVA_CONF" "$1" project_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$MININOVA_CONF" "$1" region_name "$REGION_NAME"
}

mininova_accounts() {
    create_service_user nova admin
    get_or_create_service nova compute 'Compute service'
    get_or_create_endpoint compute "$REGION_NAME" "http://$SERVICE_HOST:8774/v2.1"
}

mininova_start() {
    local conf="--config-file $MININOVA_CONF" manage=("$MININOVA_VENV/bin/nova-manage" --config-file "$MININOVA_CONF")
    recreate_database nova
    "${manage[@]}" db sync
    run_process mn-api "$MININOVA_VENV/bin/nova-api $conf"
    run_process mn-cond "$MININOVA_VENV/bin/nova-conductor $conf"
    run_process mn-sch "$MININOVA_VENV/bin/nova-scheduler $conf"
    run_process mn-novnc "$MININOVA_VENV/bin/nova-novncproxy $conf"
    run_process mn-net "$MININOVA_VENV/bin/nova-network $conf"
    run_process mn-cpu "$MININOVA_VENV/bin/nova-compute $conf" "$LIBVIRT_GROUP"
    "${manage[@]}" network create --label private --cidr "$MININOVA_NETWORK_RANGE"
}

mininova_stop() {
    local name
    for name in mn-api mn-novnc mn-sch mn-cond mn-net mn-cpu; do stop_process "$name"; done
}

case "$1 ${2-}" in
    'stack install') mininova_install ;;
    'stack post-config') mininova_configure; mininova_accounts ;;
    'stack extra') mininova_start ;;
    'unstack ') mininova_stop ;;
    'clean ') sudo rm -rf "$MININOVA_VENV" "$MININOVA_STATE" /usr/local/bin/nova-rootwrap /usr/local/bin/nova-manage ;;
esac
