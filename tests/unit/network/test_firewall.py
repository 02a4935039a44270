# SPDX-License-Identifier: Apache-2.0
"""The packet rules as text; that they work is proven in tests/integration/namespaces/test_host.py."""
import pytest
from oslo_concurrency import processutils

from mininova import privsep
from mininova.network import firewall

HERE = firewall.Settings('127.0.0.1', 8775)
A = firewall.GuestNetwork('br100', '10.0.0.0/24')
B = firewall.GuestNetwork('br101', '10.1.0.0/24')


def test_a_table_is_always_replaced_as_a_whole():
    text = firewall.render([A], HERE)
    assert text.startswith('table ip nova { }\ndelete table ip nova\ntable ip nova {')
    assert firewall.remove_text() == 'table ip nova { }\ndelete table ip nova\n'


def test_metadata_on_this_host_is_a_redirection_and_elsewhere_a_translation():
    assert 'iifname "br100" ip daddr 169.254.169.254 tcp dport 80 redirect to :8775' in firewall.render([A], HERE)
    text = firewall.render([A], firewall.Settings('192.0.2.9', 80))
    assert 'tcp dport 80 dnat to 192.0.2.9:80' in text
    assert text.index('ip daddr 192.0.2.9 tcp dport 80 accept') < text.index('masquerade')


def test_the_order_of_networks_does_not_matter():
    assert firewall.render([A, B], HERE) == firewall.render([B, A], HERE)


def test_networks_are_kept_apart():
    text = firewall.render([A, B], HERE)
    assert 'iifname "br100" oifname { "br101" } drop' in text and 'iifname "br101" oifname { "br100" } drop' in text


def test_foreign_sources_are_dropped_unless_other_machines_share_the_bridge():
    rule = 'iifname "br100" ip saddr != { 0.0.0.0, 10.0.0.0/24 } drop'
    assert rule in firewall.render([A], HERE)
    assert rule not in firewall.render([A._replace(shared=True)], HERE)


def test_guests_may_be_let_to_their_host():
    assert 'iifname "br100" drop' in firewall.render([A], HERE)
    assert 'iifname "br100" drop' not in firewall.render([A], HERE._replace(restrict_guests=False))


def test_a_host_name_is_resolved_before_it_becomes_a_rule(conf):
    conf.config(metadata_host='localhost')
    assert firewall.settings().metadata_host == '127.0.0.1'


def test_the_kernel_is_asked_only_when_something_changed_or_on_request(monkeypatch, conf):
    kernel = {'text': None, 'loads': 0, 'lists': 0}

    def load(text):
        kernel.update(text=text, loads=kernel['loads'] + 1)

    def listing(_table):
        kernel['lists'] += 1
        return kernel['text']
    monkeypatch.setattr(firewall, '_load', load)
    monkeypatch.setattr(firewall, '_list_table', listing)
    table = firewall.Firewall()
    table.apply([A])
    table.apply([A])
    assert (kernel['loads'], kernel['lists']) == (1, 1)
    table.apply([A], check=True)
    assert (kernel['loads'], kernel['lists']) == (1, 2)
    kernel['text'] = 'somebody flushed it'
    table.apply([A], check=True)
    assert kernel['loads'] == 2 and table.is_in_place()
    table.apply([])
    assert kernel['text'] == firewall.remove_text()


@pytest.mark.parametrize('codes, loads', [([124], 2), ([124, 124, 124], 3), ([1], 1)])
def test_a_load_that_hung_is_tried_again(monkeypatch, codes, loads):
    given, left = [], list(codes)

    def run(*command, process_input, **_keywords):
        given.append(process_input)
        if left:
            raise processutils.ProcessExecutionError(exit_code=left.pop(0))
    monkeypatch.setattr(privsep, 'run', run)
    monkeypatch.setattr(privsep.sys_admin_pctxt, 'client_mode', False)
    if codes == [124]:
        firewall._load('rules')
    else:
        with pytest.raises(processutils.ProcessExecutionError):
            firewall._load('rules')
    assert given == ['rules'] * loads
