# SPDX-License-Identifier: Apache-2.0
"""libvirt's documents: nothing a user writes can change their shape."""
import time
import xml.etree.ElementTree as ElementTree

import hypothesis
import pytest
from hypothesis import strategies

from mininova.virt.libvirt import firewall
from mininova.virt.libvirt.config import base, caps, devices, live
from mininova.virt.libvirt.config import guest as config

# Anything Python can hold as text, with the usual suspects made likely.
SUSPECTS = ['<', '>', '&', '"', "'", ']]>', '<!--', '<![CDATA[', '&amp;', '\0', '\x1b', '\n', '\U0001f600', '\ud800',
            '\ufffe', 'a', '</nova:name><evil/>', '"/><evil x="', '<!DOCTYPE a>']
TEXT = strategies.text() | strategies.lists(strategies.sampled_from(SUSPECTS), max_size=12).map(''.join)


def guest(name='name', flavor='flavor', command_line='quiet', path='/disk', user='user'):
    made = config.Guest(
        virt_type='qemu', uuid='00000000-0000-4000-8000-000000000001', name='instance-00000001', memory_kib=1024,
        vcpus=1, os=config.OS('x86_64', 'pc', kernel='/kernel', initrd='/ramdisk', cmdline=command_line),
        cpu=config.CPU(1), sysinfo=config.SysInfo('1', 'uuid'), clock=config.Clock(),
        metadata=config.Metadata(package='1', name=name, flavor_name=flavor, memory_mb=1, disk_gb=1, swap_mb=0,
                                 ephemeral_gb=0, vcpus=1, user_id=user, project_id='project', image_id='image'))
    made.add(devices.Disk(path, 'raw', 'vda', 'virtio'), None, devices.Serial('/log'))
    return made


def shape(document):
    """Return the tree of tags and attribute names, and which texts are there, without what they say."""
    def walk(node):
        return node.tag, sorted(node.attrib), bool((node.text or '').strip()), [walk(child) for child in node]
    return walk(ElementTree.fromstring(document))


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(TEXT.filter(str.strip))
def test_no_text_changes_the_shape_of_a_guest(text):
    document = guest(name=text, flavor=text, command_line=text, path=text, user=text).to_xml()
    benign = shape(guest().to_xml())
    if not base.text(text).strip():
        return
    assert shape(document) == benign


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(TEXT)
def test_text_comes_back_as_it_was_but_for_what_xml_cannot_say(text):
    node = base.parse(base.Element.to_xml(_Named(text)))
    expected = base.text(text)
    assert node.get('value') == expected
    assert (node.findtext('child') or '') == expected.replace('\r\n', '\n').replace('\r', '\n')


class _Named(base.Element):
    def __init__(self, value):
        self._value = value

    def to_element(self):
        return base.parent('top', base.element('child', self._value), value=self._value)


def test_characters_that_xml_has_not_are_replaced():
    assert base.text('a\0b\x1bc\ud800d\ufffee\tf') == 'a\ufffdb\ufffdc\ufffdd\ufffde\tf'


def test_booleans_are_words():
    assert base.parent('x', on=True, off=False, gone=None).attrib == {'on': 'yes', 'off': 'no'}


BOMB = '<!DOCTYPE lolz [<!ENTITY a "lol">' + ''.join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)) + ']><lolz>&j;</lolz>'


@pytest.mark.parametrize('document', [
    BOMB, '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'], ids=['bomb', 'external', 'file'])
def test_document_types_are_refused_at_once(document):
    begin = time.process_time()
    with pytest.raises(base.UnsafeXML):
        base.parse(document)
    assert time.process_time() - begin < 0.1


def test_a_disk_without_a_format_is_no_disk():
    with pytest.raises(ValueError, match='format'):
        devices.Disk('/disk', None, 'vda', 'virtio').to_element()


def test_a_guest_reads_as_it_was_made():
    found = live.LiveGuest.parse(guest().to_xml())
    assert (found.uuid, found.name) == ('00000000-0000-4000-8000-000000000001', 'instance-00000001')
    assert [(disk.source, disk.driver_format, disk.target_dev) for disk in found.disks] == [('/disk', 'raw', 'vda')]
    assert found.vnc is None and found.serial is None


def test_the_serial_port_of_a_guest_is_found():
    made = guest()
    assert made.serial_port() is None
    made.add(devices.Graphics('127.0.0.1'), devices.Serial('/log', ('127.0.0.1', 10000)))
    assert made.serial_port() == 10000
    assert live.LiveGuest.parse(made.to_xml()).serial == ('127.0.0.1', 10000)


def test_capabilities_are_read():
    found = caps.HostCaps.parse("""
        <capabilities><host><cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>
          <topology sockets='1' cores='2' threads='1'/><feature name='svm'/></cpu>
          <topology><cells num='2'><cell id='0'/><cell id='1'/></cells></topology></host>
        <guest><os_type>hvm</os_type><arch name='x86_64'><emulator>/q</emulator><domain type='qemu'/>
          <domain type='kvm'/></arch></guest>
        <guest><os_type>exe</os_type><arch name='armv7l'><domain type='lxc'/></arch></guest></capabilities>""")
    assert (found.arch, found.model, found.vendor, found.cells) == ('x86_64', 'EPYC', 'AMD', 2)
    assert found.guests == {'x86_64': {'qemu', 'kvm'}}
    assert found.topology == {'sockets': 1, 'cores': 2, 'threads': 1}
    assert found.features == ['svm']


def test_filters_leave_nothing_to_the_guest():
    """The last rule for what a guest sends drops every frame, not only IP."""
    base_filter = next(one for one in firewall.filters() if one.name == firewall.BASE)
    sent = sorted((rule for rule in base_filter.rules if rule.direction == 'out'), key=lambda rule: rule.priority)
    assert (sent[-1].action, sent[-1].protocol) == ('drop', None)
    assert (sent[0].action, sent[0].negate, sent[0].match) == ('drop', True, {'srcmacaddr': '$MAC'})
    assert all(len(one.chain) <= 12 for one in firewall.filters())
