package echo

import (
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// Guard decides which requests to a group are answered, for a program that has
// sockets of its own and replies as a [Responder] does: to the sender alone, out
// of the interface that received the request, from a port that the kernel chose.
// It has no socket and no clock. Only one goroutine may use it.
type Guard struct{ guard *guard }

// The limits of a member, in answers a second: they leave from the socket that its own
// words leave from, and those to forged addresses of the LAN wait three seconds in its
// send buffer. That is for 30 of 1,472 bytes a third of what Linux grants.
const (
	memberPerSource = 10
	memberTotal     = 30
)

// ForMember returns the Guard of a member of a talk, who answers less often than an
// echo server.
func ForMember() *Guard {
	return &Guard{newGuard(Config{PerSource: memberPerSource, Total: memberTotal}, 0, true)}
}

// SetInterfaces replaces the networks of this host: only sources on them are answered.
func (g *Guard) SetInterfaces(list []host.Interface) { g.guard.setInterfaces(list) }

// Answers reports whether a datagram that was read at the time now is to be answered.
// If so, it counts against the limits.
func (g *Guard) Answers(now time.Time, d *mcast.Datagram) bool {
	return g.guard.check(now, d) == Answer
}
