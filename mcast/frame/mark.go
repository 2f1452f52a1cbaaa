package frame

import "net/netip"

// Mark is the UDP source port from which bridges send into a LAN (docs/bridge.md). A bridge
// said what comes from it, or a program beyond the bridge: nobody alone has that
// address, and no frame for one member goes to it.
const Mark = 1236

// Marked reports whether an address is that of a bridge.
func Marked(a netip.AddrPort) bool { return a.Port() == Mark }
