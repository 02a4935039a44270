# SPDX-License-Identifier: Apache-2.0
"""The lab script's own functions, in a real bash: settings, passwords, files, ports, processes, failures.

That stack.sh brings up a cloud is seen by running it (devstack/README.rst); here is what it is made of.
"""
import pathlib
import socket
import subprocess
import urllib.parse

import pytest
from oslo_config import cfg

DEVSTACK = pathlib.Path(__file__).parents[2] / 'devstack'
HARD_PASSWORD = 'p@ss:w/ord%41$HOME"q\'\\ #;{}ü'


@pytest.fixture
def bash(tmp_path):
    """Give a function that runs a script with the lab's functions and settings loaded."""
    def run(script, check=True, local_conf='', **environment):
        (tmp_path / 'local.conf').write_text(local_conf)
        prelude = (f'set -eEuo pipefail\nTOP_DIR={DEVSTACK}\nsource "$TOP_DIR/lib/all"\n'
                   'mkdir -p "$STATUS_DIR" "$LOG_DIR"\n')
        done = subprocess.run(
            ['bash', '-c', prelude + script, 'stack.sh'], text=True, capture_output=True, timeout=60,
            env={'PATH': '/usr/bin:/bin:/usr/sbin:/sbin', 'DEST': str(tmp_path / 'dest'),
                 'LOCAL_CONF': str(tmp_path / 'local.conf'), **environment})
        assert not check or done.returncode == 0, done.stderr + done.stdout
        return done
    return run


def test_the_environment_wins_over_local_conf_and_that_over_the_defaults(bash):
    conf = '[[local|localrc]]\nAPI_PORT=1111\nGLANCE_PORT=2222\n[[post-config|$NOVA_CONF]]\nAPI_PORT=3333\n'
    done = bash('echo $API_PORT $GLANCE_PORT $METADATA_PORT', local_conf=conf, API_PORT='4444')
    assert done.stdout.split() == ['4444', '2222', '8775']


def test_services_are_switched_on_and_off_in_local_conf(bash):
    conf = ('[[local|localrc]]\nenable_service n-api-meta n-sproxy\ndisable_service n-net, g-api\n'
            'DATABASE_TYPE=sqlite\n')
    done = bash('echo $ENABLED_SERVICES; echo ${SERVICES[@]}', local_conf=conf)
    enabled, table = done.stdout.splitlines()
    assert enabled == 'rabbit,key,n-api,n-cond,n-sch,n-cpu,n-novnc,n-api-meta,n-sproxy'
    assert table == 'rabbit key n-api n-api-meta n-cond n-sch n-novnc n-sproxy n-cpu'


def test_each_pretended_host_has_services_of_its_own(bash):
    done = bash('echo ${SERVICES[@]}; echo ${SERVICE_COMMAND[n-cpu-2]}',
                VIRT_DRIVER='fake', NUMBER_FAKE_NOVA_COMPUTE='2')
    table, command = done.stdout.splitlines()
    assert table.endswith('n-net-1 n-cpu-1 n-net-2 n-cpu-2') and 'n-novnc' not in table
    assert command.endswith('nova-host-2.conf')


NEUTRON = '[[local|localrc]]\nenable_service neutron\n'


def test_neutron_stands_for_its_services_and_against_nova_network(bash):
    table, = bash('echo ${SERVICES[@]}', local_conf=NEUTRON).stdout.splitlines()
    assert ' ovsdb ovs q-svc q-rpc q-agt q-dhcp q-meta q-l3 ' in table and 'n-net' not in table
    pretended, = bash('echo ${SERVICES[@]}', local_conf=NEUTRON, VIRT_DRIVER='fake').stdout.splitlines()
    assert ' q-svc q-rpc ' in pretended and 'q-agt' not in pretended and 'n-net' not in pretended


@pytest.mark.parametrize('floating, mapped', [('192.0.2.0/26', True), ('', False)])
def test_a_router_of_neutron_is_for_floating_addresses(bash, floating, mapped):
    written = bash('make_passwords; neutron_conf', local_conf=NEUTRON, FLOATING_RANGE=floating).stdout
    assert ('bridge_mappings = public:br-ex' in written) == mapped
    script = ('ovs-vsctl() { echo "ovs-vsctl $*"; }; ip() { echo "ip $*"; }; first_address() { echo 192.0.2.1/26; }; '
              'make_external_bridge')
    done = bash(script, local_conf=NEUTRON, FLOATING_RANGE=floating).stdout
    assert ('ip address replace 192.0.2.1/26 dev br-ex' in done) == mapped
    with_device = bash(script, local_conf=NEUTRON, FLOATING_RANGE=floating, PUBLIC_INTERFACE='lo').stdout
    assert ('add-port br-ex lo' in with_device) == mapped and 'ip address' not in with_device


def test_a_password_with_any_character_survives_every_quoting(bash, tmp_path):
    script = ('make_passwords; unset ADMIN_PASSWORD; load_passwords; printf "%s\\n" "$ADMIN_PASSWORD"; '
              'urlencode "$ADMIN_PASSWORD"; echo; '
              'printf "[s]\\no = %s\\n" "$(ini_text "$ADMIN_PASSWORD")" > $DEST/x.conf')
    kept, quoted = bash(script, ADMIN_PASSWORD=HARD_PASSWORD).stdout.splitlines()
    assert kept == HARD_PASSWORD
    assert urllib.parse.unquote(quoted) == HARD_PASSWORD
    assert urllib.parse.urlsplit(f'http://u:{quoted}@h/').hostname == 'h'
    conf = cfg.ConfigOpts()
    conf.register_opt(cfg.StrOpt('o'), group='s')
    conf(['--config-file', str(tmp_path / 'dest' / 'x.conf')])
    assert conf.s.o == HARD_PASSWORD


def test_generated_passwords_are_kept_and_nobody_else_may_read_them(bash, tmp_path):
    first = bash('make_passwords; echo "$DEMO_PASSWORD"').stdout
    assert len(first) > 12 and bash('make_passwords; echo "$DEMO_PASSWORD"').stdout == first
    assert (tmp_path / 'dest' / '.passwords').stat().st_mode & 0o777 == 0o600


def test_post_config_replaces_and_adds_options(bash):
    conf = '[[post-config|$NOVA_CONF]]\n[DEFAULT]\na = 1\nb=x = y\n[new]\n# no\nc = 3\n[[local|localrc]]\n'
    script = ('mkdir -p "$(dirname "$NOVA_CONF")"; printf "[DEFAULT]\\na = 0\\n\\n[old]\\na = 0\\n" > "$NOVA_CONF"; '
              'merge_post_config NOVA_CONF; grep . "$NOVA_CONF"')
    assert bash(script, local_conf=conf).stdout.splitlines() == [
        '[DEFAULT]', 'a = 1', 'b = x = y', '[old]', 'a = 0', '[new]', 'c = 3']


def test_the_holder_of_a_port_is_named_and_a_free_port_is_found(bash):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        done = bash(f'holder=$(port_holder {port}); describe_pid $holder; free_port {port}')
        assert 'pytest' in done.stdout and 'user ' in done.stdout
        assert int(done.stdout.splitlines()[-1]) > port


def test_a_taken_port_stops_the_lab_before_anything_is_changed(tmp_path):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [DEVSTACK / 'stack.sh'], text=True, capture_output=True, timeout=60,
            env={'PATH': '/usr/bin:/bin', 'DEST': str(tmp_path / 'dest'), 'KEYSTONE_PORT': port, 'FORCE': 'yes',
                 'LOCAL_CONF': '/dev/null'})
    assert done.returncode == 1
    what, why, left, following = done.stdout.splitlines()[-4:]
    assert f'port {port} is in use' in what and 'pid ' in why and 'nothing' in left and 'KEYSTONE_PORT=' in following
    assert not (tmp_path / 'dest' / 'data').exists()


def test_a_pid_file_is_not_believed_when_its_number_went_to_another_process(bash):
    script = ('start_daemon one sleep 60; alive "$STATUS_DIR/one.pid" && echo running; '
              'cp "$STATUS_DIR/one.pid.started" "$STATUS_DIR/two.pid.started"; echo $$ > "$STATUS_DIR/two.pid"; '
              'alive "$STATUS_DIR/two.pid" || echo stranger; stop_process "$STATUS_DIR/two.pid"; '
              'stop_process "$STATUS_DIR/one.pid"; alive "$STATUS_DIR/one.pid" || echo gone')
    assert bash(script).stdout.split() == ['running', 'stranger', 'gone']


def test_an_unexpected_failure_says_what_why_what_is_left_and_what_to_do(bash):
    script = ('trap unexpected_failure ERR\nopen_log\nbreak_down() { echo "disk on fire"; false; }\n'
              'STEPS=1\nrun_step work break_down')
    done = bash(script, check=False)
    assert done.returncode == 1
    report = done.stdout[done.stdout.index('FAILED'):]
    assert '(work): `false' in report.splitlines()[0] and 'disk on fire' in report
    assert [line[:8] for line in report.splitlines() if ':' in line[:8]] == ['  Why:  ', '  Left: ', '  Next: ']


@pytest.mark.needs('network')
def test_a_public_device_is_made_and_removed_if_it_is_ours(bash):
    """In a network namespace of its own."""
    script = ('unshare --net --mount bash -eu -c \'mount -t sysfs none /sys; source "$TOP_DIR/lib/all"; {0}\'')
    body = ('make_public_interface; make_public_interface; ip -br link show $PUBLIC_INTERFACE; '
            'remove_public_interface; remove_public_interface; ip link show $PUBLIC_INTERFACE || echo gone')
    done = bash('export TOP_DIR; ' + script.format(body))
    first, *rest = done.stdout.splitlines()
    assert first.startswith('br-public') and rest[-1] == 'gone'
    theirs = ('ip link add eth7 type bridge; PUBLIC_INTERFACE=eth7; make_public_interface; remove_public_interface; '
              'ip -br link show eth7')
    assert 'eth7' in bash('export TOP_DIR; ' + script.format(theirs)).stdout


def test_a_pool_is_filled_once(bash):
    script = ('nova_manage() { echo "nova-manage $*" >&2; [ "$2" != create ] || touch "$DEST/filled"; '
              '[ "$2" != list ] || [ ! -e "$DEST/filled" ] || echo "| public |"; }\n'
              'create_floating_pool; create_floating_pool')
    done = bash(script)
    assert done.stderr.count('floating create --ip_range 172.24.4.0/24 --pool public') == 1
    assert 'create' not in bash('rm -f "$DEST/filled"; ' + script, FLOATING_RANGE='').stderr
