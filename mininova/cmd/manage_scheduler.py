# SPDX-License-Identifier: Apache-2.0
"""Explain why servers went where they went, try a request without making a server, and tell how much still fits."""
from mininova import context, exception, objects
from mininova.scheduler import explain


def add_arguments(parser):
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    what = actions.add_parser('explain', help='show why a server was put on its host, or on none')
    what.add_argument('key', metavar='SERVER|REQUEST', help='uuid or name of a server, or a request id (req-...)')
    what.set_defaults(function=run_explain)


def run_explain(arguments):
    print(explain_key(arguments.key))


def explain_key(key):
    """Return the text that explains every scheduling decision of a server or request.

    :raises SchedulingReportNotFound: none is recorded
    """
    admin = context.get_admin_context(read_deleted='yes')
    reports = list(objects.SchedulingReportList.get_by_key(admin, key))
    if not reports:
        raise exception.SchedulingReportNotFound(key=key)
    return '\n\n'.join(explain.render(report) for report in reports)
