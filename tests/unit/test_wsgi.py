# SPDX-License-Identifier: Apache-2.0
"""Paste loader and where servers listen."""
import contextlib
import socket

import pytest

from mininova import exception, wsgi
from mininova.conf import CONF


@pytest.fixture(autouse=True)
def _options():
    CONF([], project='nova', default_config_files=[])
    yield
    for name, group in (('auth_strategy', 'api'), ('insecure_noauth', None), ('api_paste_config', 'wsgi'),
                        ('ssl_cert_file', 'wsgi')):
        CONF.clear_override(name, group)


def app(environ, start_response):
    start_response('200 OK', [])
    return []


def test_the_shipped_paste_file_is_found():
    assert wsgi.find_paste_config().endswith('etc/nova/api-paste.ini')


def test_a_missing_paste_file_is_named():
    CONF.set_override('api_paste_config', '/no/such/file', 'wsgi')
    with pytest.raises(exception.ConfigNotFound, match='/no/such/file'):
        wsgi.Loader()


def test_a_missing_section_is_named():
    with pytest.raises(exception.PasteAppNotFound, match='nothing'):
        wsgi.Loader().load_app('nothing')


def test_an_application_is_loaded_by_its_section(tmp_path):
    path = tmp_path / 'x.ini'
    path.write_text('[app:one]\npaste.app_factory = tests.unit.test_wsgi:factory\n')
    assert wsgi.Loader(str(path)).load_app('one') is app


def factory(global_config, **local_config):
    return app


def test_a_mistake_in_a_part_stops_the_start(tmp_path):
    path = tmp_path / 'x.ini'
    path.write_text('[app:one]\npaste.app_factory = tests.unit.test_wsgi:broken\n')
    with pytest.raises(RuntimeError):
        wsgi.Loader(str(path)).load_app('one')


def broken(global_config, **local_config):
    raise RuntimeError


@pytest.mark.parametrize(('strategy', 'insecure', 'name', 'host', 'listens'), [
    ('noauth2', False, 'osapi_compute', '0.0.0.0', '127.0.0.1'),
    ('noauth2', False, 'osapi_compute', '192.0.2.1', '127.0.0.1'),
    ('noauth2', False, 'osapi_compute', '::', '127.0.0.1'),
    ('noauth2', False, 'osapi_compute', 'cloud.example.org', '127.0.0.1'),
    ('noauth2', False, 'osapi_compute', '127.0.0.9', '127.0.0.9'),
    ('noauth2', False, 'osapi_compute', '::1', '::1'),
    ('noauth2', True, 'osapi_compute', '0.0.0.0', '0.0.0.0'),
    ('noauth2', False, 'metadata', '0.0.0.0', '0.0.0.0'),
    ('keystone', False, 'osapi_compute', '0.0.0.0', '0.0.0.0'),
    ('http_basic', False, 'osapi_compute', '0.0.0.0', '0.0.0.0'),
])
def test_without_authentication_only_this_machine_can_connect(strategy, insecure, name, host, listens, caplog):
    CONF.set_override('auth_strategy', strategy, 'api')
    CONF.set_override('insecure_noauth', insecure)
    assert wsgi.listen_address(name, host) == listens
    assert ('noauth2' in caplog.text) == (strategy == 'noauth2' and name == 'osapi_compute')


def test_port_zero_becomes_the_one_really_bound():
    server = wsgi.Server('metadata', app, host='127.0.0.1', port=0)
    assert server.port == server.socket.getsockname()[1] > 0
    again = pytest.raises(OSError, wsgi.Server, 'metadata', app, '127.0.0.1', server.port)
    assert again.value.errno
    server.stop()


def test_a_port_can_be_bound_again_at_once():
    first = wsgi.Server('metadata', app, host='127.0.0.1')
    with socket.create_connection(('127.0.0.1', first.port)):
        first.socket.accept()[0].close()
    first.stop()
    second = wsgi.Server('metadata', app, host='127.0.0.1', port=first.port)
    assert second.port == first.port
    second.stop()


def test_a_server_listens_on_ipv6():
    server = wsgi.Server('metadata', app, host='::1')
    assert server.socket.family == socket.AF_INET6
    server.stop()


def test_the_backlog_must_be_positive():
    with pytest.raises(exception.InvalidInput, match='backlog'):
        wsgi.Server('metadata', app, backlog=0)


@pytest.mark.parametrize(('path', 'error', 'text'), [(None, exception.InvalidInput, 'ssl_cert_file'),
                                                     ('/no/such.pem', exception.ConfigNotFound, '/no/such.pem')])
def test_tls_without_its_files_is_a_clear_error(path, error, text):
    CONF.set_override('ssl_cert_file', path, 'wsgi')
    with pytest.raises(error, match=text):
        wsgi.Server('metadata', app, host='127.0.0.1', use_ssl=True)


@pytest.mark.parametrize('host, accepted', [('::', ['127.0.0.1', '::1']), ('::1', ['::1']), ('0.0.0.0', ['127.0.0.1'])])
def test_everywhere_is_everywhere_for_both_versions_of_ip(host, accepted):
    """Guests ask for metadata at 169.254.169.254 and at fe80::a9fe:a9fe."""
    server = wsgi.Server('metadata', app, host=host)
    reached = []
    for address in ('127.0.0.1', '::1'):
        with contextlib.suppress(OSError), socket.create_connection((address, server.port), timeout=2):
            reached.append(address)
    server.socket.close()
    assert reached == accepted
