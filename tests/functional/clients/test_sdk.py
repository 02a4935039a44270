# SPDX-License-Identifier: Apache-2.0
"""openstacksdk's proxy ``connection.compute``, call by call; the library chooses the microversions."""
import json
import re
import time
import types

import openstack
import pytest
from openstack import exceptions, resource
from openstack.compute.v2 import server

from tests.functional.clients import identity, rows, sdk_table, story


def connect(cloud, user):
    return openstack.connect(
        auth_url=cloud.urls['identity'], username=user, password=user, project_name=identity.PROJECT_OF[user],
        user_domain_id='default', project_domain_id='default', load_yaml_config=False, load_envvars=False)


@pytest.fixture(scope='module')
def book(make_cloud):
    """A cloud, connections to it, and what earlier calls saved."""
    cloud = make_cloud()
    connections = {user: connect(cloud, user) for user in ('demo', 'admin')}
    made = story.Book({
        **cloud.urls['ids'], 'public_key': story.PUBLIC_KEY.strip(), 'unknown': story.UNKNOWN,
        'demo_project': identity.PROJECTS['demo']['id'], 'demo_user': identity.USERS['demo']['id']})
    made.cloud, made.connections = cloud, connections
    return made


def fill(value, book):
    """Put what was saved into an argument; a name alone stands for what was saved as it is."""
    if value == '$server_vm1':
        return server.Server.new(id=book.saved['vm1'])
    name = value.removeprefix('$') if isinstance(value, str) else None
    return book.saved[name] if name in book.saved and name != value else book.fill(value)


def plain(value):
    """Return what a method returned as dicts and lists."""
    if isinstance(value, types.GeneratorType):
        return [plain(one) for one in value]
    if isinstance(value, list):
        return [plain(one) for one in value]
    return json.loads(json.dumps(value.to_dict())) if isinstance(value, resource.Resource) else value


def run(book, call):
    method = getattr(book.connections[call.by].compute, call.method)
    return plain(method(*[fill(value, book) for value in call.args],
                        **{name: fill(value, book) for name, value in call.keywords.items()}))


@pytest.mark.parametrize('call', sdk_table.CALLS, ids=[
    f'{number:03d}-{call.method}' for number, call in enumerate(sdk_table.CALLS, 1)])
def test_sdk(book, call):
    for option, value in call.control.items():
        book.cloud.control(option, value)
    if call.raises:
        with pytest.raises(exceptions.SDKException) as caught:
            run(book, call)
        assert re.fullmatch(call.raises[0], type(caught.value).__name__), repr(caught.value)
        assert re.search(call.raises[1], str(caught.value)), caught.value
        return
    shown, wanted = run(book, call), book.fill(call.want)
    end = time.monotonic() + story.RESTING
    while wanted is not None and not rows.matches(wanted, shown) and call.save and time.monotonic() < end:
        time.sleep(0.5)                 # what is to be saved may still come
        shown = run(book, call)
    assert wanted is None or rows.matches(wanted, shown), shown
    for name, key in call.save.items():
        book.saved[name] = key(shown) if callable(key) else shown[key]
    if call.wait:
        book.cloud.wait(*call.wait.split())
