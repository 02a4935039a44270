# SPDX-License-Identifier: Apache-2.0
"""Everything that `nova`, `openstack`, openstacksdk and Terraform offer for compute, against a cloud of two hosts."""
