# SPDX-License-Identifier: Apache-2.0
"""Sets of CPUs as people write them: ``0-7,^3,12``.  Nova: parse_cpu_spec and others of nova/virt/hardware.py."""
import itertools

import mininova.conf
from mininova import exception

CONF = mininova.conf.CONF

# No machine has more; a typing error must not fill the memory.
MOST_CPUS = 65536


def parse_cpu_spec(spec):
    """Return the set of CPU numbers that a text names; ``^`` takes some out again.

    :raises Invalid: it is no such text (400)
    """
    named, excluded = set(), set()
    for part in filter(None, (part.strip() for part in spec.split(','))):
        target = excluded if part.startswith('^') else named
        first, dash, last = part.removeprefix('^').partition('-')
        try:
            begin = int(first)
            end = int(last) if dash else begin
        except ValueError as error:
            raise exception.Invalid(f'Invalid expression {part!r} in the set of CPUs {spec!r}.') from error
        if not 0 <= begin <= end < MOST_CPUS:
            raise exception.Invalid(f'Invalid range expression {part!r} in the set of CPUs {spec!r}.')
        target.update(range(begin, end + 1))
    return named - excluded


def format_cpu_spec(cpus):
    """Return a set of CPU numbers as text, neighbours as ranges: ``0-2,5``."""
    runs = []
    for _, run in itertools.groupby(enumerate(sorted(cpus)), key=lambda pair: pair[1] - pair[0]):
        members = [cpu for _, cpu in run]
        runs.append(str(members[0]) if len(members) == 1 else f'{members[0]}-{members[-1]}')
    return ','.join(runs)


def _configured(name):
    text = getattr(CONF.compute, name)
    if not text:
        return None
    try:
        found = parse_cpu_spec(text)
    except exception.Invalid as error:
        raise exception.InvalidConfiguration(reason=f'[compute] {name}: {error.format_message()}') from error
    if not found:
        raise exception.InvalidConfiguration(reason=f'[compute] {name} = {text} names no CPU.')
    return found


def get_cpu_dedicated_set():
    """Return the CPUs of this host that single servers may have for themselves, None if the option is not set.

    :raises InvalidConfiguration: the option makes no sense, or names CPUs that are shared as well
    """
    dedicated, shared = _configured('cpu_dedicated_set'), _configured('cpu_shared_set')
    if dedicated and shared and dedicated & shared:
        raise exception.InvalidConfiguration(
            reason=f'CPUs {format_cpu_spec(dedicated & shared)} are in both [compute] cpu_dedicated_set and [compute] '
                   'cpu_shared_set; each CPU can be in one of them only.')
    return dedicated


def get_cpu_shared_set():
    """Return the CPUs of this host that servers share, None if the option is not set.

    :raises InvalidConfiguration: the option makes no sense
    """
    return _configured('cpu_shared_set')
