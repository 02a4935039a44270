# SPDX-License-Identifier: Apache-2.0
"""Schemas of answers that nothing here gives: those of clouds with volumes, with Ironic, with hosts that obey."""
import copy

import pytest

from mininova.api.openstack.compute.schemas import assisted_volume_snapshots, baremetal_nodes, hosts, volumes
from mininova.api.validation import responses

A, B, C = (f'{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}' for digit in '123')
NODE = {'id': A, 'host': 'IRONIC MANAGED', 'cpus': '8', 'memory_mb': '8192', 'disk_gb': '100', 'task_state': 'active',
        'interfaces': []}
VOLUME = {'id': A, 'displayName': 'root', 'displayDescription': None, 'createdAt': '2026-01-02T03:04:05.000000',
          'size': 10, 'status': 'in-use', 'availabilityZone': 'nova', 'volumeType': None, 'snapshotId': None,
          'metadata': {'a': 'b'}, 'attachments': [{'id': A, 'volumeId': A, 'serverId': B, 'device': '/dev/vda'}]}
SNAPSHOT = {'id': A, 'displayName': None, 'displayDescription': 'daily', 'createdAt': '2026-01-02T03:04:05.000000',
            'size': 10, 'status': 'available', 'volumeId': B}
ANSWERS = [
    (volumes.index_response, {'volumes': [VOLUME]}),
    (volumes.show_response, {'volume': {**VOLUME, 'snapshotId': C, 'attachments': [{}]}}),
    (volumes.snapshot_index_response, {'snapshots': [SNAPSHOT]}),
    (volumes.snapshot_show_response, {'snapshot': SNAPSHOT}),
    (assisted_volume_snapshots.create_response, {'snapshot': {'id': A, 'volumeId': B}}),
    (baremetal_nodes.index_response, {'nodes': [NODE]}),
    (baremetal_nodes.show_response, {'node': {**NODE, 'interfaces': [{'address': '52:54:00:00:00:01'}],
                                              'instance_uuid': B}}),
    (hosts.update_response, {'host': 'cmp1', 'status': 'disabled', 'maintenance_mode': 'off_maintenance'}),
    (hosts.startup_response, {'host': 'cmp1', 'power_action': 'startup'}),
    (hosts.shutdown_response, {'host': 'cmp1', 'power_action': 'shutdown'}),
    (hosts.reboot_response, {'host': 'cmp1', 'power_action': 'reboot'}),
]


def faults(answer, document):
    return responses.Answer(answer.schema_for('2.1')).faults(document)


@pytest.mark.parametrize(('answer', 'document'), ANSWERS)
def test_an_answer_in_the_form_of_nova(answer, document):
    assert faults(answer, document) == []


@pytest.mark.parametrize(('answer', 'document'), ANSWERS)
def test_another_key_and_a_missing_one_are_noticed(answer, document):
    changed = copy.deepcopy(document)
    about = next(iter(changed.values())) if len(changed) == 1 else changed
    about = about[0] if isinstance(about, list) else about
    about['colour'] = 'red'
    assert 'colour' in faults(answer, changed)[0]
    del about['colour'], about[next(iter(about))]
    assert 'is a required property' in faults(answer, changed)[0]


@pytest.mark.parametrize('name', ['create', 'delete', 'add_interface', 'remove_interface'])
@pytest.mark.parametrize('document', [None, {}, {'node': NODE}])
def test_what_only_refuses_has_no_right_answer(name, document):
    assert faults(getattr(baremetal_nodes, f'{name}_response'), document)
