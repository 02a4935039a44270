# SPDX-License-Identifier: Apache-2.0
"""Faults that tests and operators have the fake hypervisor play.  Runs in nova-compute.  Nova has none.

A fault belongs to a method or to a step of one (``spawn.define``); see ``[fake] faults`` for the text form.
"""
import collections
import dataclasses

from mininova import concurrency, exception

KINDS = ('fail', 'full', 'lost', 'delay')


@dataclasses.dataclass
class Fault:
    """One fault.

    :ivar kind: one of KINDS
    :ivar count: calls it still hits; None means all
    :ivar value: the message, or the seconds of a delay
    """

    kind: str
    count: int | None = 1
    value: str = ''

    def play(self, method):
        """Do what the fault does."""
        if self.kind == 'delay':
            concurrency.sleep(float(self.value or 0))
        elif self.kind == 'full':
            raise exception.DiskNotEnough(path='/fake', reason=self.value or 'no space left on device')
        elif self.kind == 'lost':
            raise exception.HypervisorUnavailable(host=self.value or 'fake')
        else:
            raise exception.InstanceDeployFailure(reason=self.value or f'fault asked for in {method}')


class FaultPlan:
    """Which calls go wrong, and how."""

    def __init__(self, specifications=()):
        self._faults = collections.defaultdict(list)
        for text in specifications:
            self.add_text(text)

    def add(self, method, kind, count=1, value=''):
        """Plan a fault.

        :param method: name of a driver method, or method.step
        :param count: how many calls it hits; 0 or None means all
        :raises ValueError: unknown kind
        """
        if kind not in KINDS:
            raise ValueError(f'Unknown kind of fault {kind!r}; known: {", ".join(KINDS)}.')
        self._faults[method].append(Fault(kind, count or None, value))

    def add_text(self, text):
        """Plan the fault that METHOD:KIND[:COUNT[:VALUE]] describes."""
        method, _, rest = text.strip().partition(':')
        kind, count, value = (rest.split(':', 2) + ['', ''])[:3]
        if not method or (count and not count.isdigit()):
            raise ValueError(f'Fault {text!r} is not METHOD:KIND[:COUNT[:VALUE]].')
        self.add(method, kind or 'fail', int(count) if count else 1, value)

    def clear(self):
        """Forget all faults."""
        self._faults.clear()

    def hit(self, method):
        """Play the faults planned for this call."""
        for fault in list(self._faults.get(method, ())):
            if fault.count is not None:
                fault.count -= 1
                if fault.count <= 0:
                    self._faults[method].remove(fault)
            fault.play(method)
