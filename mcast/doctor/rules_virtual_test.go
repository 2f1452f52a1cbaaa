package doctor

import (
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
)

// recorded is what such a computer says of itself, with one interface to talk by.
func recorded(i host.Interface, l Link, m *Machine) Facts {
	f := facts(by(i), i)
	f.By = map[int]RouteResult{i.Index: by(i)}
	f.Links = map[int]Link{1: {}, i.Index: l}
	f.Machine = m
	return f
}

// These cannot be made of namespaces; here are their facts.
func TestVirtualNetworks(t *testing.T) {
	in := talk("224.0.0.114", 2)
	wlan0 := iface(2, "wlan0", up, "192.168.1.23/24")
	ens5 := iface(2, "ens5", up, "172.31.16.20/20")
	azure := iface(2, "eth0", up, "10.1.0.4/24")
	wsl := iface(2, "eth0", up, "172.28.112.5/20")
	docker := iface(2, "eth0", up, "172.17.0.2/16")
	pod := iface(2, "eth0", up, "10.244.1.7/24")
	wg0 := iface(2, "wg0", up, "10.66.0.2/24")
	laptop := &Machine{Vendor: "LENOVO", Product: "20XW00A8GE"}

	tests := []struct {
		name    string
		f       Facts
		virtual string // as in ruleTest
		words   string
		others  string // what else is wrong
	}{
		{"a laptop on Wi-Fi", recorded(wlan0, Link{Wireless: true, OperState: "up"}, laptop), "warning wlan0 -", "RFC 9119", ""},
		{"a laptop on a cable", recorded(eth0, Link{OperState: "up"}, laptop), "ok", "LENOVO 20XW00A8GE", ""},
		{"WSL2", recorded(wsl, Link{OperState: "up"}, &Machine{WSL: true}), "warning - -", "networkingMode=mirrored", ""},
		{"an EC2 instance", recorded(ens5, Link{OperState: "up"}, &Machine{Vendor: "Amazon EC2", Product: "t3.micro"}), "warning ens5 -",
			"Amazon EC2 t3.micro|transit gateway", ""},
		{"a VM of Azure or Hyper-V", recorded(azure, Link{OperState: "up"}, &Machine{Vendor: "Microsoft Corporation", Product: "Virtual Machine"}),
			"warning eth0 -", "Azure|Hyper-V", ""},
		{"a Surface, which is Microsoft's as well", recorded(eth0, Link{}, &Machine{Vendor: "Microsoft Corporation", Product: "Surface Laptop 5"}), "ok", "", ""},
		{"a VM of Google's", recorded(eth0, Link{}, &Machine{Vendor: "Google", Product: "Google Compute Engine"}), "warning eth0 -", "Google", ""},
		{"a Docker container", recorded(docker, Link{Kind: "veth", Parent: 17, Elsewhere: true}, &Machine{Vendor: "LENOVO", Container: "docker"}),
			"unknown eth0 -", "docker run --network host", ""},
		{"a Docker container on EC2", recorded(docker, Link{Kind: "veth", Parent: 17, Elsewhere: true}, &Machine{Vendor: "Amazon EC2", Container: "docker"}),
			"unknown eth0 -", "docker", ""},
		{"a Kubernetes pod", recorded(pod, Link{Kind: "veth", Parent: 9, Elsewhere: true}, &Machine{Vendor: "QEMU", Container: "kubernetes"}),
			"unknown eth0 -", "hostNetwork: true", ""},
		{"a macvlan container", recorded(eth0, Link{Kind: "macvlan", Parent: 3, Elsewhere: true}, &Machine{Vendor: "Dell Inc.", Container: "docker"}),
			"ok", "macvlan", ""},
		{"a VMware guest", recorded(eth0, Link{}, &Machine{Vendor: "VMware, Inc.", Product: "VMware7,1"}), "unknown eth0 -", "VMware7,1|bridged", ""},
		{"a WireGuard tunnel alone", recorded(wg0, Link{Kind: "wireguard"}, laptop), "unknown wg0 -", "wireguard", ""},
		{"a host of the lab", recorded(eth0, Link{Kind: "veth", Parent: 5, Elsewhere: true}, &Machine{Vendor: "QEMU"}), "ok", "namespace", ""},
		{"a veth that has its other end here", recorded(eth0, Link{Kind: "veth", Parent: 5}, &Machine{Vendor: "QEMU"}), "ok", "eth0 is a veth of this computer", ""},
		{"a host of the lab, in the cloud", recorded(eth0, Link{Kind: "veth", Parent: 5, Elsewhere: true}, &Machine{Vendor: "Amazon EC2"}), "ok", "", ""},
		{"a computer that says nothing", recorded(eth0, Link{}, &Machine{}), "unknown eth0 -", "", ""},
		{"what computer it is was not read", recorded(eth0, Link{}, nil), "unknown eth0 -", "", ""},
		{"links were not read", facts(by(eth0), eth0), "unknown", "RTM_GETLINK", ""},
		{"nothing is known", Facts{}, "unknown", "", ""},
	}
	for _, tt := range tests {
		testRule(t, "virtual-network", []ruleTest{{tt.name, tt.f, in, tt.virtual, tt.words}})
		others := ""
		for _, f := range Seen(Diagnose(tt.f, in)) {
			if f.Name != "virtual-network" {
				others += summary([]Finding{f})
			}
		}
		if others != tt.others {
			t.Errorf("%s: besides its network, %q is found; want %q", tt.name, others, tt.others)
		}
	}
}
