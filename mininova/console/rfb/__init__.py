# SPDX-License-Identifier: Apache-2.0
"""Ways in which a proxy proves to a VNC server who it is (RFB 3.8, RFC 6143 section 7.1.2).  Nova: nova/console/rfb."""
