# SPDX-License-Identifier: Apache-2.0
"""Root rights for the few functions that need them, and for nothing else.

A function marked ``@sys_admin_pctxt.entrypoint`` runs in a helper process with the capabilities below. The service
starts it on first use through sudo and nova-rootwrap, whose filters allow just that (etc/nova/rootwrap.d). A service
that runs as root itself (the lab script, tests) needs no helper. Nova: nova/privsep/__init__.py
"""
import os
import shlex

from oslo_concurrency import processutils
from oslo_privsep import capabilities, priv_context

import mininova.conf

CONF = mininova.conf.CONF

sys_admin_pctxt = priv_context.PrivContext(
    'mininova', cfg_section='nova_sys_admin', pypath=f'{__name__}.sys_admin_pctxt',
    capabilities=[capabilities.CAP_CHOWN, capabilities.CAP_DAC_OVERRIDE, capabilities.CAP_DAC_READ_SEARCH,
                  capabilities.CAP_FOWNER, capabilities.CAP_KILL, capabilities.CAP_NET_ADMIN,
                  capabilities.CAP_NET_BIND_SERVICE, capabilities.CAP_NET_RAW, capabilities.CAP_SETGID,
                  capabilities.CAP_SETUID, capabilities.CAP_SYS_ADMIN])


def init():
    """Choose how privileged functions run in this process; each daemon that has some calls it at start."""
    if os.geteuid() == 0:
        sys_admin_pctxt.set_client_mode(False)
    else:
        priv_context.init(root_helper=shlex.split(f'sudo nova-rootwrap {CONF.rootwrap_config}'))


ENDED = 124     # exit code of a program that took longer than its time limit


def run(*command, time_limit=20, **kwargs):
    """Run a program from within a privileged function.

    :param time_limit: seconds after which it is ended
    :returns: what it printed
    :raises ProcessExecutionError: it failed, or was ended (exit code ENDED)
    """
    output, _errors = processutils.execute('timeout', str(time_limit), *command, **kwargs)
    return output
