# SPDX-License-Identifier: Apache-2.0
"""Whether a host can run the kind of guest that an image is: asked by the scheduler for each host, and by nova-api for
the host of a server that shall be rebuilt.  In Nova: nova/scheduler/filters/image_props_filter.py.
"""
import typing

from oslo_log import log
from oslo_utils import versionutils

import mininova.conf

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

# Present names of the properties first, then those of old images.
ARCHITECTURE = ('hw_architecture', 'architecture')
HYPERVISOR = ('img_hv_type', 'hypervisor_type')
MODE = ('hw_vm_mode', 'vm_mode')
VERSION = ('img_hv_requested_version', 'hypervisor_version_requires')

SYNONYMS = {'amd64': 'x86_64', 'x86-64': 'x86_64', 'x64': 'x86_64', 'i386': 'i686', 'i486': 'i686', 'i586': 'i686',
            'x86': 'i686', 'x86_32': 'i686', 'arm64': 'aarch64', 'xapi': 'xen', 'xenserver': 'xen', 'pv': 'xen',
            'hv': 'hvm', 'baremetal': 'hvm'}


class Mismatch(typing.NamedTuple):
    """Why a host cannot run an image; the text goes on from the host's name."""

    text: str
    wanted: str
    had: str


class ImageMatch:
    """What an image wants of a host: architecture, hypervisor, machine mode, hypervisor version.

    :param image: objects.ImageMeta or None
    :ivar applies: False if it wants nothing
    """

    def __init__(self, image):
        properties = (image.properties if image is not None else None) or {}
        self.wanted = (_pick(properties, ARCHITECTURE) or CONF.filter_scheduler.image_properties_default_architecture,
                       _pick(properties, HYPERVISOR), _pick(properties, MODE))
        self.version = next((properties[name] for name in VERSION if properties.get(name)), None)
        self.predicate = _predicate(self.version)
        self.applies = any(self.wanted) or self.version is not None

    def mismatch(self, host):
        """Return a Mismatch or None.

        :param host: has ``supported_instances`` ([architecture, hypervisor, mode] each) and ``hypervisor_version``
        """
        if any(self.wanted) and not self._supported(host.supported_instances):
            wanted = ' '.join(part for part in self.wanted if part)
            had = ', '.join('/'.join(kind) for kind in host.supported_instances or ()) or 'nothing'
            return Mismatch(f'runs {had}, image wants {wanted}', wanted, had)
        if self.version is not None and host.hypervisor_version:
            had = versionutils.convert_version_to_str(int(host.hypervisor_version))
            if self.predicate is None or not self.predicate.satisfied_by(had):
                return Mismatch(f'has hypervisor version {had}, image wants {self.version}', self.version, had)
        return None

    def _supported(self, kinds):
        return any(all(wanted is None or wanted == _canonical(have)
                       for wanted, have in zip(self.wanted, kind, strict=False)) for kind in kinds or ())


def _canonical(name):
    name = str(name).lower()
    return SYNONYMS.get(name, name)


def _pick(properties, names):
    return next((_canonical(properties[name]) for name in names if properties.get(name)), None)


def _predicate(text):
    """Return a version predicate, or None for a text that is none: no host meets what nobody understands."""
    if text is None:
        return None
    try:
        return versionutils.VersionPredicate(text)
    except ValueError:
        LOG.warning('The image asks for hypervisor version %r, which is no version condition such as ">=4.2".', text)
        return None
