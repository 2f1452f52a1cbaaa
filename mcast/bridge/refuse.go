package bridge

import "github.com/groupcast/groupcast/mcast"

// Refuse is the error of a group that a bridge must not carry. announcements permits those
// whose announcements cross while their answers do not (SSDP, WS-Discovery).
func Refuse(g mcast.Group, announcements bool) error { return nil }
