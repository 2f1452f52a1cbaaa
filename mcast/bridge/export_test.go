package bridge

import (
	"context"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// Engine is a Bridge without its sockets: the test is its LANs.
type Engine struct{ e *engine }

// NewEngine makes an Engine that sends into the LANs of its ports by send.
func NewEngine(cfg Config, send func(port int, g mcast.Group, data []byte) error) Engine {
	return Engine{newEngine(cfg, send)}
}

func (e Engine) Name() string            { return e.e.name }
func (e Engine) Run(ctx context.Context) { e.e.run(ctx) }
func (e Engine) Status() []Status        { return e.e.status() }

// SetReady says whether the interface of a port carries, and its address.
func (e Engine) SetReady(port int, ready bool, addr netip.Addr) {
	for _, p := range e.e.lans[port].passages {
		p.setInterface(addr, []netip.Prefix{netip.PrefixFrom(addr, 24)}, 1500)
	}
	e.e.lans[port].setReady(ready, addr)
}

// Heard gives the port a datagram from its LAN.
func (e Engine) Heard(port int, g mcast.Group, d mcast.Datagram) {
	e.e.lans[port].passage(g).heard(time.Now(), d)
}

// HeardFrame gives the port a datagram on the port of a group's frames.
func (e Engine) HeardFrame(port int, g mcast.Group, d mcast.Datagram) {
	e.e.lans[port].passage(g).frames.heard(d)
}

// Holds says whether this bridge leads the LAN of the port.
func (e Engine) Holds(port int) bool { return e.e.lans[port].holds(time.Now()) }
