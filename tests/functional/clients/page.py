# SPDX-License-Identifier: Apache-2.0
"""What the clients offer, what the tables have of it, and what doc/source/clients.rst says of both.

``python -m tests.functional.clients.page`` prints the tables of the page.  To collect the tests imports no client: that
takes a second.
"""
import functools
import importlib.metadata
import pathlib
import re

from tests.functional.clients import nova_resources, nova_servers, openstack_resources, openstack_servers, rows

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = ROOT / 'doc' / 'source' / 'clients.rst'
# The stories are told whole at the first two, shortly at the others.
NOVA = ('2.1', '2.96', '2.37')
OPENSTACK = (None, '2.1', '2.37', '2.90', '2.100')
# What the clients choose by themselves is in every run, the others with --thorough: a row takes a tenth of a second.
ORDINARY = (None, '2.96')
ROWS = {'nova': nova_resources.RESOURCES + nova_servers.SERVERS,
        'openstack': openstack_resources.RESOURCES + openstack_servers.SERVERS}
VOLUMES, SHARES = 'needs Cinder', 'needs Manila'
OFFLINE, NETWORK = 'asks no service', 'asks Neutron only'
# What has no row, and why.
LEFT_OUT = {
    'nova': {
        'volume-attach': VOLUMES, 'volume-detach': VOLUMES, 'volume-update': VOLUMES},
    'openstack': {
        'server add share': SHARES, 'server remove share': SHARES, 'server share show': SHARES,
        'server add volume': VOLUMES, 'server remove volume': VOLUMES, 'server volume set': VOLUMES,
        'server volume update': VOLUMES,
        'cloud cache delete': OFFLINE, 'extension show': NETWORK},
    'sdk': {
        'create_volume_attachment': VOLUMES, 'update_volume_attachment': VOLUMES,
        'delete_volume_attachment': VOLUMES, 'create_share_attachment': SHARES, 'delete_share_attachment': SHARES}}


@functools.cache
def openstack_commands():
    """Return the commands of openstackclient for compute, and those for all services at once."""
    return frozenset(entry.name.replace('_', ' ') for group in ('openstack.compute.v2', 'openstack.common')
                     for entry in importlib.metadata.entry_points(group=group))


@functools.cache
def nova_commands():
    """Return the commands of novaclient, at all microversions together."""
    shell = importlib.import_module('novaclient.v2.shell')
    return frozenset(name[3:].replace('_', '-') for name in vars(shell) if name.startswith('do_'))


@functools.cache
def sdk_methods():
    """Return the methods of openstacksdk's compute proxy."""
    proxy = importlib.import_module('openstack.compute.v2._proxy').Proxy
    return frozenset(name for name, value in vars(proxy).items() if callable(value) and not name.startswith('_'))


def commands(program):
    return openstack_commands() if program == 'openstack' else nova_commands()


def works(program, versions):
    """Return {command: microversions of these at which a row has it succeed}."""
    found = {}
    for row in ROWS[program]:
        command = rows.command_of(row, commands(program))
        if command is not None:
            had = found.setdefault(command, set())
            if row.fails is None:
                had.update(version for version in versions if rows.applies(row, version))
    return found


def table(program):
    """Return {command: columns of the page after it}; what openstack sends by itself only a run can tell."""
    if program == 'nova':
        return {command: ['yes' if version in had else '-' for version in NOVA]
                for command, had in works(program, NOVA).items()}
    return {command: ['yes' if version in had else '-' for version in OPENSTACK[1:]]
            for command, had in works(program, OPENSTACK).items()}


def read_table(program):
    """Return {command: columns} of a table of the page."""
    text = PAGE.read_text()
    begin = text.index(f'.. table of {program}')
    found = {}
    for line in text[begin:].splitlines()[2:]:
        if line.startswith('.. end'):
            break
        words = re.split(r'  +', line.strip())
        if len(words) > 2 and not line.startswith('=') and not line.startswith('command'):
            found[words[0]] = words[1:]
    return found


def main():
    for program in ('nova', 'openstack'):
        for command, columns in sorted(table(program).items()):
            print(f'{command:30}  ' + '  '.join(f'{column:7}' for column in columns).rstrip())


if __name__ == '__main__':
    main()
