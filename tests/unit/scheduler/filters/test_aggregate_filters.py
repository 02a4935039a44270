# SPDX-License-Identifier: Apache-2.0
"""Filters that read nothing but the metadata of a host's aggregates."""
import pytest

from mininova.scheduler import filters
from mininova.scheduler.filters import (
    aggregate_image_properties_isolation,
    aggregate_instance_extra_specs,
    aggregate_multitenancy_isolation,
    type_filter,
)
from tests.unit.scheduler import states


def passes(cls, written, **wanted):
    """Ask one filter about a host in aggregates with some metadata; returns True or the text of the reason."""
    tester = cls(states.spec(**wanted))
    reason = tester.host_passes(states.state(aggregates=written)) if tester.applies else filters.PASS
    return True if reason is filters.PASS else reason.text


# -- AggregateInstanceExtraSpecsFilter ----------------------------------------------------


@pytest.mark.parametrize(('specs', 'written', 'expected'), [
    ({}, [], True),
    ({'ssd': 'true'}, [{'ssd': 'true'}], True),
    ({'ssd': 'true'}, [{}, {'ssd': 'true'}], True),
    ({'aggregate_instance_extra_specs:ssd': 'true'}, [{'ssd': 'true'}], True),
    ({'ssd': 'true'}, [{'ssd': 'false'}, {'ssd': 'true'}], True),
    ({'ssd': 'true'}, [{'ssd': 'false, true'}], True),
    ({'cores': '>= 4'}, [{'cores': '8'}], True),
    ({'hw:cpu_policy': 'dedicated'}, [], True),
    ({'capabilities:free_ram_mb': '>= 9'}, [], True),
    ({'aggregate_instance_extra_specs:a:b': '1'}, [{'a:b': '1'}], True),
    ({'ssd': 'true'}, [], 'in no aggregate with ssd'),
    ({'ssd': 'true'}, [{'disk': 'ssd'}], 'in no aggregate with ssd'),
    ({'ssd': 'true'}, [{'ssd': 'no'}, {'ssd': 'maybe'}], 'in aggregates with ssd = maybe, no, wanted true'),
    ({'cores': '>= 4'}, [{'cores': 'many'}], 'in aggregates with cores = many, wanted >= 4'),
])
def test_extra_specs(specs, written, expected):
    cls = aggregate_instance_extra_specs.AggregateInstanceExtraSpecsFilter
    assert passes(cls, written, extra_specs=specs) == expected


# -- AggregateImagePropertiesIsolation ---------------------------------------------------------


@pytest.mark.parametrize(('properties', 'written', 'expected'), [
    ({}, [{'os_distro': 'ubuntu'}], True),
    ({'os_distro': 'debian'}, [], True),
    ({'os_distro': 'debian'}, [{'ssd': 'true'}], True),
    ({'os_distro': 'debian'}, [{'os_distro': 'ubuntu, debian'}], True),
    ({'os_distro': 'debian'}, [{'os_distro': 'ubuntu'}, {'os_distro': 'debian'}], True),
    ({'hw_cpu_cores': 4}, [{'hw_cpu_cores': '4'}], True),
    ({'os_distro': 'debian'}, [{'os_distro': 'ubuntu'}],
     'for images with os_distro = ubuntu, this one has debian'),
])
def test_image_properties(properties, written, expected):
    cls = aggregate_image_properties_isolation.AggregateImagePropertiesIsolation
    assert passes(cls, written, properties=properties) == expected


def test_a_server_without_an_image_contradicts_nothing():
    cls = aggregate_image_properties_isolation.AggregateImagePropertiesIsolation
    assert passes(cls, [{'os_distro': 'ubuntu'}], image=False) is True


def test_with_a_namespace_only_its_keys_count(conf):
    conf.config(group='filter_scheduler', aggregate_image_properties_isolation_namespace='iso',
                aggregate_image_properties_isolation_separator='_')
    cls = aggregate_image_properties_isolation.AggregateImagePropertiesIsolation
    written = [{'iso_os': 'linux', 'os_distro': 'ubuntu', 'isolated': 'yes'}]
    assert passes(cls, written, properties={'iso_os': 'linux', 'os_distro': 'debian', 'isolated': 'no'}) is True
    assert passes(cls, written, properties={'iso_os': 'hurd'}) == (
        'for images with iso_os = linux, this one has hurd')


# -- AggregateMultiTenancyIsolation --------------------------------------------------------------


@pytest.mark.parametrize(('written', 'expected'), [
    ([], True),
    ([{'ssd': 'true'}], True),
    ([{'filter_tenant_id': 'p'}], True),
    ([{'filter_tenant_id': 'other, p'}], True),
    ([{'filter_tenant_id': 'other'}, {'filter_tenant_id': 'p'}], True),
    ([{'filter_tenant_id': 'other', 'filter_tenant_id3': 'p'}], True),
    ([{'filter_tenant_id': 'other'}], 'reserved for other projects'),
    ([{'filter_tenant_id_more': 'other'}, {}], 'reserved for other projects'),
])
def test_projects(written, expected):
    cls = aggregate_multitenancy_isolation.AggregateMultiTenancyIsolation
    assert passes(cls, written, project_id='p') == expected


def test_which_projects_it_is_for_is_for_administrators_only():
    tester = aggregate_multitenancy_isolation.AggregateMultiTenancyIsolation(states.spec(project_id='p'))
    reason = tester.host_passes(states.state(aggregates=[{'filter_tenant_id': 'secret, hidden'}]))
    assert ('secret' in reason.text, reason.had) == (False, 'hidden, secret')


# -- AggregateTypeAffinityFilter ----------------------------------------------------------------------


@pytest.mark.parametrize(('written', 'expected'), [
    ([], True),
    ([{'instance_type': 'm1.test'}], True),
    ([{'instance_type': 'm1.big, m1.test'}], True),
    ([{'instance_type': 'm1.big'}, {'instance_type': 'm1.test'}], True),
    ([{'instance_type': 'm1.big,m1.huge'}], 'for flavors m1.big, m1.huge only, not m1.test'),
])
def test_flavors(written, expected):
    assert passes(type_filter.AggregateTypeAffinityFilter, written) == expected


# -- all of them ------------------------------------------------------------------------------------------


def test_hosts_in_the_same_aggregates_are_judged_once(monkeypatch):
    tester = type_filter.AggregateTypeAffinityFilter(states.spec())
    judged = []
    monkeypatch.setattr(tester, 'judge', lambda metadata: judged.append(metadata) or filters.PASS)
    shared, other = states.metadata({'a': '1'}), states.metadata({'a': '2'})
    hosts = [states.state().placed(frozenset(), metadata, None, None) for metadata in (shared, other, shared)]
    assert tester.split(hosts) == (hosts, [])
    assert judged == [shared, other]
