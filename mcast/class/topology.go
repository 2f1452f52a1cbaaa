package class

import "github.com/groupcast/groupcast/mcast/lab"

// Topology is that of the LAN that all share, or of each student's own network.
func (c *Class) Topology() lab.Topology { return c.cfg.Topology }
