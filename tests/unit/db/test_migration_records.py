# SPDX-License-Identifier: Apache-2.0
"""Migration records and the claims of both ends of a move."""
import pytest

from mininova import context, exception, objects
from mininova.db import claims, migration_records
from mininova.objects import migration as migration_obj


def uuid_of(name):
    return f'10000000-0000-4000-8000-00000000000{name[1:]}'


def make_migration(name, status='migrating', **values):
    """Add a record of server 'i1', 'i2', ... and return its id."""
    instance_uuid = uuid_of(name)
    row = {'uuid': f'00000000-0000-4000-8000-{len(migration_records.list_all()):012}', 'instance_uuid': instance_uuid,
           'status': status, 'migration_type': migration_obj.RESIZE, 'hidden': False, **values}
    return migration_records.insert(row)


@pytest.fixture
def admin(database):
    return context.get_admin_context()


def names(admin, filters, **keywords):
    return [found.id for found in objects.MigrationList.get_by_filters(admin, filters, **keywords)]


def test_a_record_is_changed_only_in_the_status_that_was_expected(admin):
    record = objects.Migration.get_by_id(admin, make_migration('i1'))
    record.status, record.data = 'post-migrating', {'disks': [1]}
    assert record.save(expected_status='migrating')
    late = objects.Migration.get_by_id(admin, record.id)
    late.status = 'error'
    assert not late.save(expected_status=('migrating', 'pre-migrating'))
    found = objects.Migration.get_by_id(admin, record.id)
    assert (found.status, found.data) == ('post-migrating', {'disks': [1]})
    with pytest.raises(exception.MigrationNotFound):
        objects.Migration.get_by_id(admin, 4711)


def test_the_newest_record_of_an_action_is_found(admin):
    make_migration('i1', action_id='a1', status='reverted')
    newer = make_migration('i1', action_id='a2')
    assert objects.Migration.get_current(admin, uuid_of('i1')).id == newer
    assert objects.Migration.get_current(admin, uuid_of('i1'), action_id='a1').status == 'reverted'
    with pytest.raises(exception.MigrationNotFoundByStatus):
        objects.Migration.get_current(admin, uuid_of('i1'), statuses=('finished',))


def test_records_are_listed_by_either_end_by_status_and_in_pages(admin):
    ids = [make_migration(f'i{number}', source_compute='h1', dest_compute=f'd{number}',
                          status='done' if number == 2 else 'running') for number in range(3)]
    assert names(admin, {'host': 'h1'}) == ids[::-1]
    assert names(admin, {'host': 'd1'}) == [ids[1]]
    assert names(admin, {'in_progress': True}) == [ids[1], ids[0]]
    assert names(admin, {'status': ('done', 'nothing')}) == [ids[2]]
    first = objects.MigrationList.get_by_filters(admin, {}, limit=2)
    assert names(admin, {}, marker=first[-1].uuid) == [ids[0]]
    with pytest.raises(exception.MarkerNotFound):
        names(admin, {}, marker='nobody')


def test_the_room_at_both_ends_of_a_move_is_held_until_it_is_decided(fleet):
    """Kept for the migration, claimed anew elsewhere; reverted, the first claim is the only one again."""
    source, target = fleet.add_host('cmp1', vcpus=10), fleet.add_host('cmp2', vcpus=10)
    server = fleet.add_server()
    claims.claim(server, source, 2, 2, 2)
    for _repeat in range(2):
        claims.keep_for_migration(server, source)
        assert claims.claim_many([claims.Wanted(server, target, 3, 3, 3)])[server][1] == target
    assert fleet.used() == {'cmp1': (2, 2, 2), 'cmp2': (3, 3, 3)}
    for _repeat in range(2):
        claims.return_from_migration(server, source)
        assert fleet.used() == {'cmp1': (2, 2, 2), 'cmp2': (0, 0, 0)}
    assert claims.nodes_by_instance([server]) == {server: source}


def test_a_server_can_hold_its_old_and_its_new_size_on_one_node(fleet):
    node = fleet.add_host('cmp1', vcpus=10, memory_mb=10, local_gb=10)
    server = fleet.add_server()
    claims.claim(server, node, 2, 2, 2)
    claims.keep_for_migration(server, node)
    claims.claim(server, node, 3, 3, 3)
    assert fleet.used() == {'cmp1': (5, 5, 5)}
    claims.release(server, 'migration')
    assert fleet.used() == {'cmp1': (3, 3, 3)}
    assert claims.audit() == ([], [])
