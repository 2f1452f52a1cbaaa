package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/cmd/internal/systemd"
	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
)

// bridgeCommand carries groups, and tells what happens.
type bridgeCommand struct {
	set           *settings
	hub           hubFlags
	timeout       time.Duration
	verbose       bool
	rate          float64
	maxSize       int64
	from          []netip.Prefix
	listenOnly    bool
	sendOnly      bool
	announcements bool
	plainOnly     bool
	plainNamed    bool // the flag is on the command line
	out, errs     io.Writer

	bridgeSight
	bridge *bridge.Bridge
	client *natslink.Client // nil: there is no hub
	events chan bridge.Event
	reach  chan reach
	others chan []bridge.Status // how the others stood at the begin
	denied chan error           // what the server does not permit

	// Of the goroutine that tells, until Run has returned.
	unprinted uint64
	findings  int
}

// waitingEvents is how many events wait to be printed. The last quarter is for those that
// are not about a datagram each.
const waitingEvents = 4096

func (b *bridgeCommand) run(ctx context.Context, groups []mcast.Group) error {
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	b.groups = groups
	names, err := b.interfaces(list)
	if err != nil {
		return err
	}
	site, hub, link := "", natslink.Config{}, bridge.Link(nil)
	if b.hub.at == "" {
		var wire bridge.Wire
		link = wire.Join()
	} else {
		if hub, err = b.hub.config(); err != nil {
			return err
		}
		b.place, site = hubPlace(hub), hubSite(hub)
		hub.Alone = len(names) == 1
		b.reach, b.others = make(chan reach, 1), make(chan []bridge.Status, 1)
		b.denied = make(chan error, mostErrors)
		hub.Denied = func(err error) {
			select {
			case b.denied <- err:
			default: // it comes again, with the next datagram
			}
		}
		if b.client, err = dialHub(ctx, hub, b.reach); err != nil {
			return err
		}
		defer b.client.Close()
		if link, err = b.client.Link(groups); err != nil {
			return refusedBy(hub, err)
		}
	}
	b.ports = portsOn(names, site)
	if err := b.open(ctx, link); err != nil {
		link.Close()
		return err
	}
	defer b.bridge.Close()
	if b.client != nil {
		if err := b.client.Serve(b.bridge.Status); err != nil {
			return refusedBy(hub, err)
		}
	}
	return b.carry(ctx, hub)
}

// interfaces are the names of the interfaces of the LANs. Each can carry all groups.
func (b *bridgeCommand) interfaces(list []host.Interface) (names []string, err error) {
	named := b.set.interfaces
	b.nets = map[string][]netip.Prefix{}
	if len(named) == 0 { // there is a hub
		var usable []string
		for _, i := range list {
			if !slices.ContainsFunc(b.groups, func(g mcast.Group) bool { return !i.Usable(g.Addr) }) {
				usable = append(usable, i.Name)
			}
		}
		if len(usable) != 1 {
			advice := "groupcast interfaces lists the interfaces of this host"
			if len(usable) > 1 {
				advice = "usable are " + chat.CleanRow(strings.Join(usable, ", "))
			}
			return nil, usageError{&mcast.Advised{Err: errors.New("bridge: name the interface of this site's LAN: -i NAME"), Advice: advice}}
		}
		named = usable
	}
	for _, name := range named {
		for _, g := range b.groups {
			if _, err := host.Choose(list, []string{name}, g.Addr); err != nil {
				return nil, &mcast.OpError{Op: "join", Target: g.String(), Err: err}
			}
		}
		i, err := host.Find(list, name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(names, i.Name) {
			return nil, usageError{fmt.Errorf("-i %s: %s is named already: each interface is a LAN of its own", name, i.Name)}
		}
		names = append(names, i.Name)
		b.nets[i.Name] = i.Addrs
	}
	return names, nil
}

// portsOn are the LANs of interfaces: each a site that has its name; of a hub's client
// the site, or one below it for each interface.
func portsOn(names []string, site string) (ports []bridge.Port) {
	for _, name := range names {
		p := bridge.Port{Interface: name, Site: name}
		switch {
		case site != "" && len(names) == 1:
			p.Site = site
		case site != "":
			p.Site = site + "/" + name
		}
		ports = append(ports, p)
	}
	return ports
}

// open joins the groups.
func (b *bridgeCommand) open(ctx context.Context, link bridge.Link) (err error) {
	cfg := bridge.Config{
		Groups: b.groups, Ports: b.ports, Link: link, Hops: b.set.ttl, Rate: b.rate, Burst: burst(b.rate), MaxSize: int(b.maxSize),
		From: b.from, ListenOnly: b.listenOnly, SendOnly: b.sendOnly, PlainOnly: b.plainOnlyOf(b.plainNamed), Tell: b.tell, Each: b.verbose, Trace: b.set.tracer(b.errs),
	}
	if b.client != nil {
		cfg.Register = b.client.Register
	}
	b.events = make(chan bridge.Event, waitingEvents)
	b.bridge, err = bridge.Open(ctx, cfg)
	op, _ := errors.AsType[*mcast.OpError](err)
	if errors.Is(err, mcast.ErrPortInUse) && op != nil {
		if at, e := netip.ParseAddrPort(op.Target); e == nil && at.Port() == bridge.Mark {
			who := cmp.Or(holder(at), "a program has it for itself; ss -ulpn shows which")
			err = &mcast.Advised{Err: err, Advice: fmt.Sprintf("every bridge sends from port %d, which is how others know what it sent: %s; end that program", bridge.Mark, who)}
		}
	}
	return err
}

// tell takes in an event. The bridge never waits for who reads the lines.
func (b *bridgeCommand) tell(e bridge.Event) {
	most := waitingEvents
	if e.Why == bridge.OwnSite {
		return // it was told as carried
	}
	switch e.Kind {
	case bridge.EventCarried, bridge.EventResent, bridge.EventDropped:
		most = waitingEvents * 3 / 4
	case bridge.EventFinding:
		if e.Finding.Name != bridge.JoinedNoMore && e.Finding.Name != bridge.SiteBack {
			b.findings++
		}
	}
	if e.Message != nil {
		m := *e.Message
		m.Data, e.Message = nil, &m
	}
	if e.Parcel != nil {
		p := *e.Parcel
		p.Data, e.Parcel = nil, &p
	}
	if len(b.events) < most {
		select {
		case b.events <- e:
			return
		default:
		}
	}
	b.unprinted++
}

// carry runs the bridge until it ends, and prints what happens.
func (b *bridgeCommand) carry(parent context.Context, hub natslink.Config) error {
	ctx, cancel := within(parent, b.timeout)
	defer cancel()
	b.begin(b.bridge.Name(), time.Now())
	service, err := systemd.FromEnvironment()
	if err = errors.Join(err, service.Ready(groupNames(b.groups)+" on "+portNames(b.ports))); err != nil {
		complain(b.errs, err)
	}
	defer service.Stopping()
	done := make(chan error, 1)
	go func() { done <- b.bridge.Run(ctx) }()
	var refused <-chan struct{}
	if b.client != nil {
		refused = b.client.Refused()
	}
	each, soon, away := time.NewTicker(statsEvery), time.NewTimer(leaseKnown), time.NewTimer(0)
	defer each.Stop()
	defer soon.Stop()
	defer away.Stop()
	var failed error
	for {
		select {
		case e := <-b.events:
			b.happened(e)
			if e.Kind == bridge.EventLease && len(b.unled) > 0 && b.up {
				b.ask(ctx)
			}
		case r := <-b.reach:
			was := b.up
			b.hubTold(r, time.Now())
			switch {
			case was && !b.up:
				away.Reset(awayAfter)
			case r.reached && b.asks == 0:
				b.ask(ctx)
				soon.Reset(leaseKnown)
			case r.reached && len(b.unled) > 0:
				soon.Reset(leaseKnown)
			}
		case err := <-b.denied:
			b.notPermitted(err)
		case list := <-b.others:
			b.stood(list)
		case <-soon.C:
			again := b.up && b.asks == 1 && b.waits()
			b.beginSites(b.up && !again)
			if b.up && (again || len(b.unled) > 0) {
				b.ask(ctx)
				soon.Reset(leaseKnown)
			}
		case now := <-away.C:
			b.stillAway(now)
		case now := <-each.C:
			b.every(now)
		case <-refused:
			refused, failed = nil, refusedBy(hub, b.client.Err())
			cancel()
		case err := <-done:
			for len(b.events) > 0 {
				b.happened(<-b.events)
			}
			if failed == nil && ctx.Err() == nil {
				failed = err
			}
			return b.ended(parent, hub, failed)
		}
	}
}

// leaseKnown is when a bridge leads, or stands by: a lease whose leader is gone is taken
// after 1.5 s.
const leaseKnown = 2500 * time.Millisecond

// askWithin is how long answers are waited for at first.
const askWithin = 500 * time.Millisecond

// ask asks how the other bridges stand, for lines about who leads.
func (b *bridgeCommand) ask(ctx context.Context) {
	if b.asking {
		return
	}
	b.asking = true
	within := time.Duration(1+3*min(b.asks, 1)) * askWithin // the first line shall come soon
	b.asks++
	go func() {
		list, _ := b.client.Statuses(ctx, within) // without an answer the lines say less
		b.others <- list
	}()
}
