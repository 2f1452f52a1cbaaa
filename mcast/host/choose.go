package host

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// Errors of Choose, to be tested with errors.Is.
var (
	ErrDefaultAlone  = errors.New("leaves the choice to the kernel, so it cannot stand beside others")
	ErrZoneElsewhere = errors.New("the zone of the group names another interface")
	// ErrNoSource and ErrSourceElsewhere are of a source address that was chosen.
	ErrNoSource        = errors.New("not an address of this host of the group's IP version")
	ErrSourceElsewhere = errors.New("not an address of the interface that sends")
	ErrNothingUsable   = errors.New("no interface is up with an address of that IP version, not even lo")
)

// Choice is which interfaces a group is joined on and which one sends leave
// by. The zero Interface stands for the kernel's own choice.
type Choice struct {
	Joins  []Interface
	Send   Interface
	Source netip.Addr // that sends carry; the zero Addr: as the kernel chooses
	ByUser bool       // interfaces were named
	Lo     bool       // there was nothing but lo
}

// Everywhere reports whether the user named no interface, so that those that
// become usable later are joined as well.
func (c Choice) Everywhere() bool { return !c.ByUser && len(c.Joins) > 0 && c.Joins[0].Index != 0 }

// KernelDefault is the interface name that leaves joining and sending to the
// kernel, as a program does that sets nothing.
const KernelDefault = "default"

// Choose chooses from list the interfaces for a group by what the user named:
// names, indexes or addresses, or KernelDefault alone. Without any, the group is
// joined on every usable interface and sent as the kernel routes it; on a host
// with no usable interface but lo, both are lo. Named interfaces are all joined,
// and the first is sent by; each must be up and have an address. If that is named
// by an address of the group's IP version, sends carry that. The zone of an IPv6
// group names an interface, too.
//
// The error is ErrNoInterface, ErrInterfaceDown or ErrNoAddress for an interface
// that was named, ErrDefaultAlone, ErrZoneElsewhere or ErrNothingUsable.
func Choose(list []Interface, names []string, group netip.Addr) (Choice, error) {
	return chooseFit(list, names, group, Interface.Ready)
}

// ChooseToListen is Choose for a program that sends nothing: a named interface
// must be up, and needs no address.
func ChooseToListen(list []Interface, names []string, group netip.Addr) (Choice, error) {
	return chooseFit(list, names, group, Interface.Hears)
}

// LeftOut lists the interfaces that a group could be listened to on as well, and
// that Choose takes only by name: without an address of the IP version. Ports of
// a bridge are not among them, as the bridge hears for them.
func LeftOut(list []Interface, group netip.Addr) (out []Interface) {
	for _, i := range list {
		if errors.Is(i.Ready(group), ErrNoAddress) && i.Master == 0 && i.Flags&net.FlagMulticast != 0 && !i.Loopback() {
			out = append(out, i)
		}
	}
	return out
}

func chooseFit(list []Interface, names []string, group netip.Addr, fit func(Interface, netip.Addr) error) (Choice, error) {
	c, err := ChooseNamed(list, names, group)
	if err != nil || !c.ByUser {
		return c, err
	}
	for _, i := range c.Joins {
		if err := fit(i, group); err != nil {
			return Choice{}, fmt.Errorf("interface %w", err)
		}
	}
	return c, nil
}

// ChooseNamed is Choose, but that a named interface may be down or have no address.
func ChooseNamed(list []Interface, names []string, group netip.Addr) (Choice, error) {
	if zone := group.Zone(); zone != "" {
		in, err := Find(list, zone)
		if err != nil {
			return Choice{}, err
		}
		for _, name := range names {
			if i, err := Find(list, name); err != nil || i.Index != in.Index {
				return Choice{}, fmt.Errorf("interface %q and zone %q: %w", name, zone, ErrZoneElsewhere)
			}
		}
		names = []string{zone}
	}
	if len(names) == 0 {
		return chooseUsable(list, group)
	}
	c := Choice{ByUser: true}
	for _, name := range names {
		if name == KernelDefault {
			if len(names) > 1 {
				return Choice{}, fmt.Errorf("interface %q: %w", name, ErrDefaultAlone)
			}
			return Choice{Joins: []Interface{{}}}, nil
		}
		i, err := Find(list, name)
		if err != nil {
			return Choice{}, err
		}
		if _, twice := ByIndex(c.Joins, i.Index); !twice {
			c.Joins = append(c.Joins, i)
		}
	}
	c.Send = c.Joins[0]
	if a, err := netip.ParseAddr(names[0]); err == nil && a.Unmap().Is4() == group.Is4() {
		c.Source = a.Unmap().WithZone("")
	}
	return c, nil
}

// From is the choice with a source address for what is sent to group. Sends to
// the group then leave via the interface that has the address, as Linux does it
// for IPv4 by itself. The error is [ErrNoSource], or [ErrSourceElsewhere] for an
// address of another interface than the sending one.
func (c Choice) From(list []Interface, source, group netip.Addr) (Choice, error) {
	source = source.Unmap()
	if source.IsUnspecified() || source.Is4() != group.Is4() {
		return c, fmt.Errorf("source %s: %w", source, ErrNoSource)
	}
	on, err := Find(list, source.WithZone("").String())
	switch {
	case err != nil:
		return c, fmt.Errorf("source %s: %w", source, ErrNoSource)
	case c.Send.Index != 0 && c.Send.Index != on.Index:
		return c, fmt.Errorf("source %s of %s: %w", source, on.Name, ErrSourceElsewhere)
	}
	c.Source = source.WithZone("")
	if group.IsMulticast() {
		c.Send = on
	}
	return c, nil
}

func chooseUsable(list []Interface, group netip.Addr) (Choice, error) {
	var c Choice
	for _, i := range list {
		if i.Usable(group) {
			c.Joins = append(c.Joins, i)
		}
	}
	if len(c.Joins) > 0 {
		return c, nil
	}
	for _, i := range list {
		if i.Loopback() && i.Ready(group) == nil {
			return Choice{Joins: []Interface{i}, Send: i, Lo: true}, nil
		}
	}
	return Choice{}, ErrNothingUsable
}
