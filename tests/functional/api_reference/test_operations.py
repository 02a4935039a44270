# SPDX-License-Identifier: Apache-2.0
"""Every operation of Nova's Compute API answers at every microversion as Nova's does.

``nova_operations.csv`` says what Nova 34.0.0 has: the first and the last microversion of each operation and the status
of success.  What is here is measured: a request that means something where the operation is offered, a probe where not.
"""
import collections
import csv
import json
import pathlib
import re

import pytest

from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import operations, router
from mininova.api.openstack.compute import routes
from tests.functional.api_reference import pages, story
from tests.plugins import thorough

NOVA = pathlib.Path(__file__).with_name('nova_operations.csv')
LAST = versions.max_api_version().ver_minor
NO_SUCH_OPERATION = 'The resource could not be found.'
# What needs a service that is not here answers so, as Nova does where the service is missing.
WITHOUT_SERVICE = {
    'os-assisted-volume-snapshots': {400}, 'os-baremetal-nodes': {400, 501}, 'os-volumes': {400, 404},
    'os-snapshots': {400, 404},
    'servers/shares': {404}, 'servers/os-volume_attachments': {404}, 'os-hosts': {501}}


class Row:
    """What Nova has of one operation."""

    def __init__(self, method, path, action, first, last, answers):
        self.key = (method, path, action or None)
        self.first, self.last = _minor(first), _minor(last) if last else LAST
        self.is_removed = answers == '410'
        self._answers = answers

    def statuses(self, version):
        """Return the statuses of success at a version."""
        now, _, later = self._answers.partition('; ')
        changed = re.fullmatch(r'(\d+) from 2\.(\d+)', later)
        if changed and version >= int(changed[2]):
            return {int(changed[1])}
        return {int(code) for code in now.split('/')}

    def boundaries(self):
        """Return the versions at which something changes, and the last ones before."""
        found = {1, self.first, self.last, min(self.last + 1, LAST), max(self.first - 1, 1), LAST}
        changed = re.search(r'from 2\.(\d+)', self._answers)
        return sorted(found | ({int(changed[1]), int(changed[1]) - 1} if changed else set()))


def _minor(text):
    return int(text.partition('.')[2])


def nova_rows():
    with NOVA.open() as file:
        return [Row(**row) for row in csv.DictReader(file)]


@pytest.fixture
def offered(conf):
    found = collections.defaultdict(list)
    for operation in operations.list_operations(router.APIRouterV21(routes.installed())):
        found[operation.key].append(operation)
    return found


def test_there_is_what_nova_has_and_nothing_else(offered):
    rows = {row.key for row in nova_rows()}
    assert set(offered) == rows
    assert len(rows) == 265


def test_every_operation_answers_in_its_range_as_nova_does(offered, world, page):
    wrong, table = [], []
    for row in nova_rows():
        bands = []
        for version in row.boundaries() if not thorough.WANTED else range(1, LAST + 1):
            status, message = measure(world, offered[row.key], row, version)
            if not is_right(row, offered[row.key][0], version, status, message):
                wrong.append((row.key, f'2.{version}', status, message))
            bands.append((version, status))
        table.append((*row.key, in_words(bands)))
    assert wrong == []
    page('operations.rst', pages.table_of_operations(table))


def in_words(bands):
    """Return e.g. '2.1 to 2.35: 200; from 2.36: 404'.

    :param bands: [(version, status)] in order, the last version among them
    """
    merged = []
    for version, status in bands:
        if merged and merged[-1][2] == status:
            merged[-1][1] = version
        else:
            merged.append([version, version, status])
    return '; '.join(f'from 2.{first}: {status}' if last == LAST else f'2.{first} to 2.{last}: {status}'
                     for first, last, status in merged)


def is_right(row, operation, version, status, message):
    if not row.first <= version <= row.last:
        return status == 404 and message == NO_SUCH_OPERATION
    if row.is_removed:
        return status == 410
    return status in row.statuses(version) or (
        message != NO_SUCH_OPERATION and status in WITHOUT_SERVICE.get(operation.resource, ()))


def measure(world, ranges, row, version):
    """Return (status, message of a fault) of the operation's request at a version."""
    in_range = row.first <= version <= row.last and not row.is_removed
    asked = story.request(world, ranges[0], version) if in_range else probe(ranges[0])
    answer = send(world.api, ranges[0], asked, version)
    return answer.status, fault_of(answer)


def probe(operation):
    """Return a request for what does not exist, which tells whether the operation does."""
    ids = dict.fromkeys(re.findall(r'{(\w+)}', operation.path), '8a0a0b1c-0000-4000-8000-000000000000')
    return story.Request(ids, {operation.action: {}} if operation.action else {})


def send(client, operation, asked, version):
    path = operation.path.format(**asked.ids) + (f'?{asked.query}' if asked.query else '')
    body = asked.body if operation.method in ('POST', 'PUT') else None
    return client.request(operation.method, path, body, f'2.{version}')


def fault_of(answer):
    """Return the message of a fault, None of another answer."""
    if answer.status < 400 or not answer.headers.get('Content-Type', '').startswith('application/json'):
        return None
    fault, = json.loads(answer.body).values()
    return fault['message']
