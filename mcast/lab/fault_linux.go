package lab

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// Apply lets the fault happen. It can be called while commands run.
func (l *Lab) Apply(f Fault) error {
	// A Fault need not have come from ParseFault.
	if _, err := ParseFault(f.Words()); err != nil {
		return err
	}
	done, err := l.use()
	if err != nil {
		return err
	}
	defer done()
	n := l.Host(f.Host)
	if n == nil {
		return fmt.Errorf("lab: no host %q%s", f.Host, didYouMean(f.Host, slices.Collect(maps.Keys(l.nodes))))
	}
	if _, ok := n.cables[f.Interface]; !ok && f.Interface != "" {
		return fmt.Errorf("lab: host %s: no interface %q%s", n.name, f.Interface, didYouMean(f.Interface, slices.Collect(maps.Keys(n.cables))))
	}
	if n.hasEnded() {
		return fmt.Errorf("lab: host %s has ended", n.name)
	}
	if err := l.apply(n, f); err != nil {
		return err
	}
	l.faults.happened(f)
	if f.Kind == "make" {
		l.faults.designed(n.name, n.cables[f.Interface].Interface)
	}
	return nil
}

func (l *Lab) apply(n *Node, f Fault) error {
	link := n.Link(f.Interface)
	switch f.Kind {
	case "loss":
		percent, _ := parsePercent(f.Value)
		return link.Drop(percent)
	case "delay":
		d, _ := parseDelay(f.Value)
		return link.Delay(d)
	case "cut":
		return link.Cut()
	case "heal":
		return link.Heal()
	case "down":
		return link.SetDown()
	case "up":
		return errors.Join(link.SetUp(), l.restoreRoutes(n))
	case "delete":
		return link.Delete()
	case "make":
		return errors.Join(link.Make(), l.restoreRoutes(n))
	case "firewall":
		both := f.Value == "both"
		return n.Firewall(both || f.Value == "in", both || f.Value == "out")
	case "filter":
		return n.Filter(f.Value)
	case "rp_filter":
		return n.reversePath(f.Interface, f.Value)
	case "multicast":
		return link.setMulticast(f.Value == "on")
	default: // kill, the last of them
		return n.Kill()
	}
}

// restoreRoutes gives a host the routes of the topology again that went with an
// interface, as a computer does whose network is configured. Those by an
// interface that is still off stay away.
func (l *Lab) restoreRoutes(n *Node) error {
	for _, h := range l.Topology().Hosts {
		if h.Name != n.name {
			continue
		}
		for _, r := range h.Routes {
			err := n.AddRoute(r)
			if err != nil && !errors.Is(err, unix.EEXIST) && !errors.Is(err, unix.ENETUNREACH) && !errors.Is(err, unix.ENETDOWN) && !errors.Is(err, unix.ENODEV) {
				return err
			}
		}
	}
	return nil
}

// reversePath sets rp_filter of the interface, or of all for "". In force is
// the larger one of the interface's and that of all.
func (n *Node) reversePath(ifname, value string) error {
	names := []string{ifname}
	if ifname == "" {
		names = append(slices.Sorted(maps.Keys(n.cables)), "all", "default")
	}
	for _, name := range names {
		if err := ignoreMissing(n.Sysctl("net/ipv4/conf/"+name+"/rp_filter", value)); err != nil {
			return err
		}
	}
	return nil
}

// Kill ends every process of the host with SIGKILL, and returns when there is
// none left. Its wires are cut first, so that nobody hears that it has left
// its groups.
func (n *Node) Kill() error {
	for name := range n.cables {
		_ = n.Link(name).Cut() // it may have been deleted
	}
	if err := n.process.Process.Kill(); err != nil {
		return fmt.Errorf("lab: kill host %s: %w", n.name, err)
	}
	<-n.gone
	return nil
}
