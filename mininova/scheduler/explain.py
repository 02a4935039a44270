# SPDX-License-Identifier: Apache-2.0
"""Scheduling decisions as text, for `nova-manage scheduler explain` and `try`.  New here: Nova has no such thing."""
import itertools

import prettytable

OK, NO = 'ok', 'NO'
SERVERS_NAMED = 20


def render_all(reports, names):
    """Return the text of several reports, oldest first; servers of one decision share its table.

    :param names: {server uuid: name}
    """
    decisions = itertools.groupby(reports, key=lambda report: (report.request_id, report.created_at, report.outcome))
    return '\n\n'.join(_render(list(group), names) for _, group in decisions)


def _render(reports, names):
    first = reports[0]
    when = f'{first.created_at:%Y-%m-%d %H:%M:%S} UTC, ' if first.created_at else ''
    lines = [f'{when}request {first.request_id}']
    for report in reports[:SERVERS_NAMED]:
        name = names.get(report.instance_uuid)
        server = f'{name} ({report.instance_uuid})' if name else report.instance_uuid
        alternates = ', '.join(report.details.get('alternates') or ())
        lines.append(f'  server {server}: {report.summary}' + (f' Next in line: {alternates}.' if alternates else ''))
    if len(reports) > SERVERS_NAMED:
        lines.append(f'  and {len(reports) - SERVERS_NAMED} more servers')
    return '\n'.join(lines + render_details(first.details))


def render_details(details):
    """Return the lines of one decision: what was wanted, the table, and what followed."""
    wanted = details['wanted']
    lines = [f'  wanted: flavor {wanted["flavor"]}: {wanted["vcpus"]} VCPUs, {wanted["memory_mb"]} MB memory, '
             f'{wanted["disk_gb"]} GB disk' + (f', for {details["servers"]} servers' if details['servers'] > 1 else '')]
    lines += _indented(_table(details))
    lines += _reasons(details)
    lines += [f'  lost the claim on {lost["host"]}: {lost["reason"]}' for lost in details['lost_claims']]
    lines += [f'  an earlier build failed on {attempt["host"]}: {attempt["reason"]}' for attempt in details['attempts']]
    lines += [f'  to get past {name}: {remedy}' for name, remedy in details['remedies'].items()]
    spent = details['milliseconds']
    lines.append(f'  it took {spent["total"]} ms: reading {spent["read"]}, filtering {spent["filter"]}, claiming '
                 f'{spent["claim"]}')
    return lines


def _table(details):
    """Return the table of hosts and filters, with weights where a host fits."""
    rows = details['hosts']
    if not rows:
        return ''
    extra = [name for name in details['failed'] if name not in details['filters']]
    tests = extra + details['filters']
    weighed = [row['weights'] for row in rows if row['passed']]
    weighers = list(weighed[0]) if weighed else []
    table = prettytable.PrettyTable(
        ['Host', 'Room (VCPUs/MB/GB)', *(_short(name) for name in tests), *(['Weight'] if weighed else ()),
         *(f'{_short(name)} weight' for name in weighers)])
    table.align = 'r'
    table.align['Host'] = 'l'
    for row in rows:
        failures = {failure['filter']: failure for failure in row.get('failures', ())}
        weights = row.get('weights') or {}
        table.add_row([_name(row), '/'.join(str(amount) for amount in row['room']),
                       *(_cell(failures.get(name)) for name in tests),
                       *([f'{row["weight"]:.3f}' if row['passed'] else ''] if weighed else ()),
                       *(f'{weights[name]:.3f}' if name in weights else '' for name in weighers)])
    return table.get_string()


def _reasons(details):
    """Return one line for each host that does not fit, and how many are not in the table."""
    lines = [f'  {_name(row)}: ' + '; '.join(failure['reason'] for failure in row['failures'])
             for row in details['hosts'] if not row['passed']]
    if details['hosts_left_out']:
        failed = ', '.join(f'{count} by {name}' for name, count in details['failed'].items()) or 'none'
        lines.append(f'  {details["hosts_left_out"]} of {details["considered"]} hosts are not listed; refused: '
                     f'{failed}')
    if details['filters_without_say']:
        lines.append(f'  without a say in this request: {", ".join(details["filters_without_say"])}')
    return lines


def _name(row):
    return row['host'] if row['node'] == row['host'] else f'{row["host"]}:{row["node"]}'


def _short(name):
    for suffix in ('Filter', 'Weigher'):
        name = name.removesuffix(suffix)
    return name


def _cell(failure):
    """Return what a filter says of a host: ok, or the numbers it compared."""
    if failure is None:
        return OK
    wanted, had = failure['wanted'], failure['had']
    return f'{NO} {had}<{wanted}' if isinstance(wanted, int) and isinstance(had, int) else NO


def _indented(text):
    return [f'  {line}' for line in text.splitlines()]
