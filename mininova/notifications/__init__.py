# SPDX-License-Identifier: Apache-2.0
"""What others are told of changes, over oslo.messaging.  Nova: nova/notifications."""
