# SPDX-License-Identifier: Apache-2.0
"""Who has which CPUs: what flavor and image say, and what of it contradicts.

Nova: get_cpu_policy_constraint, get_cpu_thread_policy_constraint, get_realtime_cpu_constraint and their like of
nova/virt/hardware.py.
"""
import typing

from oslo_utils import strutils

from mininova import exception
from mininova.virt.hardware import cpu_set

SHARED, DEDICATED, MIXED = POLICIES = ('shared', 'dedicated', 'mixed')
PREFER, ISOLATE, REQUIRE = THREAD_POLICIES = ('prefer', 'isolate', 'require')
EMULATOR_ISOLATE, EMULATOR_SHARE = EMULATOR_POLICIES = ('isolate', 'share')
HYPERTHREADING = 'HW_CPU_HYPERTHREADING'


class CPUPolicies(typing.NamedTuple):
    """What a server wants of its CPUs.

    :ivar cpu_policy: None is shared without saying so
    :ivar dedicated: virtual CPUs that get a CPU of their own
    :ivar realtime: virtual CPUs of those that run in realtime
    """

    cpu_policy: str | None
    thread_policy: str | None
    emulator_policy: str | None
    dedicated: frozenset
    realtime: frozenset


def get_policies(flavor, specs, properties):
    """Return the CPUPolicies of a flavor and an image.

    :raises Invalid: they contradict themselves or each other (400)
    """
    policy = _cpu_policy(specs, properties)
    thread_policy = _thread_policy(specs, properties)
    emulator_policy = _emulator_policy(specs)
    policy = _with_resources(specs, flavor.vcpus, policy, emulator_policy)
    thread_policy = _with_trait(specs, properties, thread_policy)
    if policy not in (DEDICATED, MIXED):
        if thread_policy:
            raise exception.CPUThreadPolicyConfigurationInvalid()
        if emulator_policy == EMULATOR_ISOLATE:
            raise exception.BadRequirementEmulatorThreadsPolicy()
    realtime = _realtime(flavor.vcpus, specs, properties, policy, emulator_policy)
    return CPUPolicies(policy, thread_policy, emulator_policy, _dedicated(flavor.vcpus, specs, policy, realtime),
                       realtime)


def get_realtime_cpu_constraint(flavor, image_meta):
    """Return the virtual CPUs of a server that run in realtime, an empty set if it wants none.

    :raises Invalid: as :func:`get_policies`
    """
    return get_policies(flavor, flavor.extra_specs or {}, image_meta.properties or {}).realtime


# -- single wishes --------------------------------------------------------------


def _one_of(text, names, error, **kwargs):
    if text is not None and text not in names:
        raise error(requested=text, available=', '.join(names), **kwargs)
    return text


def _cpu_policy(specs, properties):
    flavor = _one_of(specs.get('hw:cpu_policy'), POLICIES, exception.InvalidCPUAllocationPolicy,
                     source='flavor extra specs')
    image = _one_of(properties.get('hw_cpu_policy'), POLICIES, exception.InvalidCPUAllocationPolicy,
                    source='image properties')
    forbidden = {SHARED: (MIXED, DEDICATED), MIXED: (DEDICATED,)}.get(flavor, ())
    if image in forbidden:
        raise exception.ImageCPUPinningForbidden()
    return flavor or image


def _thread_policy(specs, properties):
    flavor = _one_of(specs.get('hw:cpu_thread_policy'), THREAD_POLICIES, exception.InvalidCPUThreadAllocationPolicy,
                     source='flavor extra specs')
    image = _one_of(properties.get('hw_cpu_thread_policy'), THREAD_POLICIES,
                    exception.InvalidCPUThreadAllocationPolicy, source='image properties')
    if flavor not in (None, PREFER) and image not in (None, flavor):
        raise exception.ImageCPUThreadPolicyForbidden()
    return flavor or image


def _emulator_policy(specs):
    return _one_of(specs.get('hw:emulator_threads_policy'), EMULATOR_POLICIES, exception.InvalidEmulatorThreadsPolicy)


def _amount(specs, name):
    """Return the amount of a resource that a flavor asks for by name, 0 for none."""
    text = specs.get(f'resources:{name}')
    if text is None:
        return 0
    try:
        return int(text)
    except ValueError as error:
        raise exception.InvalidRequest(f"'{text}' is no amount of resources:{name}.") from error


def _with_resources(specs, vcpus, policy, emulator_policy):
    """Return the policy with what ``resources:VCPU`` and ``resources:PCPU`` say in other words."""
    shared, dedicated = _amount(specs, 'VCPU'), _amount(specs, 'PCPU')
    if policy and (shared or dedicated):
        raise exception.InvalidRequest(
            "'resources:VCPU' and 'resources:PCPU' cannot be used together with 'hw:cpu_policy' or 'hw_cpu_policy': "
            'use one of them.')
    if shared and dedicated:
        raise exception.InvalidRequest("'resources:VCPU' and 'resources:PCPU' cannot be used together.")
    if not dedicated:
        return policy
    if emulator_policy == EMULATOR_ISOLATE and dedicated <= vcpus:
        raise exception.InvalidRequest(
            "Emulator threads on a CPU of their own need one more of 'resources:PCPU' than the flavor has CPUs.")
    return DEDICATED


def _with_trait(specs, properties, thread_policy):
    """Return the thread policy with what a trait says of hyper-threading in other words."""
    said = {source.get(f'trait:{HYPERTHREADING}') for source in (specs, properties)} - {None}
    if not said:
        return thread_policy
    if thread_policy:
        raise exception.InvalidRequest(
            f"'trait:{HYPERTHREADING}' cannot be used together with 'hw:cpu_thread_policy' or 'hw_cpu_thread_policy'.")
    if len(said) > 1:
        raise exception.FlavorImageConflict(f"Flavor and image contradict each other in 'trait:{HYPERTHREADING}'.")
    return {'forbidden': ISOLATE, 'required': REQUIRE}.get(said.pop())


def _mask(text, vcpus):
    """Return the CPUs that a mask names; one that only excludes begins with all of them."""
    if text.strip().startswith('^'):
        text = f'0-{vcpus - 1},{text}'
    return frozenset(cpu_set.parse_cpu_spec(text))


def _realtime(vcpus, specs, properties, policy, emulator_policy):
    # An image may say which CPUs, never that they are: at realtime a guest can keep all others from running.
    if not strutils.bool_from_string(specs.get('hw:cpu_realtime')):
        return frozenset()
    if policy not in (DEDICATED, MIXED):
        raise exception.RealtimeConfigurationInvalid()
    text = properties.get('hw_cpu_realtime_mask') or specs.get('hw:cpu_realtime_mask')
    everything = frozenset(range(vcpus))
    if not text:
        if policy == MIXED and not specs.get('hw:cpu_dedicated_mask'):
            raise exception.RequiredMixedOrRealtimeCPUMask()
        if not emulator_policy:
            raise exception.RealtimeMaskNotFoundOrInvalid()
        dedicated = specs.get('hw:cpu_dedicated_mask')
        return _mask(dedicated, vcpus) if policy == MIXED else everything
    found = _mask(text, vcpus)
    if not found or not found <= everything or (found == everything and not emulator_policy):
        raise exception.RealtimeMaskNotFoundOrInvalid()
    return found


def _dedicated(vcpus, specs, policy, realtime):
    text, everything = specs.get('hw:cpu_dedicated_mask'), frozenset(range(vcpus))
    if policy != MIXED:
        if text:
            raise exception.RequiredMixedInstancePolicy()
        return everything if policy == DEDICATED else frozenset()
    by_realtime = bool(realtime) and bool(specs.get('hw:cpu_realtime_mask'))
    if bool(text) == by_realtime:
        raise exception.RequiredMixedOrRealtimeCPUMask()
    found = _mask(text, vcpus) if text else realtime
    if not found or not found < everything:
        raise exception.InvalidMixedInstanceDedicatedMask()
    return found
