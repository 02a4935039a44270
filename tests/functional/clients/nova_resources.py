# SPDX-License-Identifier: Apache-2.0
"""The story of ``nova``, first part: all but servers."""
import re

from tests.functional.clients.rows import ANY, admin, demo

FLAVORS = (
    demo('flavor-list', [{'ID': '1', 'Name': 'm1.tiny', 'Memory_MiB': 512, 'Disk': 1, 'VCPUs': 1,
                          'Is_Public': 'True'}]),
    admin('flavor-create --ephemeral 1 --swap 128 --rxtx-factor 1.5 m1.story 42 256 2 2', [
        {'ID': '42', 'Name': 'm1.story', 'Memory_MiB': 256, 'Disk': 2, 'Ephemeral': 1, 'Swap': 128, 'VCPUs': 2}]),
    admin('flavor-create m1.story auto 256 2 2', fails='already exists.*409'),
    admin('flavor-create --is-public False m1.private auto 64 1 1', [{'Is_Public': 'False'}],
          save={'private_flavor': lambda shown: shown[0]['ID']}),
    admin('flavor-access-add m1.private $demo_project', [{'Flavor_ID': '$private_flavor',
                                                          'Tenant_ID': '$demo_project'}]),
    admin('flavor-access-list --flavor m1.private', [{'Tenant_ID': '$demo_project'}]),
    admin('flavor-access-remove m1.private $demo_project', []),
    admin('flavor-list --all', [{'Name': 'm1.private'}, {'Name': 'm1.story'}]),
    demo('flavor-list --min-ram 1024', lambda shown: [one['Name'] for one in shown] == ['m1.small']),
    demo('flavor-list --limit 1 --sort-key memory_mb --sort-dir desc', [{'Name': 'm1.small'}]),
    admin('flavor-key m1.story set hw:cpu_policy=dedicated quota:cpu_shares=10'),
    admin('flavor-key m1.story unset hw:cpu_policy'),
    demo('flavor-list --extra-specs', [{'Name': 'm1.story', 'extra_specs': "{'quota:cpu_shares': '10'}"}]),
    demo('flavor-show m1.story', {'id': '42', 'extra_specs': '{"quota:cpu_shares": "10"}', 'ram': 256,
                                  'os-flavor-access:is_public': 'True'}),
    admin('flavor-create --description words m1.words 43 64 1 1', [{'Description': 'words'}], since='2.55'),
    admin('flavor-update m1.words other', [{'Description': 'other'}], since='2.55'),
    admin('flavor-delete m1.words', since='2.55'),
    admin('flavor-delete m1.story'),
    admin('flavor-delete m1.private'),
    demo('flavor-show m1.story', fails='No flavor with a name or ID'),
)

KEYPAIRS = (
    demo('keypair-add --pub-key $public_key_file key1'),
    demo('keypair-add --pub-key $public_key_file key1', fails='already exists.*409'),
    demo('keypair-list', [{'Name': 'key1', 'Fingerprint': ANY}]),
    demo('keypair-show key1', {'name': 'key1', 'fingerprint': ANY}),
    demo('keypair-add --key-type ssh key2', has='BEGIN .*PRIVATE KEY', since='2.2', until='2.91'),
    demo('keypair-add key2', fails='2.92|public', since='2.92'),
    demo('keypair-add key2', has='BEGIN .*PRIVATE KEY', until='2.1'),
    demo('keypair-delete key2', until='2.91'),
    admin('keypair-add --user $demo_user --pub-key $public_key_file key3', since='2.10'),
    admin('keypair-list --user $demo_user', [{'Name': 'key1'}, {'Name': 'key3'}], since='2.10'),
    admin('keypair-delete --user $demo_user key3', since='2.10'),
    demo('keypair-list --limit 1', lambda shown: len(shown) == 1, since='2.35'),
    demo('keypair-delete key1'),
    demo('keypair-show key1', fails='not found|No keypair'),
)

AGGREGATES = (
    admin('aggregate-create agg1 fast', [{'Name': 'agg1', 'Availability Zone': 'fast'}]),
    admin('aggregate-create agg1 fast', fails='409'),
    admin('aggregate-add-host agg1 cmp2', [{'Hosts': "'cmp2'"}]),
    demo('availability-zone-list', [{'Name': 'fast', 'Status': 'available'}]),
    admin('availability-zone-list', [{'Name': 'fast', 'Status': 'available'}, {'Name': '|- cmp2'},
                                     {'Name': '| |- nova-compute', 'Status': re.compile('enabled :-')}]),
    admin('aggregate-set-metadata agg1 ssd=true', [{'Metadata': "'availability_zone=fast', 'ssd=true'"}]),
    admin('aggregate-update --name agg2 agg1', [{'Name': 'agg2'}]),
    admin('aggregate-show agg2', [{'Name': 'agg2', 'Hosts': "'cmp2'"}]),
    # the client asks for images by ``names``, which is no filter
    admin('aggregate-cache-images agg2 $demo', since='2.81'),
    admin('aggregate-list', [{'Name': 'agg2', 'Availability Zone': 'fast'}]),
    admin('aggregate-delete agg2', fails='not empty'),
    admin('aggregate-remove-host agg2 cmp2', [{'Hosts': ''}]),
    admin('aggregate-delete agg2'),
    demo('aggregate-list', fails='403'),
)

SERVICES = (
    admin('service-list', [{'Binary': 'nova-compute', 'Host': 'cmp2', 'Zone': 'nova', 'Status': 'enabled',
                            'State': 'up'},
                           {'Binary': 'nova-conductor', 'Zone': 'internal'}]),
    admin('service-list --host cmp2 --binary nova-compute', lambda shown: len(shown) == 1,
          save={'service': lambda shown: shown[0]['Id']}),
    admin('service-disable cmp2', [{'Host': 'cmp2', 'Binary': 'nova-compute', 'Status': 'disabled'}], until='2.52'),
    admin('service-disable --reason repair cmp2', [{'Disabled Reason': 'repair'}], until='2.52'),
    admin('service-enable cmp2', [{'Status': 'enabled'}], until='2.52'),
    admin('service-disable --reason repair $service', [{'ID': '$service', 'Status': 'disabled',
                                                        'Disabled Reason': 'repair'}], since='2.53'),
    admin('service-enable $service', [{'Status': 'enabled'}], since='2.53'),
    admin('service-force-down cmp2', [{'Forced down': 'True'}], since='2.11', until='2.52'),
    admin('service-force-down --unset cmp2', [{'Forced down': 'False'}], since='2.11', until='2.52'),
    admin('service-force-down $service', [{'Forced down': 'True'}], since='2.53'),
    admin('service-force-down --unset $service', [{'Forced down': 'False'}], since='2.53'),
    # one that lives comes back with its next heartbeat
    admin('service-list --host cmp2 --binary nova-network', lambda shown: len(shown) == 1,
          save={'network_service': lambda shown: shown[0]['Id']}),
    admin('service-delete $network_service'),
    admin('service-delete $unknown', fails='404', since='2.53'),
    admin('service-delete 4711', fails='404', until='2.52'),
    demo('service-list', fails='403'),
    admin('agent-list', fails='410'),
    admin('agent-create os x86_64 7.0 http://127.0.0.1/agent 0123456789abcdef xen', fails='410'),
    admin('agent-modify 1 8 http://127.0.0.1/agent 0123456789abcdef', fails='410'),
    admin('agent-delete 1', fails='410'),
)

HYPERVISORS = (
    admin('hypervisor-list', [{'Hypervisor hostname': 'cmp1', 'State': 'up', 'Status': 'enabled'},
                              {'Hypervisor hostname': 'cmp2'}],
          save={'hypervisor': lambda shown: next(one['ID'] for one in shown if one['Hypervisor hostname'] == 'cmp1')}),
    admin('hypervisor-list --matching cmp2', lambda shown: [one['Hypervisor hostname'] for one in shown] == ['cmp2']),
    admin('hypervisor-list --limit 1', lambda shown: len(shown) == 1, since='2.33'),
    admin('hypervisor-show cmp1', {'hypervisor_hostname': 'cmp1', 'vcpus': 64, 'memory_mb': 131072}, until='2.52'),
    admin('hypervisor-show cmp1', fails='400', since='2.53'),
    admin('hypervisor-show $hypervisor', {'hypervisor_hostname': 'cmp1', 'state': 'up', 'service_host': 'cmp1'}),
    admin('hypervisor-uptime $hypervisor', {'hypervisor_hostname': 'cmp1', 'uptime': ANY}, until='2.87'),
    admin('hypervisor-uptime $hypervisor', {'hypervisor_hostname': 'cmp1', 'uptime': ANY}, since='2.88'),
    admin('hypervisor-stats', {'count': 2, 'vcpus': 128, 'memory_mb': 262144}, until='2.87'),
    admin('hypervisor-stats', fails='2.87|not supported|invalid', since='2.88'),
    demo('hypervisor-list', fails='403'),
)

QUOTAS = (
    demo('quota-show', [{'Quota': 'instances', 'Limit': 20}, {'Quota': 'cores', 'Limit': 20}]),
    admin('quota-update --instances 7 --cores 9 --ram 4096 --key-pairs 5 $demo_project'),
    admin('quota-show --tenant $demo_project', [{'Quota': 'instances', 'Limit': 7}, {'Quota': 'ram', 'Limit': 4096}]),
    admin('quota-show --tenant $demo_project --detail', [{'Quota': 'instances', 'Limit': ANY}]),
    admin('quota-update --user $demo_user --instances 5 $demo_project'),
    admin('quota-show --tenant $demo_project --user $demo_user', [{'Quota': 'instances', 'Limit': 5}]),
    admin('quota-delete --tenant $demo_project --user $demo_user'),
    admin('quota-delete --tenant $demo_project'),
    demo('quota-show', [{'Quota': 'instances', 'Limit': 20}]),
    demo('quota-defaults', [{'Quota': 'instances', 'Limit': 20}]),
    admin('quota-class-show default', [{'Quota': 'instances', 'Limit': 20}]),
    admin('quota-class-update --cores 30 default'),
    demo('quota-show', [{'Quota': 'cores', 'Limit': 30}]),
    admin('quota-class-update --cores 20 default'),
    demo('quota-update --instances 100 $demo_project', fails='403'),
    demo('limits', [{'Name': 'Instances', 'Used': 0, 'Max': 20}]),
    admin('limits --tenant $demo_project', [{'Name': 'Cores', 'Max': 20}]),
    demo('limits --reserved', [{'Name': 'Cores', 'Max': 20}], until='2.74'),
    # a key of queries that Nova has never had; from 2.75 on it says so
    demo('limits --reserved', fails='400', since='2.75'),
    demo('version-list', [{'Id': 'v2.1', 'Status': 'CURRENT', 'Min Version': '2.1', 'Version': '2.104'}]),
    demo('usage --start 2020-01-01 --end 2020-02-01', has='None'),
    demo('usage-list', fails='403'),
    demo('help boot', has='Boot a new server'),
    demo('bash-completion', has='boot'),
)

GROUPS = (
    demo('server-group-create group1 affinity', [{'Name': 'group1', 'Id': ANY}],
         save={'group': lambda shown: shown[0]['Id']}),
    demo('server-group-create group2 anti-affinity --rule max_server_per_host=2',
         [{'Policy': 'anti-affinity', 'Rules': "{'max_server_per_host': 2}"}], since='2.64',
         save={'group2': lambda shown: shown[0]['Id']}),
    demo('server-group-create group3 soft-affinity', [{'Name': 'group3'}], since='2.15',
         save={'group3': lambda shown: shown[0]['Id']}),
    demo('server-group-create group3 soft-affinity', fails='400', until='2.14'),
    demo('server-group-list', [{'Name': 'group1', 'Id': '$group'}]),
    demo('server-group-list --limit 1', lambda shown: len(shown) == 1),
    admin('server-group-list --all-projects', [{'Name': 'group1'}]),
    demo('server-group-get $group', [{'Name': 'group1', 'Id': '$group'}]),
    demo('server-group-delete $group2', since='2.64'),
    demo('server-group-delete $group3', since='2.15'),
    demo('server-group-get $unknown', fails='404'),
)

RESOURCES = FLAVORS + KEYPAIRS + AGGREGATES + SERVICES + HYPERVISORS + QUOTAS + GROUPS
