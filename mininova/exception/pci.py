# SPDX-License-Identifier: Apache-2.0
"""What is wrong with options on PCI devices, with what a flavor asks of them, and with devices themselves."""
from mininova.exception.base import NovaException
from mininova.exception.invalid import Invalid


class PciConfigInvalidSpec(NovaException):
    """An entry of [pci] device_spec."""
    msg_fmt = 'Invalid [pci] device_spec config: %(reason)s'

class PciDeviceWrongAddressFormat(PciConfigInvalidSpec):
    msg_fmt = "The PCI address '%(address)s' has an incorrect format."

class PciDeviceInvalidAddressField(PciConfigInvalidSpec):
    msg_fmt = "Invalid PCI address: the field '%(field)s' of '%(address)s' is no hexadecimal number up to %(max)x."

class PciInvalidAlias(Invalid):
    msg_fmt = 'Invalid PCI alias definition: %(reason)s'

class PciRequestAliasNotDefined(Invalid):
    msg_fmt = 'PCI alias %(alias)s is not defined'

class PciRequestInvalid(Invalid):
    """New here: Nova answers 500."""
    msg_fmt = "Invalid PCI request '%(request)s': it must be NAME:COUNT, several separated by commas."

class InvalidPCINUMAAffinity(Invalid):
    msg_fmt = "Invalid PCI NUMA affinity '%(policy)s': it must be one of %(available)s."

class ImagePCINUMAPolicyForbidden(Invalid):
    msg_fmt = ("Image property 'hw_pci_numa_affinity_policy' is not permitted to override the "
               "'hw:pci_numa_affinity_policy' flavor extra spec.")

class PciDeviceDetachFailed(NovaException):
    msg_fmt = 'Failed to detach PCI device %(dev)s: %(reason)s'

class PciDeviceRequestFailed(NovaException):
    """The devices that a claim chose are not free, which the lock on their node's row rules out."""
    msg_fmt = 'PCI devices %(addresses)s of node %(node_id)s are not free.'
