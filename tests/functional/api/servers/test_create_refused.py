# SPDX-License-Identifier: Apache-2.0
"""POST /servers: what is refused, with which words, and that nothing is left of it."""
import base64
import json

import pytest
import sqlalchemy as sa

from mininova import context
from mininova.api.openstack import auth
from mininova.db import models, session
from mininova.image import api as image_api

UNKNOWN = '99999999-9999-4999-8999-999999999999'


@pytest.fixture(autouse=True)
def nothing_left(lab, edge):
    """Whatever a test asked for: no row was written and no message sent."""
    yield
    with session.reader() as connection:
        for table in (models.instances, models.request_specs, models.instance_actions, models.block_device_mapping):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
    assert edge.sent == []


@pytest.mark.parametrize('change, text', [
    ({'flavorRef': 'no'}, 'Flavor no could not be found.'),
    ({'imageRef': UNKNOWN}, 'Can not find requested image'),
    ({'imageRef': ''}, 'Invalid imageRef provided.'),
    ({'imageRef': ...}, 'Missing imageRef attribute'),
    ({'key_name': 'no'}, 'Invalid key_name provided.'),
    ({'networks': [{'uuid': UNKNOWN}]}, f'Network {UNKNOWN} could not be found.'),
    ({'networks': [{'port': UNKNOWN}]}, f'Port {UNKNOWN} could not be found.'),
    ({'networks': [{'uuid': 'x'}]}, 'Bad networks format: network uuid is not in proper format (x)'),
    ({'networks': [{}]}, 'Bad networks format: network uuid is not in proper format (None)'),
    ({'security_groups': [{'name': 'web'}]}, 'Security group web not found.'),
    ({'min_count': 3, 'max_count': 2}, 'min_count must be <= max_count'),
    ({'availability_zone': 'moon'}, 'The requested availability zone is not available'),
    ({'block_device_mapping': [{'volume_id': UNKNOWN, 'device_name': 'vda'}]},
     'No volume service is part of this cloud: A disk of a volume or a snapshot is not possible.'),
    ({'block_device_mapping': [{'device_name': 'vdb'}]},
     'Block Device Mapping is Invalid: Unrecognized legacy format.'),
    ({'block_device_mapping': [{'virtual_name': 'swap'}],
      'block_device_mapping_v2': [{'source_type': 'blank', 'destination_type': 'local'}]},
     'Using different block_device_mapping syntaxes is not allowed in the same request.'),
])
def test_what_does_not_exist_is_a_bad_request(lab, demo, change, text):
    assert lab.boot(demo, **change).fault == ('badRequest', text)


@pytest.mark.parametrize('device, text', [
    ({'source_type': 'volume', 'destination_type': 'volume', 'uuid': UNKNOWN, 'boot_index': 0}, 'No volume service'),
    ({'source_type': 'snapshot', 'destination_type': 'volume', 'uuid': UNKNOWN, 'boot_index': 0}, 'No volume service'),
    ({'source_type': 'image', 'destination_type': 'volume', 'uuid': UNKNOWN, 'boot_index': 0}, 'No volume service'),
    ({'source_type': 'blank', 'destination_type': 'volume', 'volume_size': 1}, 'No volume service'),
    ({'volume_id': UNKNOWN, 'boot_index': 0}, 'No volume service'),
    ({'source_type': 'image', 'destination_type': 'local', 'uuid': UNKNOWN, 'boot_index': 0},
     'another image than imageRef'),
    ({'source_type': 'image', 'destination_type': 'local', 'uuid': UNKNOWN, 'boot_index': 1}, 'Mapping image to local'),
    ({'source_type': 'image', 'destination_type': 'local', 'boot_index': 0}, 'Missing device UUID.'),
    ({'source_type': 'blank', 'destination_type': 'local', 'uuid': UNKNOWN}, 'Invalid device UUID.'),
    ({'destination_type': 'local'}, 'Invalid source_type field.'),
    ({'source_type': 'blank', 'destination_type': 'local', 'boot_index': 2}, 'Boot sequence'),
    ({'source_type': 'blank', 'destination_type': 'local', 'volume_size': 9}, 'Ephemeral disks requested are larger'),
    ({'source_type': 'blank', 'guest_format': 'swap', 'volume_size': 9}, 'Swap drive requested is larger'),
    ({'source_type': 'blank', 'destination_type': 'local', 'boot_index': '-99999999999999999999'}, 'out of range'),
])
def test_disks_that_this_cloud_cannot_make(lab, demo, device, text):
    name, said = lab.boot(demo, block_device_mapping_v2=[device]).fault
    assert name == 'badRequest' and text in said


def test_an_image_to_local_without_image_ref_is_refused(lab, demo):
    device = {'source_type': 'image', 'destination_type': 'local', 'uuid': lab.default_image, 'boot_index': 0}
    assert 'Mapping image to local' in lab.boot(demo, imageRef=..., block_device_mapping_v2=[device]).fault[1]


def test_too_many_local_disks(lab, demo):
    lab.flavor('2', ephemeral_gb=9)
    devices = [{'source_type': 'blank', 'destination_type': 'local', 'volume_size': 1}] * 3
    assert 'more local devices than the limit' in lab.boot(demo, flavorRef='2',
                                                           block_device_mapping_v2=devices).fault[1]


def test_two_swap_disks(lab, demo):
    lab.flavor('2', swap=64)
    devices = [{'source_type': 'blank', 'guest_format': 'swap', 'volume_size': 1}] * 2
    assert 'More than one swap drive' in lab.boot(demo, flavorRef='2', block_device_mapping_v2=devices).fault[1]


@pytest.mark.parametrize('image, text', [
    ({'size': 2 * 1024 ** 3},
     "Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is "
                              '2147483648 bytes.'),
    ({'min_disk': 2}, "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is "
                      '1073741824 bytes, minimum size is 2147483648 bytes.'),
    ({'min_ram': 1024}, "Flavor's memory is too small for requested image."),
    ({'status': 'queued'}, None),
    ({'properties': {'kernel_id': UNKNOWN}}, 'Can not find requested image'),
])
def test_images_that_do_not_fit(lab, demo, image, text):
    image_id = lab.image()
    image_api.API().update(lab.admin, image_id, image)
    assert lab.boot(demo, imageRef=image_id).fault == ('badRequest', text or f'Image {image_id} is not active.')


def test_another_projects_private_image_is_not_there(lab, demo):
    image_id = lab.image(visibility='private', owner='other')
    assert lab.boot(demo, imageRef=image_id).fault == ('badRequest', 'Can not find requested image')


def test_an_image_that_forbids_disk_resizing(lab, demo):
    image_id = lab.image(properties={'auto_disk_config': 'Disabled'})
    answer = lab.boot(demo, imageRef=image_id, **{'OS-DCF:diskConfig': 'AUTO'})
    assert answer.fault == ('badRequest', f'Requested image {image_id} has automatic disk resize disabled.')


def test_flavors_that_the_caller_may_not_use(lab, demo):
    lab.flavor('secret', is_public=False)
    lab.flavor('off', disabled=True)
    for flavor in ('secret', 'off'):
        assert lab.boot(demo, flavorRef=flavor).fault == ('badRequest', f'Flavor {flavor} could not be found.')


def test_a_flavor_without_a_disk_is_for_administrators(lab, demo):
    lab.flavor('0', root_gb=0)
    assert lab.boot(demo, flavorRef='0').fault == (
        'forbidden', 'Only volume-backed servers are allowed for flavors with zero disk.')


def test_addresses_that_cannot_be_had(lab, demo, cloud):
    network = lab.network()
    cloud.execute(sa.update(models.fixed_ips).where(models.fixed_ips.c.address == '10.0.0.3').values(allocated=True))
    for address, text in (('10.0.0.3', 'already in use'), ('10.9.0.3', 'is not in network')):
        assert text in lab.boot(demo, networks=[{'uuid': network, 'fixed_ip': address}]).fault[1]
    assert 'max_count' in lab.boot(demo, min_count=2, networks=[{'uuid': network, 'fixed_ip': '10.0.0.4'}]).fault[1]
    both = [{'port': UNKNOWN, 'fixed_ip': '10.0.0.4'}]
    assert 'cannot be used with port' in lab.boot(demo, networks=both).fault[1]


def test_auto_with_several_networks_is_a_conflict(lab, demo):
    lab.network('a', '10.0.0.0/24')
    lab.network('b', '10.1.0.0/24')
    assert lab.boot(demo, '2.37', networks='auto').fault[0] == 'conflictingRequest'


def test_one_host_name_for_several_servers(lab, demo):
    answer = lab.boot(demo, '2.90', hostname='web', min_count=2)
    assert answer.fault == ('badRequest', 'Unable to allocate a single hostname to multiple instances')


def test_certificates_cannot_be_checked_without_a_key_manager(lab, demo):
    assert 'no key manager' in lab.boot(demo, '2.63', trusted_image_certificates=[UNKNOWN]).fault[1]


def test_hints_are_bounded(lab, demo):
    many = [f'{number:08d}-1111-4111-8111-111111111111' for number in range(65)]
    for hints in ({'same_host': many}, {f'k{number}': 'v' for number in range(65)}, {'mine': 'x' * 256}):
        assert lab.boot(demo, hints=hints).fault[0] == 'badRequest'


@pytest.mark.parametrize('limits, change, text', [
    ({'metadata_items': 1}, {'metadata': {'a': '1', 'b': '2'}}, 'Maximum number of metadata items exceeds 1'),
    ({'injected_files': 0}, {'personality': [{'path': '/a', 'contents': ''}]}, 'Personality file limit exceeded'),
    ({'injected_file_path_length': 1}, {'personality': [{'path': '/a', 'contents': ''}]},
     'Personality file path exceeds maximum 1'),
    ({'injected_file_content_bytes': 2}, {'personality': [{'path': '/a',
                                                           'contents': base64.b64encode(b'abc').decode()}]},
     'Personality file content exceeds maximum 2'),
    ({'cores': 0}, {}, 'Quota exceeded for cores: Requested 1, but already used 0 of 0 cores'),
    ({'cores': 0, 'ram': 511}, {},
     'Quota exceeded for cores, ram: Requested 1, 512, but already used 0, 0 of 0, 511 cores, ram'),
    ({'instances': 1}, {'min_count': 2, 'max_count': 4},
     'Quota exceeded for instances: Requested 2-4, but already used 0 of 1 instances'),
    ({'instances': 1}, {'min_count': 2},
     'Quota exceeded for instances: Requested 2, but already used 0 of 1 instances'),
])
def test_quotas(lab, demo, conf, limits, change, text):
    conf.config(group='quota', **limits)
    assert lab.boot(demo, **change).fault == ('forbidden', text)


def test_readers_create_nothing(lab, api, monkeypatch):
    real = context.RequestContext
    monkeypatch.setattr(auth.context, 'RequestContext',
                        lambda **kwargs: real(**{**kwargs, 'roles': ['reader'], 'is_admin': False}))
    answer = lab.boot(api.user('demo'))
    assert answer.fault == ('forbidden', "Policy doesn't allow os_compute_api:servers:create to be performed.")


WRONG_VALUES = [
    {'unknown': 1}, {'name': ''}, {'name': ' x'}, {'name': 'x' * 256}, {'name': 7}, {'name': None}, {'name': ...},
    {'name': 'smile \U0001f600'}, {'name': 'bell \x07'}, {'flavorRef': ''}, {'flavorRef': None}, {'flavorRef': ...},
    {'imageRef': 'x'}, {'imageRef': 5}, {'metadata': []}, {'metadata': {'a': 1}}, {'metadata': {'a' * 256: 'x'}},
    {'metadata': {'a': 'x' * 256}}, {'metadata': {'<': 'x'}}, {'min_count': 0}, {'min_count': 'x'}, {'max_count': -1},
    {'user_data': 'abcde'}, {'user_data': 'x' * 65536}, {'config_drive': 'maybe'}, {'accessIPv4': '1.2.3'},
    {'accessIPv4': '2001:db8::1'}, {'accessIPv6': '1.2.3.4'}, {'OS-DCF:diskConfig': 'auto'}, {'adminPass': 5},
    {'security_groups': ['default']}, {'key_name': ''}, {'networks': {}}, {'networks': [{'uuid': UNKNOWN, 'x': 1}]},
    {'block_device_mapping_v2': [{'source_type': 'x'}]}, {'block_device_mapping_v2': [{'boot_index': 'a'}]},
    {'availability_zone': ''}, {'return_reservation_id': 'x'},
]

# -- form: at every version ------------------------------------------------------------------


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_a_body_that_is_none(lab, demo, version):
    for body in [b'', b'{', b'[]', b'null', b'"x"', b'{"server": null}', b'{"server": []}',
                                  b'\xff\xfe',
                                  b'{"server": {"name": NaN}}', b'{"server":' * 2000, b'[' * 10000, b'{"servers": {}}']:
        assert demo.post('/servers', body, version).fault[0] == 'badRequest', body


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_values_of_another_form(lab, demo, version):
    for change in WRONG_VALUES:
        assert lab.boot(demo, version, **change).status == 400, change


@pytest.mark.parametrize('version', ['2.1', '2.104'])
def test_unknown_keys_beside_the_server(lab, demo, version):
    body = {'server': {'name': 'a', 'flavorRef': '1', 'imageRef': lab.default_image, 'networks': []}, 'extra': {}}
    assert 'Additional properties are not allowed' in demo.post('/servers', body, version).fault[1]


def test_error_texts_stay_small_whatever_is_sent(lab, demo):
    answer = lab.boot(demo, name='x' * 100000)
    assert answer.status == 400
    assert len(answer.body) < 4096


def test_a_body_beyond_the_limit_is_413(lab, demo):
    body = json.dumps({'server': {'name': 'x' * 120000}}).encode()
    assert demo.post('/servers', body).status == 413


KEYS_OUTSIDE = [
    ('2.18', 'description', 'x'), ('2.31', 'networks', [{'uuid': UNKNOWN, 'tag': 'a'}]), ('2.36', 'networks', 'auto'),
    ('2.37', 'networks', ...), ('2.37', 'networks', 'all'), ('2.37', 'networks', [{'uuid': 'x'}]),
    ('2.41', 'networks', [{'uuid': UNKNOWN, 'tag': 'a'}]), ('2.51', 'tags', ['a']), ('2.52', 'tags', ['a,b']),
    ('2.52', 'tags', ['a/b']), ('2.52', 'tags', ['']), ('2.52', 'tags', ['x' * 61]),
    ('2.52', 'tags', [str(number) for number in range(51)]), ('2.57', 'personality', []),
    ('2.62', 'trusted_image_certificates', None), ('2.63', 'trusted_image_certificates', []), ('2.73', 'host', 'h'),
    ('2.89', 'hostname', 'h1'), ('2.90', 'hostname', 'a.b'), ('2.90', 'hostname', 'under_score'),
    ('2.93', 'hostname', 'a.b'), ('2.94', 'hostname', 'a..b'), ('2.94', 'hostname', '-a.b')]


def test_keys_outside_of_their_versions(lab, demo):
    for version, key, value in KEYS_OUTSIDE:
        assert lab.boot(demo, version, **{key: value}).status == 400, (version, key, value)


@pytest.mark.parametrize('version, accepted', [('2.31', False), ('2.32', True), ('2.33', False), ('2.41', False),
                                               ('2.42', True)])
def test_device_tags_come_and_go(lab, demo, version, accepted):
    device = {'source_type': 'image', 'destination_type': 'local', 'uuid': UNKNOWN, 'boot_index': 0, 'tag': 'root'}
    text = lab.boot(demo, version, block_device_mapping_v2=[device]).fault[1]
    assert ('another image' if accepted else 'Additional properties') in text


def test_behind_v2_unknown_keys_are_dropped_and_names_stripped(lab, api, cloud, edge):
    old = api.user('demo', 'demo-project', root='/v2')
    answer = lab.boot(old, name=' x ', unknown=1, user_data=None)
    assert answer.status == 202, answer.body
    assert old.get('/servers').json['servers'][0]['name'] == 'x'
    for table in (models.instances, models.request_specs, models.instance_actions, models.block_device_mapping):
        cloud.execute(sa.delete(table))
    edge.sent.clear()
