# SPDX-License-Identifier: Apache-2.0
"""Through SchedulerManager on a real database: who gets a host, which, and what is claimed."""
import pytest
from oslo_messaging.rpc import dispatcher

from mininova import exception, objects


def refused(fleet, **wanted):
    """Schedule what cannot be placed and return the sentence of the fault."""
    with pytest.raises(dispatcher.ExpectedException) as caught:
        fleet.schedule(**wanted)
    error = caught.value.exc_info[1]
    assert isinstance(error, exception.NoValidHost)
    return error.format_message()


def test_the_host_with_most_room_is_taken_and_claimed(fleet):
    fleet.add_host('small', memory_mb=2048)
    fleet.add_host('big', memory_mb=65536)
    server = fleet.add_server()
    assert fleet.schedule([server], memory_mb=1024)[0][0]['host'] == 'big'
    assert fleet.used() == {'small': (0, 0, 0), 'big': (1, 1024, 1)}
    claim, = objects.AllocationList.get_by_instance(fleet.context, server)
    assert (claim.kind, claim.vcpus, claim.memory_mb, claim.disk_gb) == ('instance', 1, 1024, 1)


def test_without_hosts_that_is_said(fleet):
    assert refused(fleet) == 'No valid host was found. There are no compute hosts.'


def test_the_fault_is_one_sentence_with_numbers(fleet):
    fleet.add_host('cmp1', memory_mb=8192, reserved_memory_mb=512)
    fleet.add_host('cmp2', memory_mb=4096)
    fleet.add_host('cmp3', age=72)
    assert refused(fleet, memory_mb=65536) == (
        'No valid host was found. 0 of 3 hosts fit: 2 RamFilter (needs 65536 MB, most free 7680 MB on cmp1), '
        '1 ComputeFilter (cmp3 down for 72 s).')
