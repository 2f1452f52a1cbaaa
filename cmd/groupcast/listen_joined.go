package main

import (
	"fmt"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

// jsonJoined says that datagrams of a group are heard from now on. Fields are
// only added.
type jsonJoined struct {
	jsonHead            // joined
	Group      string   `json:"group"`
	Interfaces []string `json:"interfaces"`
	ReadBuffer int      `json:"read_buffer"`           // bytes
	SharedWith string   `json:"shared_with,omitempty"` // another program that has the port
	Bound      string   `json:"bound,omitempty"`       // to the group alone, so that the other program keeps what is sent to this host alone
	LeftOut    []string `json:"left_out,omitempty"`    // interfaces without an address of the IP version, which nobody named
}

func (l *listener) joined(g mcast.Group, on, leftOut []host.Interface) {
	readBuffer := l.keep.Conn(g).ReadBuffer()
	if l.set.json {
		o := jsonJoined{headOf("joined"), g.String(), chat.InterfaceNames(on), readBuffer, "", "", chat.InterfaceNames(leftOut)}
		if s := l.sharing(g.Wildcard()); s.taken {
			o.SharedWith = s.program()
		}
		if at := l.bind(g); at != g.Wildcard() {
			o.Bound = addrPortText(at)
		}
		writeJSON(l.out, o)
	}
	l.remark(fmt.Sprintf("%s; receive buffer %d KiB", session.JoinedText(g, on), readBuffer>>10))
	l.tellSharing(g)
	if names := chat.InterfaceNames(leftOut); len(names) > 0 {
		l.remark(fmt.Sprintf("%s, and so left out; -i %s listens there", there(withoutAddress(g), names), names[0]))
	}
}
