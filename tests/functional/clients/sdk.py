# SPDX-License-Identifier: Apache-2.0
"""Calls of openstacksdk's proxy; a module of its own because importing the library takes a second."""
import json
import types

import openstack
from openstack import exceptions, resource
from openstack.compute.v2 import server

from tests.functional.clients import identity

Error = exceptions.SDKException


def connect(cloud, user):
    return openstack.connect(
        auth_url=cloud.urls['identity'], username=user, password=user, project_name=identity.PROJECT_OF[user],
        user_domain_id='default', project_domain_id='default', load_yaml_config=False, load_envvars=False)


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
