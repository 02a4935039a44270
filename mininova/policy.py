# SPDX-License-Identifier: Apache-2.0
"""Decides whether a caller may do something; rules in code, overridden by policy.yaml.  Nova: nova/policy.py.

Used by nova-api. An enforcer is published only when all of its rules are loaded, and never changed after:
concurrent requests see the old rules or the new ones, not half of either (OpenStack bug 2161699).

oslo.policy looks at the file's times on every check. Here they are looked at once a second, whatever the
number of requests, and a changed file means a new enforcer. A file with a mistake is reported in the log and
the last good rules stay; at start-up it is an error.
"""
import logging
import os
import time

from oslo_config import cfg
from oslo_policy import opts, policy

import mininova.conf
from mininova import concurrency, exception, policies

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

RELOAD_SECONDS = 1.0

_lock = concurrency.lock()
_enforcer = None


class _Enforcer(policy.Enforcer):
    """oslo.policy's enforcer, loaded once."""

    fingerprint = None
    next_look = 0.0

    def load_rules(self, force_reload=False):
        if force_reload:
            super().load_rules(force_reload)


def init(policy_file=None, rules=None):
    """Return the enforcer; load the rules if they are not, or if the file has changed.

    Any number of threads may call it at once.

    :param policy_file: instead of [oslo_policy] policy_file
    :param rules: {name: check} that override everything, for tests
    """
    found = _enforcer
    if found is not None and time.monotonic() < found.next_look:
        return found
    with _lock:
        return _renew(policy_file, rules)


def _renew(policy_file, rules):
    global _enforcer
    found = _enforcer
    if found is None:
        found = _build(policy_file, rules)
    elif found.fingerprint is not None and found.fingerprint != _fingerprint():
        try:
            found = _build()
        except Exception as error:
            found.fingerprint = _fingerprint()
            LOG.error('The changed policy file is not used, the rules before it stay: %s', error)
        else:
            LOG.info('Policy rules were loaded anew.')
    found.next_look = time.monotonic() + RELOAD_SECONDS
    _enforcer = found
    return found


def _build(policy_file=None, rules=None):
    # The fingerprint is taken first: a change during the load is then seen at the next look.
    fingerprint = None if policy_file or rules else _fingerprint()
    enforcer = _Enforcer(CONF, policy_file=policy_file)
    enforcer.suppress_deprecation_warnings = True
    register_rules(enforcer)
    enforcer.load_rules(force_reload=True)
    if rules:
        enforcer.set_rules(policy.Rules.from_dict(rules), overwrite=False)
    enforcer.check_rules(raise_on_violation=True)
    enforcer.fingerprint = fingerprint
    return enforcer


def _fingerprint():
    """Describe the policy files so that a change shows: paths, times and sizes."""
    found = []
    for name in (CONF.oslo_policy.policy_file, *CONF.oslo_policy.policy_dirs):
        path = CONF.find_file(name)
        if path and os.path.isdir(path):
            found.extend(_stamp(os.path.join(path, entry)) for entry in sorted(os.listdir(path)))
        if path:
            found.append(_stamp(path))
    return tuple(found)


def _stamp(path):
    try:
        status = os.stat(path)
    except OSError:
        return path, None
    return path, status.st_mtime_ns, status.st_size, status.st_ino


def reset():
    """Forget the enforcer; the next check loads the rules anew."""
    global _enforcer
    with _lock:
        _enforcer = None


def register_rules(enforcer):
    """Give an enforcer the rules in code."""
    enforcer.register_defaults(policies.list_rules())


def authorize(credentials, rule, target=None):
    """Tell whether a rule lets the caller act on something.

    :param credentials: ``RequestContext.to_policy_values()``
    :param rule: name of a registered rule
    :param target: what is acted on: {'project_id': ..., 'user_id': ...}
    :raises PolicyNotRegistered: no such rule; a mistake in our code, never a permission
    """
    return init().authorize(rule, target or {}, credentials)


def check_is_admin(credentials):
    """Tell whether the caller's roles make them an administrator."""
    target = {'project_id': credentials.get('project_id'), 'user_id': credentials.get('user_id')}
    return authorize(credentials, 'context_is_admin', target)


def get_enforcer():
    """Return a loaded enforcer for oslo.policy's command line tools, which pass no configuration."""
    if not CONF.default_config_files:
        opts.set_defaults(cfg.CONF, 'policy.yaml')
        CONF([], project='nova', default_config_files=cfg.find_config_files('nova'))
    return init()


def verify_is_registered(rule):
    """
    :raises NovaException: a controller names a rule that no module of mininova.policies has
    """
    if rule not in init().registered_rules:
        raise exception.NovaException(f'Policy rule {rule} is not registered.')
