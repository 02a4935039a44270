# SPDX-License-Identifier: Apache-2.0
"""Network filters: chains of rules that libvirt puts in front of a guest's card.  Runs in nova-compute.

https://libvirt.org/formatnwfilter.html
"""
import dataclasses

from mininova.virt.libvirt.config import base


@dataclasses.dataclass
class Rule(base.Element):
    """One rule; `match` is a protocol and its conditions, or None for every frame."""

    action: str
    direction: str
    priority: int
    protocol: str | None = None
    match: dict = dataclasses.field(default_factory=dict)
    negate: bool = False

    def to_element(self):
        made = base.parent('rule', action=self.action, direction=self.direction, priority=self.priority)
        if self.protocol:
            made.append(base.parent(self.protocol, match='no' if self.negate else None, **self.match))
        return made


@dataclasses.dataclass
class Filter(base.Element):
    """A named filter.

    :ivar chain: 'root', 'mac', 'ipv4', 'ipv6', 'arp' ...
    :ivar references: names of filters that it includes
    :ivar uuid: that of the filter of this name which libvirt has already, None for a new one
    """

    name: str
    chain: str = 'root'
    priority: int | None = None
    uuid: str | None = None
    references: tuple = ()
    rules: tuple = ()

    def to_element(self):
        made = base.parent('filter', name=self.name, chain=self.chain, priority=self.priority)
        if self.uuid:
            made.append(base.element('uuid', self.uuid))
        for name in self.references:
            made.append(base.parent('filterref', filter=name))
        for rule in self.rules:
            made.append(rule.to_element())
        return made
