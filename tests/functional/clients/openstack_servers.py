# SPDX-License-Identifier: Apache-2.0
"""The story of ``openstack``, second part: servers from their creation to their end, on two hosts."""
from tests.functional.clients.rows import ANY, UUID, admin, demo

CREATE = (
    demo('keypair create --public-key $public_key_file key1', {'name': 'key1'}),
    demo('server create --flavor nothing --image demo vm0', fails='No Flavor found for nothing'),
    demo('server create --flavor m1.tiny --image nothing vm0', fails='No Image found for nothing'),
    demo('server create --flavor m1.tiny --image demo --key-name nokey vm0', fails='400.*Invalid key_name'),
    demo('server create --flavor m1.tiny --image demo --key-name key1 --property role=web --wait vm1', {
        'name': 'vm1', 'status': 'ACTIVE', 'id': UUID, 'adminPass': ANY, 'key_name': 'key1', 'properties': ANY,
        'addresses': {'private': ANY}}, save={'vm1': 'id'}),
    demo('server create --flavor m1.tiny --image demo --nic none --description words --tag red --tag blue '
         '--hostname web2 --config-drive True vm2', {'description': 'words'}, since='2.90', wait='vm2 ACTIVE'),
    demo('server create --flavor m1.tiny --image demo --nic none vm2', {'name': 'vm2'}, since='2.37', until='2.89',
         wait='vm2 ACTIVE'),
    demo('server create --flavor m1.tiny --image demo vm2', {'name': 'vm2'}, until='2.36', wait='vm2 ACTIVE'),
    demo('server create --flavor m1.tiny --image demo --nic net-id=$private --availability-zone nova:cmp2 vm3',
         fails='403'),
    # without Neutron the client asks Nova's old list of networks for the name
    demo('server create --flavor m1.tiny --image demo --network private --wait net1', {
        'addresses': {'private': ANY}}),
    demo('server create --flavor m1.tiny --image demo --network nothing net2', fails='nothing not found'),
    demo('server delete --wait net1', wait='net1 gone'),
    admin('server create --flavor m1.tiny --image demo --availability-zone nova:cmp2 ours', {'name': 'ours'},
          wait='ours ACTIVE'),
    admin('server create --flavor m1.tiny --image demo --host cmp2 ours2', {'name': 'ours2'}, since='2.74',
          wait='ours2 ACTIVE'),
    demo('server create --flavor m1.tiny --image demo --hint group=$group --min 2 --max 2 twin', {'name': 'twin-1'},
         wait='twin-2 ACTIVE'),
    demo('server group show group1', {'members': lambda members: len(members) == 2}),
    demo('server show vm1', {
        'name': 'vm1', 'status': 'ACTIVE', 'image': 'demo ($demo)', 'key_name': 'key1',
        'OS-EXT-STS:power_state': 1, 'OS-EXT-STS:vm_state': 'active', 'OS-EXT-STS:task_state': None,
        'project_id': '$demo_project', 'user_id': '$demo_user', 'properties': {'role': 'web'}}),
    admin('server show $vm1', {'OS-EXT-SRV-ATTR:host': ANY, 'OS-EXT-SRV-ATTR:instance_name': ANY}),
    admin('server show $vm1', {'OS-EXT-SRV-ATTR:root_device_name': '/dev/vda'}, since='2.3'),
    demo('server show $vm1', {'flavor': 'm1.tiny (1)'}, until='2.46'),
    demo('server show $vm1', {'flavor': {'name': 'm1.tiny', 'ram': 512}}, since='2.47'),
    admin('server show --diagnostics $vm1', has='memory', since='2.48'),
    # without --os-compute-api-version the client sends no microversion
    demo('server show --topology vm1', {'topology': {'nodes': [], 'pagesize_kb': None}}, since='2.78', version='2.78'),
    demo('server show --topology vm1', fails='2.78', until='2.77'),
    demo('server show nobody', fails='No Server found for nobody'),
)

LIST = (
    demo('server list', [{'Name': 'vm1', 'ID': '$vm1', 'Status': 'ACTIVE', 'Image': 'demo', 'Flavor': 'm1.tiny',
                          'Networks': {'private': ANY}}, {'Name': 'vm2'}]),
    demo('server list --long', [{'Name': 'vm1', 'Task State': None, 'Power State': 1, 'Availability Zone': 'nova',
                                 'Image ID': '$demo', 'Properties': {'role': 'web'}}]),
    demo('server list -n --name vm1', lambda shown: len(shown) == 1),
    demo('server list --name vm[12]', lambda shown: {one['Name'] for one in shown} == {'vm1', 'vm2'}),
    demo('server list --status SHUTOFF', []),
    demo('server list --flavor m1.tiny --image demo --limit 1', lambda shown: len(shown) >= 1),
    demo('server list --marker vm1 --limit 1', lambda shown: '$vm1' not in [one['ID'] for one in shown]),
    admin('server list --all-projects --host cmp2', [{'Name': 'ours'}]),
    admin('server list --project demo', [{'Name': 'vm1'}, {'Name': 'vm2'}]),
    admin('server list --all-projects --user demo', [{'Name': 'vm1'}]),
    demo('server list --ip 10.100', [{'Name': 'vm1'}]),
    demo('server list --tags red --not-tags green', lambda shown: [one['Name'] for one in shown] == ['vm2'],
         since='2.90'),
    demo('server list --tags red', fails='2.26', until='2.25'),
    demo('server list --key-name key1', lambda shown: [one['Name'] for one in shown] == ['vm1'], since='2.83'),
    demo('server list --availability-zone nova --vm-state active', [{'Name': 'vm1'}], since='2.83'),
    demo('server list --changes-since 2020-01-01T00:00:00', [{'Name': 'vm1'}]),
    demo('server list --changes-before 2020-01-01T00:00:00', [], since='2.66'),
    demo('server list --unlocked', [{'Name': 'vm1'}], since='2.73'),
    demo('server list --locked', [], since='2.73'),
    demo('server list --locked', fails='2.73', until='2.72'),
    demo('project cleanup --dry-run --auth-project', has='Server +. $vm1 . vm1'),
    demo('server ssh --private vm1 -- -l cirros', has='# ssh 10.100.0.* -l cirros'),
)

CHANGE = (
    demo('server set --name vm1b --property color=red vm1'),
    demo('server show vm1b', {'properties': {'role': 'web', 'color': 'red'}}),
    demo('server unset --property color vm1b'),
    demo('server show vm1b', {'properties': lambda shown: 'color' not in shown}),
    demo('server set --name vm1 vm1b'),
    demo('server set --description text vm1', since='2.19'),
    demo('server set --description text vm1', fails='2.19', until='2.18'),
    demo('server show vm1', {'description': 'text'}, since='2.19'),
    demo('server unset --description vm1', since='2.19'),
    demo('server set --tag one --tag two vm1', since='2.26'),
    demo('server unset --tag one vm1', since='2.26'),
    demo('server show vm1', {'tags': ['two']}, since='2.26'),
    demo('server set --tag one vm1', fails='2.26', until='2.25'),
    demo('server unset --all-tags vm1', since='2.26'),
    demo('server set --hostname box vm1', since='2.90'),
    demo('server show vm1', {'OS-EXT-SRV-ATTR:hostname': 'box'}, since='2.90'),
    demo('server set --password secret vm1', stdin='secret\nsecret\n'),
    demo('server set --state error --auto-approve vm1', fails='403'),
    admin('server set --state error --auto-approve $vm1'),
    demo('server show vm1', {'status': 'ERROR'}),
    admin('server set --state active --auto-approve $vm1'),
    demo('server lock vm1'),
    demo('server lock --reason because vm2', since='2.73'),
    demo('server show vm2', {'locked_reason': 'because', 'locked': True}, since='2.73'),
    demo('server unlock vm2', since='2.73'),
    demo('server stop vm2', wait='vm2 SHUTOFF'),
    demo('server start vm2', wait='vm2 ACTIVE'),
    demo('server unlock vm1'),
    demo('server stop vm1', wait='vm1 SHUTOFF'),
    demo('server stop vm1', fails='409.*vm_state stopped'),
    demo('server start vm1', wait='vm1 ACTIVE'),
    admin('server stop --all-projects vm1', wait='vm1 SHUTOFF'),
    admin('server start --all-projects vm1', wait='vm1 ACTIVE'),
    demo('server reboot --wait vm1', has='Complete'),
    demo('server reboot --hard --wait vm1', has='Complete'),
    demo('server pause vm1', wait='vm1 PAUSED'),
    demo('server unpause vm1', wait='vm1 ACTIVE'),
    demo('server suspend vm1', wait='vm1 SUSPENDED'),
    demo('server resume vm1', wait='vm1 ACTIVE'),
    demo('server rescue vm1', wait='vm1 RESCUE'),
    demo('server unrescue vm1', wait='vm1 ACTIVE'),
    demo('server rescue --image rescue --password secret vm1', wait='vm1 RESCUE'),
    demo('server unrescue vm1', wait='vm1 ACTIVE'),
    demo('server dump create vm1', since='2.17'),
    demo('server dump create vm1', fails='404|2.17|microversion', until='2.16'),
)

CONSOLES = (
    demo('console log show vm1', has='.'),
    demo('console log show --lines 5 vm1', has='.'),
    demo('console url show vm1', {'type': 'novnc', 'url': ANY}, until='2.5'),
    demo('console url show vm1', {'type': 'novnc', 'protocol': 'vnc', 'url': ANY}, since='2.6'),
    demo('console url show --spice vm1', {'type': 'spice-html5', 'url': ANY}),
    demo('console url show --serial vm1', {'type': 'serial', 'url': ANY},
         save={'token': lambda shown: shown['url'].rpartition('=')[2]}),
    admin('console connection show $token', {'instance_uuid': '$vm1', 'host': ANY, 'port': ANY}, since='2.31'),
    demo('console connection show $token', fails="Policy doesn't allow", since='2.31'),
    demo('console url show --rdp vm1', fails='410|400|Unsupported|Gone|rdp'),
    demo('console url show --xvpvnc vm1', fails='400|xvpvnc'),
    demo('console url show --mks vm1', fails='400|not available|Unavailable|mks'),
    demo('console url show --spice-direct vm1', {'type': 'spice-direct'}, since='2.99'),
)

IMAGES = (
    # images outlive the story, and the next one may be told of the same cloud
    demo('server image create --name snap-$version --property made=here --wait vm1', {
        'name': 'snap-$version', 'status': 'active'}, wait='vm1 ACTIVE'),
    demo('server backup create --name back-$version --type daily --rotate 1 vm1', {'name': 'back-$version'},
         wait='vm1 ACTIVE'),
    demo('server rebuild --image demo --name vm1 --property role=db --wait vm1', {
        'status': 'REBUILD', 'image': 'demo ($demo)', 'properties': {'role': 'db'}}),
    demo('server rebuild --description again --wait vm1', {'description': 'again'}, since='2.19'),
    demo('server rebuild --no-key-name --wait vm1', since='2.54'),
    demo('server rebuild --key-name key1 --wait vm1', since='2.54'),
    demo('server rebuild --user-data $public_key_file --wait vm1', since='2.57'),
    demo('server rebuild --hostname box2 --wait vm1', since='2.90'),
)

INTERFACES = (
    # only for create does it look the name up
    demo('server add network vm2 private', fails='400'),
    demo('server add network vm2 $private', wait='vm2 ACTIVE'),
    demo('server show vm2', {'addresses': {'private': ANY}},
         save={'address': lambda shown: shown['addresses']['private'][-1]}),
    demo('server remove network vm2 $private', wait='vm2 ACTIVE'),
    demo('server add fixed ip vm2 $private', wait='vm2 ACTIVE'),
    demo('server show vm2', {'addresses': {'private': ANY}}, eventually=True,
         save={'address': lambda shown: shown['addresses']['private'][-1]}),
    # the card would be left without any
    demo('server remove fixed ip vm2 $address', fails='the only one of its card', until='2.43'),
    # an action that ends with 2.43
    demo('server remove fixed ip vm2 $address', fails='404', since='2.44'),
    demo('server remove security group vm2 default'),
    demo('server add security group vm2 default'),
    demo('server show vm2', {'security_groups': [{'name': 'default'}]}),
    demo('server add security group vm2 nobodys', fails='404|No SecurityGroup|not found'),
    # Neutron's, says the client, whatever the compute service has
    demo('server add floating ip vm2 172.24.4.9', fails='network. is disabled'),
    demo('server remove floating ip vm2 172.24.4.9', fails='network. is disabled'),
    demo('server add port vm2 $unknown', fails='404|400'),
    demo('server remove port vm2 $unknown', fails='404'),
    demo('server volume list vm2', []),
    demo('server share list vm2', [], since='2.97'),
    demo('server share list vm2', fails='2.97', until='2.96'),
)

RESIZE = (
    demo('server resize --flavor m1.small vm1', wait='vm1 VERIFY_RESIZE'),
    demo('server resize confirm vm1', wait='vm1 ACTIVE'),
    demo('server resize --flavor m1.tiny --wait vm1', has='Complete'),
    demo('server resize revert vm1', wait='vm1 ACTIVE'),
    demo('server resize --flavor m1.small vm1', fails='400.*(same|flavor)|409'),
    demo('server resize --flavor m1.tiny --wait vm1', has='Complete'),
    demo('server resize --confirm vm1', wait='vm1 ACTIVE'),
    demo('server resize --flavor m1.small --wait vm1', has='Complete'),
    demo('server resize --revert vm1', wait='vm1 ACTIVE'),
    demo('server migrate vm1', fails='403'),
    admin('server migrate --wait $vm1', has='Complete'),
    demo('server migration list', fails='403'),
    demo('server migrate confirm vm1', wait='vm1 ACTIVE'),
    admin('server migrate $vm1', wait='vm1 VERIFY_RESIZE'),
    demo('server migrate revert vm1', wait='vm1 ACTIVE'),
    admin('server migrate $vm1', wait='vm1 VERIFY_RESIZE'),
    demo('server migration confirm vm1', wait='vm1 ACTIVE'),
    admin('server migrate $vm1', wait='vm1 VERIFY_RESIZE'),
    demo('server migration revert vm1', wait='vm1 ACTIVE'),
    admin('server migrate --live-migration --wait $vm1', has='Complete', wait='vm1 ACTIVE', since='2.25'),
    # the client hands its library an argument that this has under another name
    admin('server migrate --live-migration $vm1', fails='disk_overcommit', until='2.24'),
    admin('server migration list --server $vm1', [{'Status': 'confirmed'}, {'Status': 'reverted'}]),
    admin('server migration list --status completed --type live-migration', [{'Server UUID': '$vm1'}], since='2.25'),
    admin('server migrate --live-migration $vm1', since='2.25', control={'fake/live_migration_seconds': 30}),
    admin('server migration list --server $vm1 --status running --type live-migration', [{'Server UUID': '$vm1'}],
          save={'migration': lambda shown: shown[0]['Id']}, since='2.25', eventually=True),
    # the client takes the one id for the other and asks for /servers/MIGRATION/migrations/SERVER
    admin('server migration show $vm1 $migration', fails='No ServerMigration found', since='2.25'),
    admin('server migration abort $vm1 $migration', wait='vm1 ACTIVE', since='2.25'),
    admin('server migrate --live-migration $vm1', since='2.25'),
    admin('server migration list --server $vm1 --status running --type live-migration', [{'Server UUID': '$vm1'}],
          save={'migration': lambda shown: shown[0]['Id']}, since='2.25', eventually=True),
    admin('server migration force complete $vm1 $migration', wait='vm1 ACTIVE', since='2.25'),
    admin('server migration abort $vm1 $migration', fails='404|409|400', since='2.25',
          control={'fake/live_migration_seconds': 0}),
    admin('server migration abort $vm1 1', fails='2.24', until='2.23'),
)

SHELVE = (
    demo('server shelve --wait vm1', wait='vm1 SHELVED_OFFLOADED'),
    demo('server show vm1', {'status': 'SHELVED_OFFLOADED', 'OS-EXT-STS:power_state': 4}),
    demo('server unshelve --wait vm1', wait='vm1 ACTIVE'),
    demo('server shelve vm1', wait='vm1 SHELVED_OFFLOADED'),
    demo('server unshelve --availability-zone nova vm1', wait='vm1 ACTIVE', since='2.77'),
    demo('server unshelve --availability-zone nova vm1', fails='2.77', until='2.76'),
    demo('server unshelve vm1', wait='vm1 ACTIVE', until='2.76'),
    # where the cloud does not offload at once by itself
    admin('server shelve --offload $vm1', wait='vm1 SHELVED_OFFLOADED', control={'DEFAULT/shelved_offload_time': -1}),
    admin('server unshelve --host cmp1 $vm1', wait='vm1 ACTIVE', since='2.91'),
    admin('server unshelve $vm1', wait='vm1 ACTIVE', until='2.90'),
)

EVACUATE = (
    admin('server evacuate $vm1', fails='409|400|is still in use', control={'DEFAULT/shelved_offload_time': 0}),
    admin('server list --all-projects --long --name vm1', [{'Name': 'vm1', 'Host': ANY}],
          save={'host': lambda shown: shown[0]['Host']}),
    admin('compute service set --down $host nova-compute', version='2.11'),
    # with --wait the client never ends: it compares a status in lower case with 'ACTIVE'
    admin('server evacuate $vm1', wait='vm1 ACTIVE', until='2.94'),
    admin('server evacuate $vm1', wait='vm1 SHUTOFF', since='2.95'),
    demo('server start vm1', wait='vm1 ACTIVE', since='2.95'),
    admin('server list --all-projects --long --name vm1', lambda shown: shown[0]['Host'] != '$host'),
    # not before the host has destroyed what it lost
    admin('compute service set --up $host nova-compute', version='2.11', eventually=True),
)

EVENTS = (
    demo('server event list vm1', [{'Action': 'create', 'Request ID': ANY}, {'Action': 'resize'}],
         save={'request': lambda shown: next(one['Request ID'] for one in shown if one['Action'] == 'create')}),
    demo('server event list --long vm1', [{'Action': 'create', 'Project ID': '$demo_project',
                                           'User ID': '$demo_user'}]),
    demo('server event list --limit 2 --max-items 2 vm1', lambda shown: len(shown) == 2, since='2.58'),
    demo('server event list --changes-since 2020-01-01T00:00:00Z vm1', [{'Action': 'create'}], since='2.58'),
    demo('server event list --changes-before 2020-01-01T00:00:00Z vm1', [], since='2.66'),
    demo('server event show vm1 $request', {'action': 'create', 'project_id': '$demo_project', 'events': ANY},
         since='2.51'),
    # users see no events before 2.51, and the client cannot do without
    demo('server event show vm1 $request', fails='NoneType', until='2.50'),
    admin('server event show $vm1 $request', {'events': [{'event': 'compute__do_build_and_run_instance'}]}),
    demo('server event show vm1 req-00000000-0000-0000-0000-000000000000', fails='404|not found'),
    demo('usage show', {'Servers': ANY, 'RAM MB-Hours': ANY, 'CPU Hours': ANY, 'Disk GB-Hours': ANY}),
    demo('usage show --start 2020-01-01 --end 2020-02-01', {'Servers': None}),
    admin('usage show --project demo', {'Project': '$demo_project'}),
    # the client asks for detailed=True, and only detailed=1 brings the servers that it would count
    admin('usage list', [{'Project': '$demo_project', 'RAM MB-Hours': ANY}, {'Project': '$admin_project'}]),
    demo('usage list', fails='403'),
)

DELETE = (
    demo('server delete nobody', fails='No Server found for nobody'),
    demo('server delete vm2', wait='vm2 SOFT_DELETED', control={'DEFAULT/reclaim_instance_interval': 600}),
    demo('server restore vm2', fails='403|No Server found'),
    admin('server list --all-projects --status SOFT_DELETED', [{'Name': 'vm2'}],
          save={'vm2': lambda shown: shown[0]['ID']}),
    admin('server restore $vm2', wait='vm2 ACTIVE'),
    demo('server lock vm2'),
    demo('server delete vm2', fails='409.*locked'),
    demo('server unlock vm2'),
    demo('server delete --force vm2', wait='vm2 gone'),
    admin('server delete --force $vm1', wait='vm1 gone', control={'DEFAULT/reclaim_instance_interval': 0}),
    admin('server delete --all-projects twin-1 twin-2', wait='twin-2 gone'),
    admin('server delete --wait ours', wait='ours gone'),
    admin('server delete ours2', wait='ours2 gone', since='2.74'),
    demo('server list', []),
    admin('server list --all-projects --deleted --name vm1', [{'ID': '$vm1', 'Status': 'DELETED'}]),
    demo('server group delete group1'),
    demo('keypair delete key1'),
)

SERVERS = CREATE + LIST + CHANGE + CONSOLES + IMAGES + INTERFACES + RESIZE + SHELVE + EVACUATE + EVENTS + DELETE
# What a story can do without, at the microversions at which it is told shortly.
DISPENSABLE = CHANGE + IMAGES + INTERFACES + SHELVE
