# SPDX-License-Identifier: Apache-2.0
"""Explain where servers went, try a request without making a server, and tell how much still fits.

Nova has no such commands.  `try` and `capacity` read the hosts as a scheduler does and claim nothing.
"""
import uuid

import prettytable

from mininova import context, exception, objects
from mininova.db import request_specs
from mininova.image import api as image_api
from mininova.pci import request
from mininova.scheduler import capacity, explain, filter_scheduler, host_manager


def add_arguments(parser):
    """Add the actions of ``nova-manage scheduler`` to its parser."""
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    what = actions.add_parser('explain', help='show why a server was put on its host, or on none')
    what.add_argument('key', metavar='SERVER|REQUEST', help='uuid or name of a server, or a request id (req-...)')
    what.set_defaults(function=run_explain)
    attempt = actions.add_parser('try', help='show where servers would go, without making any')
    _add_request(attempt, required=True)
    attempt.add_argument('-n', '--count', type=int, default=1, metavar='N', help='so many servers (default 1)')
    attempt.set_defaults(function=run_try)
    left = actions.add_parser('capacity', help='show how many more servers fit: of each flavor, or of one on each host')
    _add_request(left, required=False)
    left.set_defaults(function=run_capacity)


def _add_request(parser, required):
    parser.add_argument('--flavor', required=required, metavar='FLAVOR', help='name or id')
    parser.add_argument('--image', metavar='IMAGE', help='name or id')
    parser.add_argument('--property', action='append', default=[], metavar='KEY=VALUE', help='property of the image')
    parser.add_argument('--availability-zone', '--az', metavar='ZONE')
    parser.add_argument('--host', metavar='HOST', help='only this host, filters included')
    parser.add_argument('--hint', action='append', default=[], metavar='KEY=VALUE', help='scheduler hint')


# -- explain --------------------------------------------------------------------


def run_explain(arguments):
    print(explain_key(arguments.key))


def explain_key(key):
    """Return the text that explains every scheduling decision of a server (uuid or name) or request.

    :raises SchedulingReportNotFound: none is recorded
    """
    admin = context.get_admin_context(read_deleted='yes')
    servers = {} if key.startswith('req-') else request_specs.find_servers(key)
    reports = [report for each in (servers or [key]) for report in objects.SchedulingReportList.get_by_key(admin, each)]
    if not reports:
        raise exception.SchedulingReportNotFound(key=key)
    names = request_specs.names_of({report.instance_uuid for report in reports})
    text = explain.render_all(reports, names)
    failed = [line for each in servers for line in _failed_builds(admin, each)]
    return text + ('\n\nBuilds that failed:\n' + '\n'.join(failed) if failed else '')


def _failed_builds(admin, server):
    """Return a line for each host on which a build of a server failed."""
    try:
        spec = objects.RequestSpec.get_by_instance_uuid(admin, server)
    except exception.RequestSpecNotFound:
        return []
    return [f'  {attempt["host"]}: {attempt["reason"]}' for attempt in spec.attempts]


# -- try and capacity -------------------------------------------------------------


def run_try(arguments):
    admin = context.get_admin_context()
    spec = build_spec(admin, find_flavor(admin, arguments.flavor), arguments)
    scheduler = filter_scheduler.FilterScheduler()
    decision = scheduler.try_destinations(admin, spec, arguments.count)
    print(tell(decision, arguments.count))
    return 0 if len(decision.picks) == arguments.count else 1


def tell(decision, count):
    """Return the text of a decision that claimed nothing."""
    hosts = [host.host for host in decision.picks.values()]
    counts = ', '.join(f'{host} x {hosts.count(host)}' for host in dict.fromkeys(hosts))
    lines = [f'{len(hosts)} of {count} would be placed' + (f': {counts}' if counts else '')]
    if decision.failure:
        lines.append(f'No valid host was found. {decision.failure}')
    return '\n'.join(lines + explain.render_details(decision.details()))


def run_capacity(arguments):
    admin = context.get_admin_context()
    manager = host_manager.HostManager()
    if arguments.flavor:
        spec = build_spec(admin, find_flavor(admin, arguments.flavor), arguments)
        found = capacity.of_hosts(manager, spec)
        rows = [(each.host, each.fits, each.limit) for each in found]
        print(_table(('Host', 'More servers', 'What runs out first'), rows))
        print(f'{sum(each.fits for each in found)} more servers of flavor {spec.flavor.name} fit.')
        return 0
    rows = [(flavor.name, flavor.vcpus, flavor.memory_mb, flavor.root_gb + flavor.ephemeral_gb,
             *_capacity_of(admin, manager, flavor, arguments)) for flavor in objects.FlavorList.get_all(admin)]
    print(_table(('Flavor', 'VCPUs', 'Memory MB', 'Disk GB', 'More servers', 'On hosts'), rows))
    return 0


def _capacity_of(admin, manager, flavor, arguments):
    """Return how many more servers of a flavor fit and on how many hosts, or why nobody can have one."""
    try:
        found = capacity.of_hosts(manager, build_spec(admin, flavor, arguments))
    except exception.Invalid as error:
        return 0, error.format_message()
    return sum(each.fits for each in found), sum(each.fits > 0 for each in found)


def _table(titles, rows):
    table = prettytable.PrettyTable(titles)
    table.align = 'l'
    table.add_rows(rows)
    return table.get_string()


def find_flavor(admin, key):
    """Return a flavor by id or name.

    :raises FlavorNotFoundByName: neither
    """
    try:
        return objects.Flavor.get_by_flavor_id(admin, key)
    except exception.FlavorNotFound:
        return objects.Flavor.get_by_name(admin, key)


def build_spec(admin, flavor, arguments):
    """Return the RequestSpec of a server that is only thought of."""
    image = _find_image(admin, arguments.image) if arguments.image else {'properties': {}}
    asked = {key: values[-1] for key, values in _pairs(arguments.property).items()}
    image['properties'] = {**image['properties'], **asked}
    meta = objects.ImageMeta.from_dict(image)
    spec = objects.RequestSpec(
        admin, instance_uuid=str(uuid.uuid4()), flavor=flavor, image=meta,
        pci_requests=request.describe_requests(flavor, meta),
        availability_zone=arguments.availability_zone, requested_host=arguments.host,
        scheduler_hints=_pairs(arguments.hint))
    spec.obj_set_defaults_if_unset()
    return spec


def _find_image(admin, key):
    images = image_api.API()
    try:
        return images.get(admin, key)
    except exception.ImageNotFound:
        named = images.get_all(admin, filters={'name': key})
        if not named:
            raise
        return named[0]


def _pairs(texts):
    """Return {key: [value, ...]} of KEY=VALUE texts."""
    found = {}
    for text in texts:
        key, equals, value = text.partition('=')
        if not equals:
            raise exception.InvalidInput(reason=f'{text!r} is not KEY=VALUE')
        found.setdefault(key, []).append(value)
    return found
