# SPDX-License-Identifier: Apache-2.0
"""What compute hosts do and report, and what the scheduler makes of it: failed builds, tasks, metrics, hints."""
import json

from mininova import exception, objects
from mininova.db import aggregates, services
from mininova.scheduler import filter_scheduler


def stats(whole, host):
    return objects.ComputeNode.get_by_host_and_nodename(whole.admin, host, host).stats


def hypervisor(whole, host):
    return next(shown for shown in whole.api.get('/os-hypervisors/detail').json['hypervisors']
                if shown['hypervisor_hostname'] == host)


def test_failed_builds_are_counted_until_one_works(whole):
    whole.add_host('cmp2')
    whole.faults('cmp1').add('spawn', 'full', count=2)
    for number in (1, 2):
        shown = whole.wait(whole.boot(f'vm{number}', availability_zone='nova'))
        assert (shown['status'], shown['OS-EXT-SRV-ATTR:host']) == ('ACTIVE', 'cmp2')
        # The second one did not even try cmp1.
        assert stats(whole, 'cmp1')['failed_builds'] == 1
    whole.wait(whole.boot('forced', availability_zone='nova:cmp1'))
    assert stats(whole, 'cmp1')['failed_builds'] == 2
    assert 'failed_builds' not in stats(whole, 'cmp2')
    whole.hosts['cmp1'].manager.tracker.update_available_resource(whole.admin)
    assert stats(whole, 'cmp1')['failed_builds'] == 2
    assert whole.wait(whole.boot('works', availability_zone='nova:cmp1'))['status'] == 'ACTIVE'
    whole.until(lambda: 'failed_builds' not in stats(whole, 'cmp1'))


def test_a_host_that_shall_not_tell_of_failed_builds_does_not(whole, cloud):
    cloud.conf(group='compute', consecutive_build_service_disable_threshold=0)
    whole.faults('cmp1').add('spawn', 'full', count=0)
    assert whole.wait(whole.boot())['status'] == 'ERROR'
    assert 'failed_builds' not in stats(whole, 'cmp1')


def test_a_request_that_no_host_could_build_is_not_held_against_the_host(whole, monkeypatch):
    def spawn(context, instance, *arguments):
        raise exception.ImageUnacceptable(image_id=whole.image, reason='it is none')
    monkeypatch.setattr(whole.hosts['cmp1'].manager.driver, 'spawn', spawn)
    shown = whole.wait(whole.boot())
    assert (shown['status'], 'it is none' in shown['fault']['message']) == ('ERROR', True)
    assert 'failed_builds' not in stats(whole, 'cmp1')


def test_an_alternate_is_claimed_by_the_ratio_of_its_aggregate(whole, cloud):
    cloud.conf(cpu_allocation_ratio=0.01)
    cloud.conf(group='filter_scheduler', enabled_filters=['ComputeFilter', 'AggregateCoreFilter'])
    scheduler = next(started for started in whole.services if started.binary == 'nova-scheduler')
    scheduler.manager.driver = filter_scheduler.FilterScheduler()
    whole.hosts['cmp1'].manager.tracker.update_available_resource(whole.admin)
    whole.add_host('cmp2')
    refused = whole.wait(whole.boot('before'))
    assert '2 AggregateCoreFilter (needs 1 VCPUs, most free 0 VCPUs' in refused['fault']['message']
    aggregates.create('packed', {'cpu_allocation_ratio': '1'}, ['cmp1', 'cmp2'])
    whole.faults('cmp1').add('spawn', 'full', count=1)
    whole.faults('cmp2').add('spawn', 'full', count=1)
    server = whole.boot('after')
    assert whole.wait(server)['status'] == 'ERROR'
    attempts = objects.RequestSpec.get_by_instance_uuid(whole.admin, server).attempts
    assert {attempt['host'] for attempt in attempts} == {'cmp1', 'cmp2'}
    scheduler.manager.reports.flush(10)
    outcomes = [report.outcome for report in objects.SchedulingReportList.get_by_key(whole.admin, server)]
    # The second host was the alternate of the first choice: the scheduler was asked again only when both had failed.
    assert outcomes == ['placed', 'failed']
    assert whole.wait(whole.boot('again'))['status'] == 'ACTIVE'
    assert whole.findings() == []


def test_hypervisors_tell_how_many_servers_are_worked_on(whole):
    assert hypervisor(whole, 'cmp1')['current_workload'] == 0
    whole.faults('cmp1').add('spawn', 'delay', value='1')
    server = whole.boot()
    whole.until(lambda: hypervisor(whole, 'cmp1')['current_workload'] == 1)
    assert whole.api.get('/os-hypervisors/statistics').json['hypervisor_statistics']['current_workload'] == 1
    scheduler = next(started.manager for started in whole.services if started.binary == 'nova-scheduler')
    host, = scheduler.driver.host_manager.get_all_host_states()
    assert host.num_io_ops == 1
    whole.wait(server)
    assert hypervisor(whole, 'cmp1')['current_workload'] == 0
    host, = scheduler.driver.host_manager.get_all_host_states()
    assert (host.num_io_ops, host.num_instances) == (0, 1)


def test_a_host_reports_what_its_monitors_measure(whole, cloud):
    cloud.conf(compute_monitors=['cpu.virt_driver'])
    measuring = whole.add_host('cmp2')
    first = {metric['name']: metric for metric in stats(whole, 'cmp2')['metrics']}
    assert 0 <= first['cpu.percent']['value'] <= 1
    assert first['cpu.frequency']['value'] == 2000
    assert 'metrics' not in stats(whole, 'cmp1')
    generation = services.get_node(host='cmp2')['generation']
    measuring.tracker.update_available_resource(whole.admin)
    assert services.get_node(host='cmp2')['generation'] == generation + 1


def test_hints_of_a_request_reach_the_filters(whole, cloud):
    cloud.conf(group='filter_scheduler', enabled_filters=['ComputeFilter', 'JsonFilter', 'SimpleCIDRAffinityFilter'])
    scheduler = next(started for started in whole.services if started.binary == 'nova-scheduler')
    scheduler.manager.driver = filter_scheduler.FilterScheduler()

    def boot(**hints):
        answer = whole.api.post('/servers', {
            'server': {'name': 'vm', 'flavorRef': '1', 'imageRef': whole.image, 'networks': 'none'},
            'os:scheduler_hints': hints}, version='2.96')
        assert answer.status == 202, answer.body
        return whole.wait(answer.json['server']['id'])
    assert boot(query=json.dumps(['>=', '$free_ram_mb', 1]))['status'] == 'ACTIVE'
    refused = boot(query=json.dumps(['<', '$free_ram_mb', 1]))
    assert 'JsonFilter (cmp1 not as the query says)' in refused['fault']['message']
    refused = boot(query={'a': 1})
    assert 'cmp1 cannot be asked the query: it is no list' in refused['fault']['message']
    address = services.get_node(host='cmp1')['host_ip']
    assert boot(build_near_host_ip=address, cidr='/30')['status'] == 'ACTIVE'
    refused = boot(build_near_host_ip='203.0.113.7', cidr='/30')
    assert f'cmp1 has address {address}, not in 203.0.113.4/30' in refused['fault']['message']
