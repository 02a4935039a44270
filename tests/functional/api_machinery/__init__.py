# SPDX-License-Identifier: Apache-2.0
"""The road from a request to a controller, with an extension made for the purpose."""
