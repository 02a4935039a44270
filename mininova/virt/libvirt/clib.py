# SPDX-License-Identifier: Apache-2.0
"""libvirt's Python module, or None where the extra ``mininova[libvirt]`` is not installed.  Runs in nova-compute."""
try:
    import libvirt
except ImportError:
    libvirt = None


def require():
    """Make sure that it is there.

    :raises ImportError: it is not
    """
    if libvirt is None:
        raise ImportError('libvirt-python is not installed')


def quiet():
    """Have libvirt hand its errors to us alone instead of printing them as well."""
    require()
    libvirt.registerErrorHandler(lambda context, error: None, None)
