# SPDX-License-Identifier: Apache-2.0
"""Who may import whom: doc/source/architecture.rst, "Layers"."""
import pytest

from tests.architecture import tree

# The longest matching name decides.  A module may import from its own rank and from lower ones.
RANKS = {
    '': 0,
    'cmd': 10,
    'service': 9, 'wsgi': 9, 'config': 9,
    'api': 8, 'console': 8,
    'compute': 7, 'conductor': 7, 'scheduler': 7, 'manager': 7, 'network.manager': 7, 'network.verify': 7,
    'virt': 6,
    'image': 5, 'network': 5, 'volume': 5, 'servicegroup': 5, 'quota': 5, 'block_device': 5, 'availability_zones': 5,
    'notifications': 5, 'scheduler.client': 5,
    'compute.rpcapi': 5, 'conductor.rpcapi': 5, 'scheduler.rpcapi': 5, 'network.rpcapi': 5,
    'baserpc': 5,
    'rpc': 4, 'memory_bus': 4,
    'objects': 3,
    'db': 2,
    'policy': 1, 'context': 1,
    'version': 0, 'exception': 0, 'conf': 0, 'policies': 0, 'utils': 0, 'concurrency': 0, 'crypto': 0, 'crashpoint': 0,
    'hooks': 0, 'privsep': 0, 'httpd': 0, 'service_auth': 0,
    'compute.vm_states': 0, 'compute.task_states': 0, 'compute.power_state': 0, 'compute.instance_actions': 0,
    'compute.state_machine': 0, 'compute.audit_period': 0, 'network.model': 0, 'virt.hardware': 0, 'pci': 0,
}

# Cinder is a later capability; its rank is fixed already.
ROOMS_TO_COME = {'volume', 'crypto', 'quota'}

# Heavy or optional libraries that one module loads when it first needs them, and the module.
LATE_LIBRARIES = {
    'libvirt': 'mininova.virt.libvirt',
    'openstack': 'mininova.image.glance',
    'keystoneauth1': 'mininova.image.glance',
}


def rank(name):
    """Return the rank of a module."""
    short = name.partition('.')[2]
    while short not in RANKS:
        if '.' not in short:
            raise KeyError(f'{name} is in no layer: give it a rank in tests/architecture/test_layers.py')
        short = short.rpartition('.')[0]
    return RANKS[short]


def is_under(name, *packages):
    return any(name == package or name.startswith(package + '.') for package in
               (f'{tree.PACKAGE}.{package}' for package in packages))


def test_every_module_has_a_rank():
    nowhere = []
    for name in tree.modules():
        try:
            rank(name)
        except KeyError as error:
            nowhere.append(error.args[0])
    tree.report(nowhere)


def test_every_row_of_the_table_is_about_something():
    tree.report(f'{short} is in the table and not in the tree' for short in RANKS
                if f'{tree.PACKAGE}.{short}'.rstrip('.') not in tree.modules() and short not in ROOMS_TO_COME)


def test_nothing_imports_upwards():
    tree.report(
        f'{module.where(entry.line)}: rank {rank(name)} imports {entry.target} of rank {rank(entry.target)}'
        for name, module in tree.modules().items() for entry in tree.our_imports(module)
        if rank(entry.target) > rank(name))


def offenders(allowed, target):
    """Yield the imports of a target by modules that are not allowed to."""
    for name, module in tree.modules().items():
        for entry in tree.imports(module):
            if (entry.target == target or entry.target.startswith(target + '.')) and not allowed(name):
                yield f'{module.where(entry.line)}: {entry.target}'


def test_only_objects_and_commands_import_the_database():
    tree.report(offenders(lambda name: is_under(name, 'db', 'objects', 'cmd'), 'mininova.db'))


def test_the_compute_and_network_commands_do_not_import_the_database():
    tree.report(
        f'{tree.modules()[name].where(entry.line)}: {entry.target}'
        for name in ('mininova.cmd.compute', 'mininova.cmd.network')
        for entry in tree.our_imports(tree.modules()[name]) if entry.target.startswith('mininova.db'))


@pytest.mark.parametrize('library, packages', [
    ('sqlalchemy', ['db']), ('alembic', ['db']),
    ('oslo_db', ['db', 'conf.database', 'api.openstack.fault']),
    ('libvirt', ['virt.libvirt']),
    ('webob', ['api']), ('routes', ['api']),
    ('paste', ['wsgi', 'api']),
    ('pyroute2', ['network']),
    ('pycdlib', ['virt']),
    ('openstack', ['image.glance', 'network.neutron']),
    ('eventlet', ['concurrency', 'httpd.green']),
    ('websockify', ['console', 'cmd']),
])
def test_a_library_is_used_in_its_own_room_only(library, packages):
    tree.report(offenders(lambda name: is_under(name, *packages), library))


def test_oslo_messaging_is_used_by_rpc_and_rpcapi_only():
    tree.report(offenders(lambda name: name == 'mininova.rpc' or name.endswith('.rpcapi'), 'oslo_messaging'))


def test_threads_come_from_concurrency_only():
    tree.report(offenders(lambda name: name == 'mininova.concurrency', 'threading'))


def test_the_hypervisor_drivers_know_nothing_above_them():
    """Rank forbids most of it; database and conductor are forbidden although rpcapi modules are lower."""
    tree.report(
        f'{module.where(entry.line)}: {entry.target}'
        for name, module in tree.modules().items() if is_under(name, 'virt')
        for entry in tree.our_imports(module)
        if is_under(entry.target, 'db', 'conductor', 'api', 'scheduler', 'rpc')
        or is_under(entry.target, 'compute') and rank(entry.target) > 0)


def test_a_service_reaches_another_only_through_its_rpcapi():
    """What nova-api runs, ``compute.api`` and its parts, is a side of its own: it never sees the manager."""
    private = [name for name in tree.modules() if name.split('.')[-1] == 'manager' and name.count('.') == 2
               or is_under(name, 'compute.operations', 'conductor.tasks', 'compute.resource_tracker',
                           'compute.reconciler', 'conductor.reconciler', 'scheduler.filters', 'scheduler.weights',
                           'scheduler.host_manager', 'scheduler.filter_scheduler')]
    wrong = []
    for name, module in tree.modules().items():
        if is_under(name, 'cmd'):
            continue
        for entry in tree.our_imports(module):
            if entry.target in private and entry.target.split('.')[1] != name.split('.')[1]:
                wrong.append(f'{module.where(entry.line)}: {entry.target} belongs to another service')
    tree.report(wrong)


def test_what_the_api_calls_does_not_import_what_the_compute_host_runs():
    wrong = []
    for name, module in tree.modules().items():
        if is_under(name, 'compute.api') or name.startswith('mininova.compute.create'):
            wrong += [f'{module.where(entry.line)}: {entry.target}' for entry in tree.our_imports(module)
                      if is_under(entry.target, 'compute.manager', 'compute.operations', 'compute.resource_tracker')]
    tree.report(wrong)


def test_exceptions_depend_on_nothing_of_ours():
    tree.report(f'{name}:{entry.line}: {entry.target}' for name, module in tree.modules().items()
                if is_under(name, 'exception') for entry in tree.our_imports(module)
                if not is_under(entry.target, 'exception'))


def test_policy_does_not_know_the_context():
    tree.report(f'{entry.line}: {entry.target}' for entry in tree.our_imports(tree.modules()['mininova.policy'])
                if entry.target == 'mininova.context')


def test_nothing_is_imported_inside_a_function():
    wrong = []
    for name, module in tree.modules().items():
        if is_under(name, 'cmd', 'concurrency'):
            continue
        for entry in tree.imports(module):
            room = LATE_LIBRARIES.get(entry.target.partition('.')[0])
            if entry.inside and not (room and (name == room or name.startswith(room + '.'))):
                wrong.append(f'{module.where(entry.line)}: {entry.inside}() imports {entry.target}')
    tree.report(wrong)


def test_a_late_library_is_loaded_in_one_place():
    wrong = []
    for library in LATE_LIBRARIES:
        places = [module.where(entry.line) for module in tree.modules().values() for entry in tree.imports(module)
                  if entry.inside and entry.target.partition('.')[0] == library]
        if len(places) > 1:
            wrong.append(f'{library}: {", ".join(places)}')
    tree.report(wrong)


def test_packages_hold_no_code_of_their_own():
    """``__init__`` names what the package offers; the rooms that define it there are Nova's own places."""
    at_nova_s_place = {
        'mininova.api.openstack', 'mininova.conf', 'mininova.policies', 'mininova.objects', 'mininova.cmd',
        'mininova.scheduler.filters', 'mininova.scheduler.weights', 'mininova.api.validation', 'mininova.notifications'}
    wrong = []
    for name, module in tree.modules().items():
        if module.is_package and name not in at_nova_s_place:
            wrong += [f'{module.where(node.lineno)}: {function}' for function, node in tree.functions(module)
                      if function != '__getattr__']
    tree.report(wrong)
