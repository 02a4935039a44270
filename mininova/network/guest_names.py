# SPDX-License-Identifier: Apache-2.0
"""The names by which the guests of a network find each other, as lines of the DHCP server's file of names.

Used by nova-network only. A host learns the names of its own guests with their wiring, those of other hosts' guests
from time to time (manager.py): a guest resolves every other guest of its network, and none of another one.
Nova's DHCP servers knew the guests of their own host only.
"""
import ipaddress

from mininova.network import dhcp, ipam


class Elsewhere:
    """The guests of the networks served that other hosts have; ``digest`` is what the database calls this state."""

    def __init__(self):
        self.digest = None
        self._found = {}

    def replace(self, answer, networks):
        """Take over what VirtualInterfaceList.get_names answered.

        :param networks: Served networks
        :returns: those of them whose names have changed
        """
        if answer['names'] is None:
            return []
        known, self._found, self.digest = self._found, dict(answer['names']), answer['digest']
        return [served for served in networks
                if known.get(served.network['id']) != self._found.get(served.network['id'])]

    def lines(self, served):
        """Write all names of a network: ``address name``, two lines for a guest that has IPv6.

        Of guests that are called the same the one with the lowest address has the name, the others get their address
        added to it, as in the DHCP server's host list.
        """
        guests = {address: (mac, name) for address, mac, name in self._found.get(served.network['id'], ())}
        guests.update({card['address']: (card['mac'], card['hostname']) for card in served.guests()})
        lines, taken = [], set()
        for address in sorted(guests, key=ipaddress.ip_address):
            mac, hostname = guests[address]
            name = dhcp.unused_name(hostname, address, taken)
            taken.add(name)
            address_v6 = ipam.address_v6({'network': served.network, 'mac': mac})
            lines += [f'{one} {name}' for one in (address, address_v6) if one]
        return lines
