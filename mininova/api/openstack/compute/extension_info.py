# SPDX-License-Identifier: Apache-2.0
"""GET /extensions: the fixed list that clients older than microversions ask for (nova-api).

Nova: nova/api/openstack/compute/extension_info.py.  The list says what the 2.1 API understands, whatever
is configured; newer things are told by the maximum microversion.
"""
import webob.exc

from mininova.api import validation
from mininova.api.openstack import extensions, wsgi
from mininova.api.openstack.compute.schemas import extension_info as schemas
from mininova.policies import extensions as policies

NAMESPACE = 'http://docs.openstack.org/compute/ext/fake_xml'
UPDATED = '2014-12-03T00:00:00Z'

# alias=name, in the order of the answer.
_KNOWN = """
NMN=Multinic OS-DCF=DiskConfig OS-EXT-AZ=ExtendedAvailabilityZone OS-EXT-IMG-SIZE=ImageSize OS-EXT-IPS=ExtendedIps
OS-EXT-IPS-MAC=ExtendedIpsMac OS-EXT-SRV-ATTR=ExtendedServerAttributes OS-EXT-STS=ExtendedStatus
OS-FLV-DISABLED=FlavorDisabled OS-FLV-EXT-DATA=FlavorExtraData OS-SCH-HNT=SchedulerHints OS-SRV-USG=ServerUsage
os-access-ips=AccessIPs os-admin-actions=AdminActions os-admin-password=AdminPassword os-agents=Agents
os-aggregates=Aggregates os-assisted-volume-snapshots=AssistedVolumeSnapshots os-attach-interfaces=AttachInterfaces
os-availability-zone=AvailabilityZone os-baremetal-ext-status=BareMetalExtStatus os-baremetal-nodes=BareMetalNodes
os-block-device-mapping=BlockDeviceMapping os-block-device-mapping-v2-boot=BlockDeviceMappingV2Boot
os-cell-capacities=CellCapacities os-cells=Cells os-certificates=Certificates os-cloudpipe=Cloudpipe
os-cloudpipe-update=CloudpipeUpdate os-config-drive=ConfigDrive os-console-auth-tokens=ConsoleAuthTokens
os-console-output=ConsoleOutput os-consoles=Consoles os-create-backup=CreateBackup os-create-server-ext=Createserverext
os-deferred-delete=DeferredDelete os-evacuate=Evacuate os-extended-evacuate-find-host=ExtendedEvacuateFindHost
os-extended-floating-ips=ExtendedFloatingIps os-extended-hypervisors=ExtendedHypervisors
os-extended-networks=ExtendedNetworks os-extended-quotas=ExtendedQuotas
os-extended-rescue-with-image=ExtendedRescueWithImage os-extended-services=ExtendedServices
os-extended-services-delete=ExtendedServicesDelete os-extended-status=ExtendedStatus os-extended-volumes=ExtendedVolumes
os-fixed-ips=FixedIPs os-flavor-access=FlavorAccess os-flavor-extra-specs=FlavorExtraSpecs
os-flavor-manage=FlavorManage os-flavor-rxtx=FlavorRxtx os-flavor-swap=FlavorSwap os-floating-ip-dns=FloatingIpDns
os-floating-ip-pools=FloatingIpPools os-floating-ips=FloatingIps os-floating-ips-bulk=FloatingIpsBulk os-fping=Fping
os-hide-server-addresses=HideServerAddresses os-hosts=Hosts os-hypervisor-status=HypervisorStatus
os-hypervisors=Hypervisors os-instance-actions=InstanceActions os-instance_usage_audit_log=OSInstanceUsageAuditLog
os-keypairs=Keypairs os-lock-server=LockServer os-migrate-server=MigrateServer os-migrations=Migrations
os-multiple-create=MultipleCreate os-networks=Networks os-networks-associate=NetworkAssociationSupport
os-pause-server=PauseServer os-personality=Personality os-preserve-ephemeral-rebuild=PreserveEphemeralOnRebuild
os-quota-class-sets=QuotaClasses os-quota-sets=Quotas os-rescue=Rescue
os-security-group-default-rules=SecurityGroupDefaultRules os-security-groups=SecurityGroups
os-server-diagnostics=ServerDiagnostics os-server-external-events=ServerExternalEvents
os-server-group-quotas=ServerGroupQuotas os-server-groups=ServerGroups
os-server-list-multi-status=ServerListMultiStatus os-server-password=ServerPassword os-server-sort-keys=ServerSortKeys
os-server-start-stop=ServerStartStop os-services=Services os-shelve=Shelve os-simple-tenant-usage=SimpleTenantUsage
os-suspend-server=SuspendServer os-tenant-networks=OSTenantNetworks os-used-limits=UsedLimits
os-used-limits-for-admin=UsedLimitsForAdmin os-user-data=UserData os-user-quotas=UserQuotas
os-virtual-interfaces=VirtualInterfaces os-volume-attachment-update=VolumeAttachmentUpdate os-volumes=Volumes
"""
_ONLY_LEGACY = 'OS-EXT-VIF-NET=ExtendedVIFNet'


def _entries(text):
    found = {}
    for alias, _equals, name in (entry.partition('=') for entry in text.split()):
        found[alias] = {'alias': alias, 'name': name, 'description': f'{name} is part of the 2.1 API.', 'links': [],
                        'namespace': NAMESPACE, 'updated': UPDATED}
    return found


EXTENSIONS = _entries(_KNOWN)
LEGACY_EXTENSIONS = dict(sorted(_entries(f'{_KNOWN} {_ONLY_LEGACY}').items()))


class ExtensionInfoController(wsgi.Controller):
    """GET /extensions and /extensions/{alias}."""

    @validation.query_schema(schemas.index_query)
    @validation.response_schema(schemas.index_response)
    def index(self, req):
        req.environ['nova.context'].can(policies.ROOT, target={})
        return {'extensions': list(self._known(req).values())}

    @wsgi.expected_errors(404)
    @validation.query_schema(schemas.show_query)
    @validation.response_schema(schemas.show_response)
    def show(self, req, id):
        req.environ['nova.context'].can(policies.ROOT, target={})
        if id not in self._known(req):
            raise webob.exc.HTTPNotFound()
        return {'extension': self._known(req)[id]}

    @staticmethod
    def _known(req):
        return LEGACY_EXTENSIONS if req.is_legacy_v2() else EXTENSIONS


class ExtensionInfo(extensions.Extension):
    """The list of extensions."""

    alias = 'extensions'
    name = 'Extensions'
    is_core = True
    resources = (extensions.Resource('extensions', ExtensionInfoController),)
