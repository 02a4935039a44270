# SPDX-License-Identifier: Apache-2.0
"""The console proxies: a browser's websocket on one side, a guest's screen or serial port on the other.

websocketproxy   who may open what, and the way there (Nova: nova/console/websocketproxy.py)
server           the port that is listened on, its connections and their deadlines
static           the files of the client that browsers load
origin           from which pages consoles may be opened
securityproxy/   what a proxy says to a guest's VNC server in the user's place, rfb/ the ways to prove who it is

Runs in nova-novncproxy, nova-serialproxy and nova-spicehtml5proxy.  They read tokens from the database themselves, as
Nova's do, and ask nova-compute whether a console is still where the token says.
"""
