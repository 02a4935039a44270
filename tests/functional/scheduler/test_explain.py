# SPDX-License-Identifier: Apache-2.0
"""What is kept of a decision, and what nova-manage makes of it."""
import argparse
import datetime

import pytest
import sqlalchemy as sa
from oslo_messaging.rpc import dispatcher

from mininova import exception, objects
from mininova.cmd import manage_scheduler
from mininova.db import models, session
from tests.fixtures import pci_devices
from tests.fixtures.texts import about


def refuse(fleet, server, **wanted):
    with pytest.raises(dispatcher.ExpectedException):
        fleet.schedule([server], **wanted)


def manage(capsys, *words):
    """Run `nova-manage scheduler WORDS`; returns (exit code, what it printed)."""
    parser = argparse.ArgumentParser()
    manage_scheduler.add_arguments(parser)
    arguments = parser.parse_args(words)
    code = arguments.function(arguments) or 0
    return code, capsys.readouterr().out


@pytest.fixture
def flavor(fleet):
    made = objects.Flavor(fleet.context, flavorid='1', name='m1.tiny', memory_mb=512, vcpus=1, root_gb=1,
                          ephemeral_gb=0, swap=0)
    made.create()
    return made


def test_capacity_and_try_know_what_aliases_of_a_flavor_mean(fleet, flavor, capsys, conf):
    conf.config(group='pci', alias=['{"name": "gpu", "vendor_id": "10de", "product_id": "1eb8"}'])
    flavor.set_extra_specs({'pci_passthrough:alias': 'gpu:2'})
    fleet.add_host('cmp1', pci_devices=pci_devices.gpus(5))
    fleet.add_host('cmp2', pci_devices=pci_devices.gpus(1))
    text = manage(capsys, 'capacity', '--flavor', '1')[1]
    assert 'needs 2 PCI devices of alias gpu (10de:1eb8), has 1 free' in text
    assert text.splitlines()[-1] == '2 more servers of flavor m1.tiny fit.'
    assert [manage(capsys, 'try', '--flavor', '1', '-n', count)[0] for count in '23'] == [0, 1]
    conf.config(group='pci', alias=[])
    assert 'PCI alias gpu is not defined' in manage(capsys, 'capacity')[1]


# -- reports --------------------------------------------------------------------


def test_a_success_keeps_hosts_weights_and_alternates(fleet):
    fleet.add_host('cmp1', memory_mb=4096)
    fleet.add_host('cmp2')
    fleet.add_host('cmp3', disabled_reason='new disk')
    server = fleet.add_server()
    fleet.schedule([server])
    report, = fleet.reports(server)
    assert (report.outcome, report.selected_host) == ('placed', 'cmp2')
    assert report.request_id == fleet.context.request_id
    assert report.summary == 'cmp2 was chosen of 2 hosts that fit; 3 were considered.'
    best, second, failed = report.details['hosts']
    assert (best['host'], best['weights']) == ('cmp2', {'RAMWeigher': 1.0})
    assert (second['host'], second['weight']) == ('cmp1', 0.0)
    assert (failed['host'], failed['failures'][0]['reason']) == ('cmp3', 'disabled: new disk')
    assert report.details['alternates'] == ['cmp1']
    assert report.details['failed'] == {'ComputeFilter': 1}


def test_a_failure_keeps_everything_that_is_wrong_with_each_host(fleet):
    fleet.add_host('cmp1', age=80, memory_mb=1024)
    server = fleet.add_server()
    refuse(fleet, server, memory_mb=2048)
    report, = fleet.reports(server)
    assert (report.outcome, report.selected_host) == ('failed', None)
    assert about(report.summary) == (
        'No valid host was found. 0 of 1 hosts fit: 1 ComputeFilter (cmp1 down for 8x s).')
    row, = report.details['hosts']
    assert [failure['filter'] for failure in row['failures']] == ['ComputeFilter', 'RamFilter']
    assert (row['failures'][1]['wanted'], row['failures'][1]['had']) == (2048, 1024)


def test_a_report_of_many_hosts_is_short_but_counts_all(fleet):
    for number in range(60):
        fleet.add_host(f'big{number}')
    for number in range(60):
        fleet.add_host(f'small{number}', memory_mb=100)
    server = fleet.add_server()
    fleet.schedule([server])
    report, = fleet.reports(server)
    rows = report.details['hosts']
    assert [sum(row['passed'] is passed for row in rows) for passed in (True, False)] == [40, 10]
    assert (report.details['hosts_left_out'], report.details['failed']) == (70, {'RamFilter': 60})


def test_every_server_of_a_request_has_its_report(fleet):
    fleet.add_host('cmp1')
    fleet.add_host('cmp2')
    servers = [fleet.add_server() for _ in range(3)]
    chosen = {server: hosts[0]['host'] for server, hosts in zip(servers, fleet.schedule(servers), strict=True)}
    reports = fleet.reports(fleet.context.request_id)
    assert {report.instance_uuid: report.selected_host for report in reports} == chosen


def test_a_repeat_is_not_reported_again(fleet):
    fleet.add_host('cmp1')
    server = fleet.add_server()
    fleet.schedule([server])
    fleet.schedule([server])
    assert len(fleet.reports(server)) == 1


def test_a_report_that_cannot_be_written_changes_nothing(fleet, monkeypatch):
    def fail(*args):
        raise RuntimeError('no room')
    monkeypatch.setattr(objects.SchedulingReportList, 'store', fail)
    server = fleet.add_server()
    refuse(fleet, server)
    fleet.add_host('cmp1')
    assert fleet.host_of(servers=[server]) == 'cmp1'


def test_old_reports_are_forgotten(fleet, conf):
    conf.config(group='scheduler', explain_keep_days=30)
    fleet.add_host('cmp1')
    old, new = fleet.add_server(), fleet.add_server()
    fleet.schedule([old])
    fleet.reports(old)
    table = models.scheduling_reports
    with session.writer() as connection:
        connection.execute(sa.update(table).values(
            created_at=datetime.datetime.now() - datetime.timedelta(days=31)))
    fleet.schedule([new])
    fleet.reports(new)
    (_, forget, _), = fleet.manager.periodic_tasks()
    forget()
    assert (len(fleet.reports(old)), len(fleet.reports(new))) == (0, 1)


# -- explain --------------------------------------------------------------------


def test_explain_shows_the_table_with_numbers_and_what_to_change(fleet, capsys):
    fleet.add_host('cmp1', memory_mb=8192, reserved_memory_mb=512)
    fleet.add_host('cmp2', age=72)
    server = fleet.add_server()
    refuse(fleet, server, memory_mb=65536)
    code, text = manage(capsys, 'explain', server)
    assert code == 0
    assert f'server vm ({server}): No valid host was found. 0 of 2 hosts fit' in text
    assert 'NO 7680<65536' in text
    assert 'cmp1: needs 65536 MB, free 7680 MB = (8192 - 512 reserved) x 1 - 0 claimed' in text
    assert 'cmp2: down for 7x s; needs 65536 MB' in about(text)
    assert 'to get past RamFilter: nova.conf of a host: [DEFAULT] ram_allocation_ratio' in text


def test_explain_knows_servers_by_name_and_by_request(fleet, capsys):
    fleet.add_host('cmp1')
    server = fleet.add_server()
    fleet.schedule([server])
    fleet.reports(server)
    for key in ('vm', fleet.context.request_id):
        assert f'{server}): cmp1 was chosen of 1 hosts that fit' in manage(capsys, 'explain', key)[1]


def test_explain_tells_all_decisions_and_the_builds_that_failed(fleet, capsys):
    fleet.add_host('cmp1', memory_mb=65536)
    fleet.add_host('cmp2')
    server = fleet.add_server()
    spec = fleet.spec(instance_uuid=server)
    with session.writer() as connection:
        connection.execute(sa.insert(models.request_specs).values(instance_uuid=server, spec=spec.to_document()))
    fleet.schedule([server])
    fleet.reports(server)
    objects.RequestSpec.add_attempt(fleet.context, server, 'cmp1', 'disk full')
    assert fleet.host_of(servers=[server], attempts=[{'host': 'cmp1', 'reason': 'disk full'}]) == 'cmp2'
    fleet.reports(server)
    text = manage(capsys, 'explain', server)[1]
    assert text.index('cmp1 was chosen') < text.index('cmp2 was chosen')
    assert 'an earlier build failed on cmp1: disk full' in text
    assert 'Builds that failed:\n  cmp1: disk full' in text


def test_servers_of_one_request_share_a_table(fleet, capsys):
    fleet.add_host('cmp1')
    servers = [fleet.add_server() for _ in range(3)]
    fleet.schedule(servers)
    fleet.reports(servers[0])
    text = manage(capsys, 'explain', fleet.context.request_id)[1]
    assert text.count('| Host') == 1
    assert all(server in text for server in servers)


def test_explain_of_nothing_known_is_an_error(fleet, capsys):
    with pytest.raises(exception.SchedulingReportNotFound, match='No scheduling decision is recorded for vm9'):
        manage(capsys, 'explain', 'vm9')


# -- try and capacity ---------------------------------------------------------------


def test_try_claims_nothing(fleet, flavor, capsys):
    fleet.add_host('cmp1')
    fleet.add_host('cmp2')
    code, text = manage(capsys, 'try', '--flavor', 'm1.tiny', '-n', '4')
    assert code == 0
    assert text.startswith('4 of 4 would be placed: cmp1 x 2, cmp2 x 2')
    assert set(fleet.used().values()) == {(0, 0, 0)}


def test_try_tells_why_not_all_fit(fleet, flavor, capsys):
    fleet.add_host('cmp1', memory_mb=1024)
    code, text = manage(capsys, 'try', '--flavor', '1', '-n', '3')
    assert code == 1
    assert text.startswith('2 of 3 would be placed: cmp1 x 2\nNo valid host was found. 2 of 3 servers would fit; for '
                           'the next one 0 of 1 hosts fit: 1 RamFilter')


def test_try_takes_zone_host_hint_and_image_property(fleet, flavor, capsys):
    fleet.add_host('cmp1')
    fleet.add_host('cmp2', memory_mb=65536)
    assert 'placed: cmp1 x 1' in manage(capsys, 'try', '--flavor', '1', '--host', 'cmp1')[1]
    assert 'AvailabilityZoneFilter' in manage(capsys, 'try', '--flavor', '1', '--az', 'elsewhere')[1]
    text = manage(capsys, 'try', '--flavor', '1', '--property', 'hw_architecture=aarch64')[1]
    assert '2 ImagePropertiesFilter (cmp1, cmp2 runs x86_64/qemu/hvm, image wants aarch64)' in text
    server = fleet.add_server()
    fleet.schedule([server])
    assert 'placed: cmp1' in manage(capsys, 'try', '--flavor', '1', '--hint', f'different_host={server}')[1]


def test_capacity_tells_how_many_fit_on_each_host(fleet, flavor, capsys):
    fleet.add_host('cmp1', memory_mb=2048)
    fleet.add_host('cmp2', vcpus=2)
    fleet.add_host('cmp3', age=90)
    code, text = manage(capsys, 'capacity', '--flavor', 'm1.tiny')
    assert code == 0
    assert text.splitlines()[-1] == '6 more servers of flavor m1.tiny fit.'
    assert [line.split()[1:6:2] for line in text.splitlines()[3:5]] == [['cmp1', '4', 'memory'], ['cmp2', '2', 'VCPUs']]
    assert 'ComputeFilter: down for 9x s' in about(text)


def test_capacity_lists_every_flavor(fleet, flavor, capsys):
    fleet.add_host('cmp1', memory_mb=2048)
    text = manage(capsys, 'capacity')[1]
    assert [word for word in text.splitlines()[3].split() if word != '|'] == ['m1.tiny', '1', '512', '1', '4', '1']


def test_capacity_is_what_can_really_be_claimed(fleet, flavor, capsys):
    fleet.add_host('cmp1', memory_mb=2100, vcpus=3)
    fleet.add_host('cmp2', memory_mb=1024)
    text = manage(capsys, 'capacity', '--flavor', '1')[1]
    promised = int(text.splitlines()[-1].split()[0])
    servers = [fleet.add_server() for _ in range(promised)]
    assert len(fleet.schedule(servers)) == promised
    refuse(fleet, fleet.add_server())
