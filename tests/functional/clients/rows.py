# SPDX-License-Identifier: Apache-2.0
"""Rows of the tables: a command line, who types it, and what must come of it.

Rows are read in order and tell one story; later ones use what earlier ones made::

    demo('server create --flavor m1.tiny --image demo vm1', {'name': 'vm1'}, save={'vm1': 'id'}, wait='vm1 ACTIVE')
    demo('server show $vm1', {'status': 'ACTIVE', 'addresses': ANY})
    demo('server show nobody', fails='No server found for nobody')
    admin('server list --all-projects --host cmp1', [{'Name': 'vm1'}], since='2.1', until='2.90')

``data`` is a part of what is shown: a dict is a part of a dict, each entry of a list stands for one of a list ([] for
no other), a compiled expression for a text in which it is found, a function for what it accepts.
"""
import itertools
import json
import re
import typing

import pytest

NUMBER = re.compile(r'^-?\d+(\.\d+)?$')
UUID = re.compile(r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
DATE = re.compile(r'^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d')


def ANY(value):
    """Accept anything but nothing."""
    return value not in (None, '', [], {})


class Row(typing.NamedTuple):
    """One command line.

    :ivar command: without the program; ``$name`` stands for what an earlier row saved
    :ivar data: see above; None does not look at it
    :ivar by: whose credentials
    :ivar has: expression that the output has
    :ivar fails: expression of the message of a command that ends with another status than 0
    :ivar save: {name: key of the shown data, or function of it}
    :ivar wait: 'SERVER STATUS', until which the next row waits; 'SERVER gone'
    :ivar since: microversion from which on this row applies, and ``until`` the last one
    :ivar version: microversion of this row alone, whatever the story's
    :ivar stdin: what is typed
    :ivar control: {'group/option': value} set in the services before the command
    :ivar eventually: repeat the command until it shows what is wanted
    """

    command: str
    data: object = None
    by: str = 'demo'
    has: str | None = None
    fails: str | None = None
    save: dict = {}
    wait: str | None = None
    since: str | None = None
    until: str | None = None
    version: str | None = None
    stdin: str = ''
    control: dict = {}
    eventually: bool = False


def demo(command, data=None, **keywords):
    """Return a row of the ordinary user."""
    return Row(command, data, **keywords)


def admin(command, data=None, **keywords):
    """Return a row of the administrator."""
    return Row(command, data, by='admin', **keywords)


def number(version):
    """Return a microversion as something that compares; None, a client's own choice, is above all."""
    return tuple(map(int, version.split('.'))) if version else (99,)


def applies(row, version):
    """Tell whether a row is part of the story at a microversion."""
    return ((row.since is None or number(row.since) <= number(version))
            and (row.until is None or number(version) <= number(row.until)))


def is_the_same_everywhere(row):
    """Tell whether a row only looks, or is refused, and does so alike at every microversion."""
    looks = {'list', 'show'} & set(row.command.split()[:3])
    return bool(looks or row.fails) and not (row.since or row.until or row.save or row.wait or row.control)


def parameters(rows, versions, brief=(), dispensable=(), ordinary=None):
    """Return (values, ids) for pytest.mark.parametrize of (version, row).

    :param brief: microversions without the rows that are the same everywhere, and without the dispensable ones
    :param ordinary: the microversions that are not for ``run_tests.sh --thorough`` only; None is all
    """
    short = [row for row in rows if not is_the_same_everywhere(row) and row not in dispensable]
    values = [(version, row) for version in (*versions, *brief) for row in (short if version in brief else rows)
              if applies(row, version)]
    counts = {}
    ids = []
    for version, row in values:
        counts[version] = counts.get(version, 0) + 1
        ids.append(f'{version or "default"}-{counts[version]:03d}-{row.command[:60]}')
    return [pytest.param(version, row, marks=() if ordinary is None or version in ordinary else pytest.mark.thorough)
            for version, row in values], ids


def command_of(row, known):
    """Return the longest of the known commands with which a row's command line begins, or None."""
    words = row.command.split()
    beginnings = (' '.join(words[:count]) for count in range(len(words), 0, -1))
    return next((beginning for beginning in beginnings if beginning in known), None)


def read_json(text):
    """Return what openstackclient printed as JSON, after what it says of its progress; nothing is an empty list."""
    begin = re.search(r'^[\[{]', text, re.MULTILINE)
    return json.loads(text[begin.start():]) if begin else []


def read_tables(text):
    """Return the tables that novaclient printed: a dict of properties, or a list with a dict per line."""
    rows, header, properties, borders, edges = [], None, True, 0, []
    for line in text.splitlines():
        if line.startswith('+-'):
            borders += 1
            if borders % 3 == 1:            # over the header; the others are under it and at the end
                header, edges = None, [place for place, letter in enumerate(line) if letter == '+']
        if not line.startswith('|'):
            continue
        # Cells may have a bar in them.
        cells = [line[begin + 1:end].strip() for begin, end in itertools.pairwise(edges)]
        if header is None:
            header = cells
            properties = properties and cells == ['Property', 'Value']
        elif properties and not cells[0] and rows:
            rows[-1]['Value'] += cells[1]
        else:
            rows.append(dict(zip(header, cells, strict=True)))
    return {row['Property']: row['Value'] for row in rows} if properties and rows else rows


def matches(wanted, got):
    """Tell whether what is shown has what a row wants."""
    if wanted == []:
        return got == []
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(
            name in got and matches(value, got[name]) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and all(any(matches(entry, one) for one in got) for entry in wanted)
    if isinstance(wanted, re.Pattern):
        return bool(wanted.search(str(got)))
    if callable(wanted):
        return bool(wanted(got))
    # Tables show numbers as text, and what was saved comes back as text.
    as_text = str in (type(wanted), type(got)) and not isinstance(wanted, bool)
    return wanted == got or (as_text and str(wanted) == str(got))
