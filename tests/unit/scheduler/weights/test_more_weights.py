# SPDX-License-Identifier: Apache-2.0
"""Weighers of load, failures, versions, devices, metrics and images; multipliers that aggregates say."""
import logging

import pytest

from mininova import exception
from mininova.scheduler import weights
from mininova.scheduler.weights import (
    compute,
    cross_cell,
    hypervisor_version,
    image_props,
    io_ops,
    metrics,
    num_instances,
    pci,
    ram,
)
from tests.unit.scheduler import states


def devices(*counts):
    return {'pci_stats': [{'count': count} for count in counts]}


def failed(number):
    return {'stats': {'failed_builds': number}}


@pytest.mark.parametrize(('cls', 'hosts', 'expected'), [
    (io_ops.IoOpsWeigher, [{'num_io_ops': 0}, {'num_io_ops': 2}, {'num_io_ops': 8}], [0.0, -0.25, -1.0]),
    (hypervisor_version.HypervisorVersionWeigher,
     [{'hypervisor_version': 7000000}, {'hypervisor_version': 8000000}, {'hypervisor_version': None}],
     [0.875, 1.0, 0.0]),
    (compute.BuildFailureWeigher, [failed(0), failed(1), failed(4), {'stats': None}],
     [1000000.0, 750000.0, 0.0, 1000000.0]),
    (pci.PCIWeigher, [{}, devices(10, 15), devices(100), devices(90, 90)], [1.0, 0.75, 0.0, 0.0]),
])
def test_default_multipliers(cls, hosts, expected):
    weigher = cls(states.spec())
    assert weigher.weigh_all([states.state(**host) for host in hosts]) == pytest.approx(expected)


def test_servers_count_only_when_asked(conf):
    hosts = [states.state(running_vms=number) for number in (0, 5, 10)]
    assert weights.weigh([num_instances.NumInstancesWeigher(states.spec())], hosts) == ([0.0] * 3, {})
    conf.config(group='filter_scheduler', num_instances_weight_multiplier=-2.0)
    assert num_instances.NumInstancesWeigher(states.spec()).weigh_all(hosts) == [0.0, -1.0, -2.0]


def test_one_failed_build_outvotes_all_room():
    good, bad = states.state(memory_mb=1), states.state(memory_mb=10 ** 9, **failed(1))
    totals, _ = weights.weigh([ram.RAMWeigher(states.spec()), compute.BuildFailureWeigher(states.spec())], [good, bad])
    assert totals[0] > totals[1]


def test_there_is_one_cell():
    weigher = cross_cell.CrossCellWeigher(states.spec())
    assert weigher.multiplier == 1000000.0
    assert weights.weigh([weigher], [states.state(), states.state(memory_mb=1)]) == ([0.0, 0.0], {})
    assert weigher.weigh_all([states.state(), states.state(memory_mb=1)]) == [0.0, 0.0]


# -- multipliers by aggregate -----------------------------------------------------------------------


def total(hosts, *weighers):
    return weights.weigh([cls(states.spec()) for cls in weighers], hosts)[0]


def test_an_aggregate_says_how_much_an_opinion_counts_for_its_hosts():
    hosts = [states.state(memory_mb=300, aggregates=[{'ram_weight_multiplier': '3.0'}, {'ram_weight_multiplier': '2'}]),
             states.state(memory_mb=200), states.state(memory_mb=100, aggregates=[{'ram_weight_multiplier': '9'}])]
    assert total(hosts, ram.RAMWeigher) == [2.0, 0.5, 0.0]


def test_an_aggregate_turns_on_what_is_off_and_off_what_is_on(conf):
    conf.config(group='filter_scheduler', ram_weight_multiplier=0.0)
    hosts = [states.state(memory_mb=200, aggregates=[{'ram_weight_multiplier': '-5'}]), states.state(memory_mb=100),
             states.state(memory_mb=200)]
    assert total(hosts, ram.RAMWeigher) == [-5.0, 0.0, 0.0]
    hosts = [states.state(num_io_ops=5, aggregates=[{'io_ops_weight_multiplier': '0'}]), states.state(num_io_ops=0)]
    assert total(hosts, io_ops.IoOpsWeigher) == [0.0, 0.0]


def test_a_wrong_multiplier_of_an_aggregate_is_told_and_ignored(caplog):
    hosts = [states.state(memory_mb=200, aggregates=[{'ram_weight_multiplier': 'much'}]), states.state(memory_mb=100)]
    with caplog.at_level(logging.WARNING):
        assert total(hosts, ram.RAMWeigher) == [1.0, 0.0]
    assert 'ram_weight_multiplier of aggregate a1 is ignored' in caplog.text


def test_a_weigher_without_a_say_is_not_turned_on_by_an_aggregate():
    hosts = [states.state(aggregates=[{'cross_cell_move_weight_multiplier': '5', 'metrics_weight_multiplier': '5'}]),
             states.state()]
    assert weights.weigh([cross_cell.CrossCellWeigher(states.spec()), metrics.MetricsWeigher(states.spec())],
                         hosts) == ([0.0, 0.0], {})


# -- metrics -------------------------------------------------------------------------------------------


def reporting(**values):
    return states.state(stats={'metrics': [{'name': name.replace('_', '.'), 'value': value}
                                           for name, value in values.items()]})


def test_metrics_are_added_up_by_their_ratios(conf):
    conf.config(group='metrics', weight_setting=['cpu.percent=-1', ' cpu.frequency = 0.01'])
    weigher = metrics.MetricsWeigher(states.spec())
    assert weigher.weigh(reporting(cpu_percent=0.5, cpu_frequency=2000)) == 19.5
    hosts = [reporting(cpu_percent=percent, cpu_frequency=2000) for percent in (0.1, 0.5, 0.9)]
    assert weigher.weigh_all(hosts) == pytest.approx([1.0, 0.5, 0.0])
    conf.config(group='metrics', weight_multiplier=-2.0)
    assert metrics.MetricsWeigher(states.spec()).weigh_all(hosts) == pytest.approx([-2.0, -1.0, 0.0])


def test_a_missing_metric_fails_the_request(conf):
    conf.config(group='metrics', weight_setting=['cpu.percent=1'])
    with pytest.raises(exception.ComputeHostMetricNotFound,
                       match='Metric cpu.percent could not be found on the compute host node cmp1.cmp1.'):
        metrics.MetricsWeigher(states.spec()).weigh_all([states.state()])


def test_or_makes_the_host_the_last_one(conf):
    conf.config(group='metrics', weight_setting=['cpu.percent=1', 'other=0'], required=False)
    weigher = metrics.MetricsWeigher(states.spec())
    assert [weigher.weigh(host) for host in (states.state(), reporting(cpu_percent=3))] == [-10000.0, 3.0]
    conf.config(group='metrics', weight_of_unavailable=-1.5)
    assert weigher.weigh(states.state()) == -1.5


def test_wrong_entries_of_the_setting_are_told_and_ignored(conf, caplog):
    entries = ['cpu.percent=1', 'cpu.frequency', 'x=much', '=3', 'y=nan', 'z=']
    conf.config(group='metrics', weight_setting=entries)
    metrics.parse.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert [metrics.setting() for _ in range(2)] == [[('cpu.percent', 1.0)]] * 2
    line, = caplog.messages
    assert 'cpu.frequency, x=much, =3, y=nan, z=' in line


# -- images ---------------------------------------------------------------------------------------------


def test_images_are_not_looked_at_unless_that_counts(monkeypatch):
    monkeypatch.setattr('mininova.objects.host_states.count_image_properties', lambda wanted: 1 / 0)
    weigher = image_props.ImagePropertiesWeigher(states.spec(properties={'os_distro': 'debian'}))
    assert weights.weigh([weigher], [states.state(), states.state()])[1] == {}


@pytest.mark.parametrize(('properties', 'setting'), [({}, []), ({'os_distro': 'debian'}, ['hw_machine_type=1']),
                                                     ({'os_distro': 'debian'}, ['os_distro=0'])])
def test_an_image_without_the_properties_has_no_say(conf, properties, setting):
    conf.config(group='filter_scheduler', image_props_weight_multiplier=1.0, image_props_weight_setting=setting)
    assert not image_props.ImagePropertiesWeigher(states.spec(properties=properties)).applies
    assert not image_props.ImagePropertiesWeigher(states.spec(image=False)).applies
