# SPDX-License-Identifier: Apache-2.0
"""What a proxy says to a guest's console server in the user's place.  Nova: nova/console/securityproxy."""
