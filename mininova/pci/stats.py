# SPDX-License-Identifier: Apache-2.0
"""The free devices of a host by kind, and which of them a server gets.  Nova: nova/pci/stats.py.

A pool holds devices among which nobody makes a difference.  The pools of a node stand in its row (``pci_stats``), so
that the scheduler knows of the devices without reading them, and picks exactly as the claim will.
"""
import json
import typing

from mininova.pci import device, request

_KEY = ('vendor_id', 'product_id', 'dev_type', 'numa_node', 'parent_addr')


class NUMACells(typing.NamedTuple):
    """The cells of a host that a server is on.

    :ivar ids: numbers of the cells
    :ivar sockets: {number of each cell of the host: its socket, None where it is not known}
    """

    ids: frozenset
    sockets: dict


class Shortage(typing.NamedTuple):
    """Why there are no devices for a server, for a sentence that goes on from the host's name.

    :ivar wanted: devices of a kind that were asked for; had: those there are
    """

    text: str
    wanted: int
    had: int


class PciDeviceStats:
    """Pools of free devices.

    :param pools: as they stand in a node's row; None is no devices
    """

    def __init__(self, pools):
        self.pools = pools or []

    @classmethod
    def from_devices(cls, devices):
        """Build the pools of the free ones among a host's devices (rows of pci_devices)."""
        pools = {}
        for each in sorted(devices, key=lambda each: each['address']):
            if each['status'] != device.AVAILABLE:
                continue
            tags = (each['extra_info'] or {}).get('tags') or {}
            facts = {name: each[name] for name in _KEY}
            key = json.dumps([facts, tags], sort_keys=True)
            pool = pools.setdefault(key, {**facts, 'tags': tags, 'count': 0, 'devices': []})
            pool['devices'].append(each['address'])
            pool['count'] += 1
        return cls(list(pools.values()))

    @property
    def count(self):
        return sum(pool['count'] for pool in self.pools)

    def on_cell(self, requests, cell):
        """Return how many devices on a cell some request could use."""
        return sum(pool['count'] for pool in self.pools if pool['numa_node'] == cell and any(
            each.matches(pool, pool['tags']) for each in requests))

    def fit(self, requests, cells=None):
        """Choose devices for a server.

        :param requests: list of InstancePCIRequest
        :param cells: NUMACells of the server, None if it has no NUMA nodes
        :returns: {request id: [address, ...]}, or Shortage
        """
        whole = [each for each in requests if each.wants_whole]
        chosen = self._choose(whole, cells)
        if isinstance(chosen, Shortage):
            return chosen
        rest = self.without([address for addresses in chosen.values() for address in addresses])
        others = rest._choose([each for each in requests if not each.wants_whole], cells)
        return others if isinstance(others, Shortage) else {**chosen, **others}

    def without(self, addresses):
        """Return what is left when devices are taken, and what they rule out with them."""
        gone = set(addresses)
        whole = gone & {address for pool in self.pools if pool['dev_type'] == device.PF for address in pool['devices']}
        split = {pool['parent_addr'] for pool in self.pools
                 if pool['dev_type'] == device.VF and gone.intersection(pool['devices'])}
        left = []
        for pool in self.pools:
            if pool['dev_type'] == device.VF and pool['parent_addr'] in whole:
                continue
            devices = [address for address in pool['devices'] if address not in gone
                       and not (pool['dev_type'] == device.PF and address in split)]
            if devices:
                left.append({**pool, 'devices': devices, 'count': len(devices)})
        return PciDeviceStats(left)

    # -- choosing ------------------------------------------------------------------------

    def _choose(self, requests, cells):
        """Match every single device that is asked for with one of a pool."""
        offers = {each.request_id: self._offers(each, cells) for each in requests}
        taken = {number: [] for number in range(len(self.pools))}
        for each in requests:
            for index in range(each.count):
                if not self._place((each.request_id, index), offers, taken, set()):
                    return self._shortage(each, offers[each.request_id], cells)
        chosen = {each.request_id: [] for each in requests}
        for number, slots in taken.items():
            devices = self._by_loss(self.pools[number])
            for (request_id, _), address in zip(sorted(slots), devices, strict=False):
                chosen[request_id].append(address)
        return {request_id: sorted(addresses) for request_id, addresses in chosen.items()}

    def _place(self, slot, offers, taken, tried):
        """Give a slot a place in a pool, moving others if need be (augmenting paths)."""
        for number in offers[slot[0]]:
            if number in tried:
                continue
            tried.add(number)
            if len(taken[number]) < self.pools[number]['count']:
                taken[number].append(slot)
                return True
            for other in list(taken[number]):
                if self._place(other, offers, taken, tried):
                    taken[number].remove(other)
                    taken[number].append(slot)
                    return True
        return False

    def _offers(self, wanted, cells):
        """Return the numbers of the pools that suit a request, the best first."""
        found = [number for number, pool in enumerate(self.pools)
                 if wanted.matches(pool, pool['tags']) and _is_near(pool, wanted.numa_policy, cells)]
        return sorted(found, key=lambda number: (_distance(self.pools[number], cells), self._loss(self.pools[number]),
                                                 number))

    def _loss(self, pool):
        """Return how many other devices nobody can have when one of a pool is taken."""
        if pool['dev_type'] == device.PF:
            return min(self._functions(address) for address in pool['devices'])
        if pool['dev_type'] == device.VF:
            return int(any(pool['parent_addr'] in other['devices'] for other in self.pools
                           if other['dev_type'] == device.PF))
        return 0

    def _functions(self, address):
        return sum(pool['count'] for pool in self.pools
                   if pool['dev_type'] == device.VF and pool['parent_addr'] == address)

    def _by_loss(self, pool):
        if pool['dev_type'] != device.PF:
            return pool['devices']
        return sorted(pool['devices'], key=lambda address: (self._functions(address), address))

    def _shortage(self, wanted, offers, cells):
        had = sum(self.pools[number]['count'] for number in offers)
        text = f'needs {wanted.count} PCI devices of alias {wanted.describe()}, has {had} free'
        if cells is not None and wanted.numa_policy != request.PREFERRED:
            text += (f' where NUMA policy {wanted.numa_policy} lets the server have them (on NUMA cells '
                     f'{", ".join(str(cell) for cell in sorted(cells.ids))})')
        if had >= wanted.count:
            text += ', which others of its requests need'
        return Shortage(text, wanted.count, had)


def _is_near(pool, policy, cells):
    """Tell whether a server on some cells may have the devices of a pool."""
    node = pool['numa_node']
    if cells is None or policy == request.PREFERRED:
        return True
    if policy == request.SOCKET:
        sockets = {cells.sockets.get(cell) for cell in cells.ids} - {None}
        return node is not None and cells.sockets.get(node) in sockets
    return node in cells.ids or (node is None and policy == request.LEGACY)


def _distance(pool, cells):
    """Return 0 for devices on the server's cells, 1 where that is not known, 2 for others."""
    if cells is None or pool['numa_node'] in cells.ids:
        return 0
    return 1 if pool['numa_node'] is None else 2
