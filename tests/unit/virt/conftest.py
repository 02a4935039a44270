# SPDX-License-Identifier: Apache-2.0
"""Images and options for the tests of the drivers' parts."""
import os

import pytest

from mininova.virt import images
from tests.contract import samples

# Tests of disks run qemu-img and mkfs, which Debian puts here.
os.environ['PATH'] += os.pathsep + os.pathsep.join(('/usr/sbin', '/sbin'))


@pytest.fixture
def image_service(monkeypatch):
    """The images that can be downloaded."""
    service = samples.Images()
    monkeypatch.setattr(images.image_api, 'API', service.API)
    return service


@pytest.fixture
def instances_path(conf, tmp_path):
    """An empty directory for disks and the image cache."""
    path = tmp_path / 'instances'
    path.mkdir()
    conf.config(instances_path=str(path))
    return path


@pytest.fixture
def canary(tmp_path):
    """A host file that no guest may read."""
    path = tmp_path / 'etc-passwd'
    path.write_bytes(b'CANARY' * 1000)
    return path
