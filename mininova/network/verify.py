# SPDX-License-Identifier: Apache-2.0
"""The differences between what the database says of a host's network and what the host has.

Used by nova-network for `nova-manage verify`. Pure comparison: reads nothing itself.
"""
import ipaddress

from mininova.network import floating_ips, ipam, ipv6


def compare(state, facts):
    """List what does not agree, one sentence each.

    :param state: what the database says, see VirtualInterfaceList.get_host_state
    :param facts: what the host has, see HostNetworks.facts
    """
    findings = [f'address {card["address"]} still belongs to instance {card["instance_uuid"]}, which is deleted'
                for card in state['cards'] if card['deleted']]
    used = {card['network']['uuid'] for card in state['cards']}
    findings += [f'the host keeps its address {entry["address"]} in network {entry["network"]["label"]} without a guest'
                 for entry in state['gateways'] if entry['network']['uuid'] not in used]
    if not facts['managed']:
        return findings
    if not facts['rules_in_place']:
        findings.append('the packet rules (table ip nova) are not as they were loaded')
    if not facts['group_rules_in_place']:
        findings.append('the rules of the security groups (tables nova_groups) are not as they were loaded')
    if not facts['groups_current']:
        findings.append('the rules of the security groups are older than what the database says')
    for uuid in sorted(used):
        cards = [card for card in state['cards'] if card['network']['uuid'] == uuid]
        found = facts['networks'].get(uuid)
        if found is None:
            findings.append(f'network {cards[0]["network"]["label"]} has guests here but is not served')
        else:
            findings += _network(cards, found)
    return [*findings, *_floating(state, facts), *_leftovers(state, facts)]


def _network(cards, found):
    network = cards[0]['network']
    where = f'network {network["label"]}'
    if not found['bridge_up']:
        yield f'{where}: bridge {found["bridge"]} is missing or down'
    prefix = ipaddress.ip_network(network['cidr']).prefixlen
    for address in (f'{cards[0]["gateway"]}/{prefix}', *ipv6.addresses(network)):
        if address not in found['addresses']:
            yield f'{where}: bridge {found["bridge"]} lacks the address {address}'
    if not found['joined']:
        yield f'{where}: bridge {found["bridge"]} lacks its port to other hosts, {found["tunnel"]}'
    if found['hosts_missed']:
        yield f'{where}: {found["tunnel"]} does not lead to {", ".join(found["hosts_missed"])}'
    if not found['dhcp']:
        return
    if not found['dnsmasq']:
        yield f'{where}: no DHCP server runs'
    wanted = {(card['mac'], card['address']) for card in ipam.first_addresses(cards)}
    present = {(line.split(',')[0], line.split(',')[-1]) for line in found['hosts']}
    for mac, address in sorted(wanted - present):
        yield f'{where}: the DHCP server does not know {mac} {address}'
    for mac, address in sorted(present - wanted):
        yield f'{where}: the DHCP server knows {mac} {address}, the database does not'
    for _expiry, mac, address, _name in found['leases']:
        if (mac, address) not in wanted:
            yield f'{where}: {mac} still has a lease of {address}'


def _floating(state, facts):
    wanted = {(one.address, one.interface) for one in floating_ips.wanted(state['cards']).values()}
    bound = {tuple(entry) for entry in facts['floating_ips']['bound']}
    for address, interface in sorted(wanted - bound):
        yield f'floating address {address} is not on {interface}'
    for address, interface in sorted(bound - wanted):
        if address in facts['floating_ips']['recorded']:
            yield f'floating address {address} is on {interface}, but leads to no guest here'


def _leftovers(state, facts):
    wanted = {card['network']['bridge'] for card in state['cards']}
    for bridge in sorted(set(facts['owned_bridges']) - wanted):
        yield f'bridge {bridge} belongs to no network with guests'
    for bridge in sorted(set(facts['dhcp_files']) - wanted):
        yield f'files of a DHCP server at {bridge} belong to no network with guests'
