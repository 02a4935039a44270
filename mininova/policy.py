# SPDX-License-Identifier: Apache-2.0
"""Decides whether a caller may do something; rules in code, overridden by policy.yaml.  Nova: nova/policy.py.

Used by nova-api. An enforcer is published only when all of its rules are loaded, and never changed after:
concurrent requests see the old rules or the new ones, not half of either (OpenStack bug 2161699).

oslo.policy looks at the file's times on every check. Here they are looked at once a second, whatever the
number of requests, and a changed file means a new enforcer. A file with a mistake is reported in the log and
the last good rules stay; at start-up it is an error.

The library also inspects the signature of every part of a rule at every check (measured: 170 us for
"reader of the project, or admin"). The rules that it has parsed are therefore rebuilt once as trees whose
parts call each other directly (8 us).
"""
import ast
import logging
import os
import time

from oslo_config import cfg
from oslo_policy import _checks as checks
from oslo_policy import opts, policy

import mininova.conf
from mininova import concurrency, exception, policies

CONF = mininova.conf.CONF
LOG = logging.getLogger(__name__)

RELOAD_SECONDS = 1.0

_lock = concurrency.lock()
_enforcer = None


class _And(checks.AndCheck):
    """All parts must hold."""

    def __call__(self, target, creds, enforcer, current_rule=None):
        return all(part(target, creds, enforcer, current_rule) for part in self.rules)


class _Or(checks.OrCheck):
    """One part must hold."""

    def __call__(self, target, creds, enforcer, current_rule=None):
        return any(part(target, creds, enforcer, current_rule) for part in self.rules)


class _Not(checks.NotCheck):
    """The part must not hold."""

    def __call__(self, target, creds, enforcer, current_rule=None):
        return not self.rule(target, creds, enforcer, current_rule)


class _Attribute(checks.GenericCheck):
    """`project_id:%(project_id)s`: an attribute of the caller equals a text made from the target."""

    def __init__(self, kind, match):
        super().__init__(kind, match)
        self._path = kind.split('.')

    def __call__(self, target, creds, enforcer, current_rule=None):
        try:
            wanted = self.match % target
        except KeyError:
            return False
        return self._find_in_dict(creds, self._path, wanted)


class _Library(checks.BaseCheck):
    """Any other kind of check, called as the library calls it."""

    def __init__(self, check):
        self._check = check

    def __str__(self):
        return str(self._check)

    def __call__(self, target, creds, enforcer, current_rule=None):
        return checks._check(self._check, target, creds, enforcer, current_rule)


_DIRECT = (checks.TrueCheck, checks.FalseCheck, checks.RoleCheck)


def _direct(check, rules):
    """Return a check that does the same without asking for signatures.

    :param check: what the library has parsed
    :param rules: {name: check}, to put in the place of references
    """
    if isinstance(check, checks.AndCheck):
        return _And([_direct(part, rules) for part in check.rules])
    if isinstance(check, checks.OrCheck):
        return _Or([_direct(part, rules) for part in check.rules])
    if isinstance(check, checks.NotCheck):
        return _Not(_direct(check.rule, rules))
    if isinstance(check, checks.RuleCheck):
        return _direct(rules[check.match], rules) if check.match in rules else checks.FalseCheck()
    if type(check) is checks.GenericCheck and not _is_literal(check.kind):
        return _Attribute(check.kind, check.match)
    return check if type(check) in _DIRECT else _Library(check)


def _is_literal(text):
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


class _Enforcer(policy.Enforcer):
    """oslo.policy's enforcer, loaded once."""

    fingerprint = None
    next_look = 0.0
    direct = None

    def load_rules(self, force_reload=False):
        if force_reload:
            super().load_rules(force_reload)

    def authorize(self, rule, target, creds, do_raise=False, exc=None, *args, **kwargs):
        if self.direct is None or do_raise:
            return super().authorize(rule, target, creds, do_raise, exc, *args, **kwargs)
        registered = self.registered_rules.get(rule)
        if registered is None:
            raise policy.PolicyNotRegistered(rule)
        if creds.get('system_scope'):
            creds['system'] = creds['system_scope']
        return bool(self._enforce_scope(creds, registered, do_raise=False)
                    and self.direct[rule](target, creds, self, rule))


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
    enforcer = _Enforcer(CONF, policy_file=policy_file)
    # The fingerprint is taken first: a change during the load is then seen at the next look.
    fingerprint = None if policy_file or rules else _fingerprint()
    enforcer.suppress_deprecation_warnings = True
    register_rules(enforcer)
    enforcer.load_rules(force_reload=True)
    if rules:
        enforcer.set_rules(policy.Rules.from_dict(rules), overwrite=False)
    enforcer.check_rules(raise_on_violation=True)
    enforcer.direct = {name: _direct(check, enforcer.rules) for name, check in enforcer.rules.items()}
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


def reset(enforcer=None):
    """Forget the enforcer; the next check loads the rules anew.

    :param enforcer: one that :func:`init` gave before; it is used again if the policy files are as they were then
    """
    global _enforcer
    with _lock:
        if enforcer is not None:
            enforcer.next_look = 0.0
        _enforcer = enforcer


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
