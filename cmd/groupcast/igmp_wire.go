package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
)

const (
	needsRaw = "this user may not capture packets (CAP_NET_RAW): queries and reports of other hosts are not seen; what follows is about this host alone"
	// A program that has a capability of its file gets no namespaces, which labs need.
	rawCopy = "a copy that may look: sudo install -m 750 -g $(id -gn) $(command -v groupcast) /usr/local/bin/groupcast-raw && sudo setcap cap_net_raw+ep /usr/local/bin/groupcast-raw"
	rawHint = "sudo groupcast igmp; or " + rawCopy + "; or in a host of a lab: groupcast lab enter NAME HOST"
)

// openWire looks at the interfaces from now on.
func openWire(ctx context.Context, on []host.Interface) (wire, error) {
	return igmp.Watch(context.WithoutCancel(ctx), igmp.Options{Interfaces: on, EveryGroup: true}) // what was seen is told after ctx, too
}

// mayNotLook reports whether an error is that privileges are missing.
func mayNotLook(err error) bool { return errors.Is(err, fs.ErrPermission) }
