package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/mesh"
)

// mostMeshGroups is how many groups are measured at once.
const mostMeshGroups = 16

// meshGroup is a group that is measured, joined for all sources or for some.
type meshGroup struct {
	joins   []mcast.Group // the same group and port, with each source
	sources []netip.Addr
}

// meshGroups puts together those that are named with several sources.
func meshGroups(list []mcast.Group) (out []meshGroup, err error) {
	for _, g := range list {
		same := func(o meshGroup) bool {
			return o.joins[0].Addr == g.Addr && o.joins[0].Port == g.Port
		}
		at := slices.IndexFunc(out, same)
		switch {
		case at < 0:
			out = append(out, meshGroup{joins: []mcast.Group{g}})
			at = len(out) - 1
		case g.Source.IsValid() != out[at].joins[0].Source.IsValid():
			bare := g
			bare.Source = netip.Addr{}
			return nil, fmt.Errorf("%s: %w", bare, mcast.ErrMixedModes)
		default:
			out[at].joins = append(out[at].joins, g)
		}
		if g.Source.IsValid() {
			out[at].sources = append(out[at].sources, g.Source)
		}
	}
	if len(out) > mostMeshGroups {
		return nil, fmt.Errorf("%d groups: want %d at most", len(out), mostMeshGroups)
	}
	return out, nil
}

// readNames reads the names of members: one in each line, and comments after #.
func readNames(file string) ([]string, error) {
	text, err := readText(context.Background(), file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", chat.CleanRow(file), cause(err))
	}
	if len(text) > mostList {
		return nil, fmt.Errorf("%s: a list of names has %s at most", chat.CleanRow(file), bytesText(mostList))
	}
	var names []string
	first := map[string]int{}
	in := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	in.Buffer(nil, mostList+1)
	for n := 1; in.Scan(); n++ {
		bad := func(format string, args ...any) error {
			return fmt.Errorf("%s line %d: %s", chat.CleanRow(file), n, fmt.Sprintf(format, args...))
		}
		line, _, _ := strings.Cut(in.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, err := frame.Nick(line)
		switch {
		case err != nil:
			return nil, bad("%s is no name of a member: %s", chat.CleanRow(clipped(line)), strings.TrimPrefix(err.Error(), frame.ErrRange.Error()+": "))
		case first[name] > 0:
			return nil, bad("%s is in line %d, too", chat.CleanRow(name), first[name])
		case len(names) > mesh.MaxPeers:
			return nil, bad("want %d names at most", mesh.MaxPeers+1)
		}
		first[name] = n
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no name is in it", chat.CleanRow(file))
	}
	return names, nil
}
