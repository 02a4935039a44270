# SPDX-License-Identifier: Apache-2.0
"""Why a host does not fit, and how many such reasons become one sentence.

Nova has no counterpart: its filters answer False, and the reason is in nobody's log.
"""
import typing

GROUPS_NAMED = 2
HOSTS_NAMED = 3


class Reason(typing.NamedTuple):
    """Why one host failed one test.

    :ivar filter: name of the test
    :ivar text: what follows the host's name in a sentence: 'down for 72 s'
    :ivar wanted: what the request asked for, as it was compared
    :ivar had: what the host had, as it was compared
    """
    filter: str
    text: str
    wanted: object = None
    had: object = None


def join_hosts(hosts):
    """Return 'cmp1, cmp2, cmp3 and 5 more'."""
    named = ', '.join(hosts[:HOSTS_NAMED])
    return named if len(hosts) <= HOSTS_NAMED else f'{named} and {len(hosts) - HOSTS_NAMED} more'


def summarise(rejected):
    """Tell what several hosts failed: 'cmp3 down for 72 s, cmp4 disabled: new disk'.

    :param rejected: list of (host state, Reason)
    """
    by_text = {}
    for host, reason in rejected:
        by_text.setdefault(reason.text, []).append(host.host)
    parts = [f'{join_hosts(hosts)} {text}' for text, hosts in by_text.items()]
    return ', '.join(parts[:GROUPS_NAMED]) + (', ...' if len(parts) > GROUPS_NAMED else '')


def by_filter(rejected):
    """Return {name of the filter: [(host state, Reason), ...]}, the most frequent first."""
    found = {}
    for pair in rejected:
        found.setdefault(pair[1].filter, []).append(pair)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def sentence(considered, rejected, summarisers):
    """Return what follows 'No valid host was found. '.

    :param considered: number of hosts
    :param rejected: list of (host state, Reason), one for each host
    :param summarisers: {name of a filter: its own summarise()}
    """
    if not considered:
        return 'There are no compute hosts.'
    parts = [f'{len(pairs)} {name} ({summarisers.get(name, summarise)(pairs)})'
             for name, pairs in by_filter(rejected).items()]
    return f'0 of {considered} hosts fit: {", ".join(parts)}.'
