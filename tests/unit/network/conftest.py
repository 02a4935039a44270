# SPDX-License-Identifier: Apache-2.0
"""A database file of its own for each test, and helpers that put networks and instances into it."""

import uuid

import pytest

import mininova.conf
from mininova import context as nova_context
from mininova import objects
from mininova.db import models, session
from mininova.network import ipam

PROJECT = 'a' * 32


class Settings:
    """Changes options for one test."""

    def config(self, group=None, **values):
        for name, value in values.items():
            mininova.conf.CONF.set_override(name, value, group=group)


@pytest.fixture
def conf(tmp_path):
    """The configuration; what a test sets is forgotten afterwards."""
    mininova.conf.CONF([], default_config_files=[], project='nova')
    settings = Settings()
    settings.config(state_path=str(tmp_path))
    yield settings
    mininova.conf.CONF.reset()
    mininova.conf.CONF.clear()


@pytest.fixture
def database(conf, tmp_path):
    """An empty database with all tables."""
    conf.config(connection=f'sqlite:///{tmp_path}/nova.sqlite', group='database')
    session.reset()
    models.metadata.create_all(session.engine())
    objects.register_all()
    yield session
    session.reset()


@pytest.fixture
def context():
    """An ordinary user's context."""
    return nova_context.RequestContext(user_id='u', project_id=PROJECT, is_admin=False, roles=['member'])


@pytest.fixture
def admin():
    return nova_context.get_admin_context()


@pytest.fixture
def make_network(database, admin):
    """Function that creates a network."""
    def make(cidr='10.0.0.0/24', label='private', bridge='br100', **values):
        pool = ipam.plan_pool(cidr, values.pop('gateway', None), values.pop('start', None), values.pop('end', None))
        values.setdefault('gateway', pool[0][0])
        network = objects.Network(admin, uuid=str(uuid.uuid4()), label=label, cidr=cidr, bridge=bridge, **values)
        network.create(pool)
        return network
    return make


@pytest.fixture
def make_instance(database):
    """Function that writes an instance's row and returns its uuid."""
    def make(hostname='vm', host=None, deleted=0, **values):
        instance_uuid = str(uuid.uuid4())
        with session.writer() as connection:
            connection.execute(models.instances.insert().values(
                uuid=instance_uuid, project_id=PROJECT, hostname=hostname, host=host, deleted=deleted, **values))
        return instance_uuid
    return make


@pytest.fixture
def change_instance(database):
    """Function that changes an instance's row."""
    def change(instance_uuid, **values):
        with session.writer() as connection:
            connection.execute(models.instances.update().where(
                models.instances.c.uuid == instance_uuid).values(**values))
    return change
