# SPDX-License-Identifier: Apache-2.0
"""The one transaction behind the 202 of POST /servers: quota, instances, intent, or nothing at all.

Nova spreads this over nova/compute/api.py and nova/quota.py.
"""
import sqlalchemy as sa

from mininova.db import groups, instances, models, quotas, security_groups, session


@session.write
def create_instances(connection, drafts, limits=None, group_limit=-1):
    """Write everything that an accepted create consists of.

    :param drafts: per server {'instance': {...columns}, 'metadata': {}, 'tags': [], 'block_devices': [{}],
        'request_spec': {}, 'intent': sealed text or None, 'action': {...columns}, 'group_id': id or None,
        'security_groups': [number, ...]}
    :param limits: {'project_id', 'user_id', 'deltas': {resource: n}} for :func:`quotas.check_within`
    :param group_limit: how many servers the group of the drafts may have, -1 for any number
    :returns: ids of the instances, in order
    :raises TooManyInstances, ServerGroupMemberLimitExceeded: nothing is written (403)
    :raises InstanceGroupNotFound, SecurityGroupNotFound: the group was deleted meanwhile (400)
    """
    if limits:
        quotas.check_within(connection, **limits)
    ids = [instances.insert(connection, draft['instance']) for draft in drafts]
    now = session.now()
    for draft in drafts:
        uuid = draft['instance']['uuid']
        instances.insert_metadata(connection, uuid, draft.get('metadata'))
        instances.insert_tags(connection, uuid, draft.get('tags'))
    uuids = [draft['instance']['uuid'] for draft in drafts]
    if drafts[0].get('security_groups'):
        security_groups.add_members(connection, uuids, drafts[0]['security_groups'])
    if drafts[0].get('group_id'):
        groups.add_members(connection, drafts[0]['group_id'], uuids, group_limit)
    stamp = {'created_at': now, 'updated_at': now}
    devices = [{**device, **stamp} for draft in drafts for device in draft.get('block_devices', ())]
    if devices:
        connection.execute(sa.insert(models.block_device_mapping), devices)
    connection.execute(sa.insert(models.request_specs), [
        {'instance_uuid': draft['instance']['uuid'], 'spec': draft['request_spec'], 'intent': draft.get('intent'),
         **stamp}
        for draft in drafts])
    connection.execute(sa.insert(models.instance_actions), [
        {**draft['action'], 'start_time': now, **stamp} for draft in drafts])
    return ids
