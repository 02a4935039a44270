# SPDX-License-Identifier: Apache-2.0
"""Block device mappings as users give them."""
import types

import pytest

from mininova import block_device, exception

IMAGE = '11111111-1111-4111-8111-111111111111'


def flavor(ephemeral_gb=0, swap=0):
    return types.SimpleNamespace(ephemeral_gb=ephemeral_gb, swap=swap)


@pytest.fixture(autouse=True)
def _conf(conf):
    pass


def test_without_a_word_there_is_the_root_disk():
    device, = block_device.complete([], flavor(), IMAGE)
    assert (device['source_type'], device['destination_type'], device['boot_index'], device['image_id'],
            device['delete_on_termination']) == ('image', 'local', 0, IMAGE, True)


def test_the_root_disk_that_was_named_is_not_doubled():
    named = block_device.from_v2([{'source_type': 'image', 'destination_type': 'local', 'uuid': IMAGE.upper(),
                                   'boot_index': 0}],
                                 IMAGE)
    assert len(block_device.complete(named, flavor(), IMAGE)) == 1


def test_disks_without_a_size_have_the_flavors():
    blank = block_device.from_v2([{'source_type': 'blank'}, {'source_type': 'blank', 'guest_format': 'swap'}], IMAGE)
    sizes = [device['volume_size'] for device in block_device.complete(blank, flavor(7, 128), IMAGE)]
    assert sizes == [None, 7, 128]


def test_no_device_takes_a_disk_out():
    assert block_device.from_v2([{'source_type': 'blank', 'no_device': True}], IMAGE) == []
    assert block_device.from_v1([{'virtual_name': 'swap', 'no_device': True}]) == []


def test_the_old_form_knows_ephemeral_disks_and_swap():
    found = block_device.from_v1([{'virtual_name': 'ephemeral0', 'device_name': 'vdb', 'volume_size': '3'},
                                  {'virtual_name': 'swap', 'device_name': '/dev/vdc'}])
    assert [(device['guest_format'], device['device_name'], device['volume_size']) for device in found] == [
        (None, '/dev/vdb', 3), ('swap', '/dev/vdc', None)]


@pytest.mark.parametrize('indexes', [[1], [0, 2], [0, 0]])
def test_boot_indexes_count_from_zero_without_gaps(indexes):
    devices = [{'source_type': 'blank', 'boot_index': index, 'guest_format': None, 'volume_size': 0}
               for index in indexes]
    with pytest.raises(exception.InvalidBDMBootSequence):
        block_device.complete(devices, flavor(), None)


def test_nothing_to_boot_from():
    with pytest.raises(exception.InvalidBDMBootSequence):
        block_device.complete(block_device.from_v2([{'source_type': 'blank'}], None), flavor(), None)


def test_each_server_gets_disks_of_its_own():
    devices = block_device.complete([], flavor(), IMAGE)
    first, second = block_device.rows_for('a', devices)[0], block_device.rows_for('b', devices)[0]
    assert (first['instance_uuid'], second['instance_uuid']) == ('a', 'b')
    assert first['uuid'] != second['uuid']
