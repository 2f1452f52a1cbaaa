package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/host"
)

// virtualNetwork: the network below the interface carries groups badly, or not
// at all; known from the kind of the interface and from what computer it is.
// It says nothing of a network that only its owner knows.
func virtualNetwork(f Facts, in Intent) []Finding {
	const name = "virtual-network"
	list := slices.DeleteFunc(f.concerned(in), host.Interface.Loopback)
	if f.Machine != nil && f.Machine.WSL && len(list) > 0 {
		return []Finding{{
			Name:     name,
			Verdict:  Warning,
			Title:    "groups do not leave Windows' Subsystem for Linux, unless its network is mirrored",
			Evidence: "the kernel is that of WSL, whose network is a NAT of Windows, if nothing else was set, and passes no groups",
			Hints:    []string{`share Windows' own network: networkingMode=mirrored under [wsl2] in %UserProfile%\.wslconfig, then wsl --shutdown`},
		}}
	}
	if b, beyond, ok := f.shut(in); ok {
		title := fmt.Sprintf("this looks like %s: groups from %s do not come in by themselves", b, beyond)
		if beyond == in.To {
			title = fmt.Sprintf("this looks like %s: what is sent to a group does not get to %s by itself", b, beyond)
		}
		return []Finding{{
			Name: name, Verdict: Warning, Interface: b.by.Name, Title: title,
			Evidence: f.whereIs(beyond) + "; " + b.evidence(),
			Hints:    b.carries(),
		}}
	}
	var seen []Finding
	var good []string
	for _, i := range list {
		l, known := f.Links[i.Index]
		if !known {
			continue
		}
		finding := f.Machine.carries(i, l)
		finding.Name, finding.Interface = name, i.Name
		if finding.Verdict == OK {
			good = append(good, finding.Evidence)
			continue
		}
		seen = append(seen, finding)
	}
	return f.concludeLinks(name, list, seen, "no network matters to it", strings.Join(good, "; "))
}

// tunnels are the kinds of interfaces that carry groups only where both ends
// were set up for it.
var tunnels = []string{"tun", "wireguard", "gre", "gretap", "ip6gre", "ipip", "sit", "ip6tnl", "ppp", "vxlan", "geneve", "xfrm", "vti"}

// carries tells how well an interface's network carries groups; the caller fills
// in the name. The nil Machine is a computer that nothing is known of.
func (m *Machine) carries(i host.Interface, l Link) Finding {
	switch {
	case l.Wireless:
		return Finding{
			Verdict:  Warning,
			Title:    i.Name + " is Wi-Fi, which carries groups badly",
			Evidence: i.Name + " is wireless; an access point sends a group's datagrams once, at a low rate and without acknowledgements (RFC 9119)",
			Hints:    []string{"use a cable, or switch on multicast-to-unicast conversion at the access point, and client isolation off"},
		}
	case l.Kind == "veth" && l.Elsewhere && m != nil && m.Container != "":
		return cannotSay(i, fmt.Sprintf("%s leads out of a container (%s), whose host says how far groups go", i.Name, m.Container), m.containerHint())
	case l.Kind == "veth" && !l.Elsewhere:
		return Finding{Verdict: OK, Evidence: i.Name + " is a veth of this computer"}
	case l.Kind == "veth":
		return Finding{Verdict: OK, Evidence: i.Name + " is a veth: its other end is in another namespace of this computer"}
	case slices.Contains(tunnels, l.Kind):
		return cannotSay(i, fmt.Sprintf("%s is a tunnel (%s), whose ends say whether groups pass", i.Name, l.Kind),
			"see whether a host beyond it is heard: groupcast doctor --probe --watch 30s")
	case l.Kind != "":
		return Finding{Verdict: OK, Evidence: fmt.Sprintf("%s is a %s of this computer", i.Name, l.Kind)}
	case m == nil:
		return cannotSay(i, "it is not known what computer this is")
	}
	if c, ok := m.cloud(); ok {
		return Finding{
			Verdict:  Warning,
			Title:    fmt.Sprintf("%s is in %s", i.Name, c.title),
			Evidence: fmt.Sprintf("%s is the network card of a computer that says to be %s (/sys/class/dmi/id); %s", i.Name, m, c.why),
			Hints:    []string{c.hint},
		}
	}
	if slices.Contains(hypervisors, m.Vendor) {
		return cannotSay(i, fmt.Sprintf("this is a virtual machine (%s), whose host says how far groups go", m),
			"give it a bridged network card, rather than NAT, on its host")
	}
	if m.Vendor == "" {
		return cannotSay(i, i.Name+" is a network card, of a computer that does not say what it is")
	}
	return Finding{Verdict: OK, Evidence: fmt.Sprintf("%s is a network card of a computer (%s)", i.Name, m)}
}

func cannotSay(i host.Interface, why string, hints ...string) Finding {
	f := unknown("virtual-network", why, hints...)[0]
	f.Title = "cannot say how far groups go by " + i.Name
	return f
}

func (m *Machine) String() string { return strings.TrimSpace(m.Vendor + " " + m.Product) }

func (m *Machine) containerHint() string {
	if m.Container == "kubernetes" {
		return "give the pod its host's network (hostNetwork: true), or a second one of kind macvlan"
	}
	return fmt.Sprintf("share the host's network: %s run --network host", m.Container)
}

// hypervisors are the vendors of virtual machines, as the firmware names them.
var hypervisors = []string{"QEMU", "VMware, Inc.", "innotek GmbH", "Xen", "Parallels International GmbH.", "Parallels Software International Inc."}

// cloud tells how well the network of a cloud carries groups, by the vendor of
// the computer.
type cloud struct{ title, why, hint string }

const byTunnel = "make a network of your own that carries groups: ip link add vx0 type vxlan id 42 remote ADDRESS dstport 4789"

func (m *Machine) cloud() (c cloud, ok bool) {
	switch {
	case m.Vendor == "Amazon EC2":
		return cloud{
			title: "Amazon's network, which carries no groups by itself",
			why:   "a VPC carries groups by a transit gateway only, on which multicast was switched on",
			hint:  "make a multicast domain on a transit gateway: aws ec2 create-transit-gateway-multicast-domain",
		}, true
	case m.Vendor == "Google":
		return cloud{
			title: "Google's cloud, which carries no groups by itself",
			why:   "a VPC carries groups only where a multicast domain was made for it",
			hint:  byTunnel,
		}, true
	case m.Vendor == "Microsoft Corporation" && m.Product == "Virtual Machine":
		return cloud{
			title: "Azure, which carries no groups, or on Hyper-V, which can",
			why:   "the firmware does not say which of the two",
			hint:  byTunnel,
		}, true
	}
	return cloud{}, false
}
