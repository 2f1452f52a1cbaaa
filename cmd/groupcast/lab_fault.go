package main

import (
	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/lab"
)

func newLabFault() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fault NAME FAULT HOST[.INTERFACE] [VALUE]",
		Short: "Make a fault in a running lab, or end it",
		Long: `Make a fault in a running lab, or end it:

  loss H.I 30%       lose this share of what arrives at the interface; 0% ends it
  delay H.I 200ms    delay what arrives at the interface; 0ms ends it
  cut H.I            unplug the wire; heal H.I plugs it in again
  down H.I           switch the interface off; up H.I switches it on again, with the topology's routes
  delete H.I         delete the interface; make H.I makes it anew, with another index
  firewall H in      the host drops incoming packets; also: out, both, off
  rp_filter H[.I] 1  check the reverse path; 0, 1 or 2
  kill H             kill the host and everything in it`,
		Example: `  groupcast lab fault article loss B.eth0 30%
  groupcast lab fault article cut A.eth1`,
		Args:              arguments(2, -1, "NAME and a fault, as in: article loss B.eth0 30%"),
		ValidArgsFunction: completeFault,
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := lab.ParseFault(args[1:]); err != nil {
				return usageError{err}
			}
			r, err := dialHosts(args[0])
			if err != nil {
				return err
			}
			return r.Fault(args[1:])
		},
	}
	cmd.Flags().SetInterspersed(false)
	return cmd
}

// faultValues are the words of lab.ParseFault, with the values that can be
// listed.
var faultValues = map[string][]string{
	"loss": {"0%", "10%", "30%", "50%", "100%"}, "delay": {"0ms", "20ms", "200ms", "1s"}, "cut": nil, "heal": nil,
	"down": nil, "up": nil, "delete": nil, "make": nil, "firewall": {"in", "out", "both", "off"},
	"rp_filter": {"0", "1", "2"}, "kill": nil,
}

func completeFault(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	var out []string
	switch len(args) {
	case 0:
		return completeRunning(cmd, args, word)
	case 1:
		for kind := range faultValues {
			out = append(out, kind)
		}
	case 2:
		out = completePlace(args[0], args[1])
	case 3:
		out = faultValues[args[1]]
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completePlace offers what a fault can be made on: hosts, interfaces, or both.
func completePlace(name, kind string) (out []string) {
	r, err := lab.Dial(name)
	if err != nil {
		return nil
	}
	for _, h := range r.Topology().Hosts {
		if kind == "kill" || kind == "firewall" || kind == "rp_filter" {
			out = append(out, h.Name)
		}
		for _, i := range h.Interfaces {
			if kind != "kill" && kind != "firewall" {
				out = append(out, h.Name+"."+i.Name)
			}
		}
	}
	return out
}

func newLabDown() *cobra.Command {
	return &cobra.Command{
		Use:               "down NAME",
		Short:             "End a running lab and every process in it",
		Args:              arguments(1, 1, "NAME"),
		ValidArgsFunction: completeRunning,
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := dialLab(args[0])
			if err != nil {
				return err
			}
			return r.Down()
		},
	}
}
