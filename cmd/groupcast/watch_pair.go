package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// pairsValue is --pair: two targets with a = in between, as often as there are pairs.
type pairsValue struct {
	pairs [][2]mcast.Group
	texts []string
	legs  map[mcast.Group]bool
}

func (v *pairsValue) Set(text string) error {
	a, b, ok := strings.Cut(text, "=")
	if !ok || a == "" || b == "" || strings.Contains(b, "=") {
		return errors.New("want two groups with one = in between, such as 239.1.1.1:5004=239.2.1.1:5004")
	}
	var groups [2]mcast.Group
	var counts [2]int
	for x, one := range []string{a, b} {
		if one[0] == '@' {
			return fmt.Errorf("%s: a leg is a group, not a list", clipped(one))
		}
		var err error
		groups[x], counts[x], err = parseTarget(one)
		if errors.Is(err, mcast.ErrNotMulticast) {
			return &mcast.Advised{Err: err, Advice: "groups are 224.0.0.0 to 239.255.255.255, and those of IPv6 begin with ff"}
		}
		if err != nil {
			return err
		}
	}
	if counts[0] != counts[1] {
		return fmt.Errorf("%d groups and %d groups: want as many on both sides", counts[0], counts[1])
	}
	if n := len(v.pairs) + counts[0]; n > watch.MaxPairs {
		return fmt.Errorf("%d pairs: want %d at most", n, watch.MaxPairs)
	}
	if v.legs == nil {
		v.legs = map[mcast.Group]bool{}
	}
	for range counts[0] {
		if groups[0] == groups[1] {
			return fmt.Errorf("%s is both legs: want two groups, or two sources of one", groups[0])
		}
		for _, g := range groups {
			if v.legs[g] {
				return fmt.Errorf("%s is a leg of two pairs", g)
			}
			v.legs[g] = true
		}
		v.pairs = append(v.pairs, groups)
		groups[0].Addr, groups[1].Addr = groups[0].Addr.Next(), groups[1].Addr.Next()
	}
	v.texts = append(v.texts, text)
	return nil
}

func (v *pairsValue) String() string { return strings.Join(v.texts, " ") }

func (v *pairsValue) Type() string { return "A=B" }

// ofVersion are the pairs of the IP version that the flags ask for.
func (v *pairsValue) ofVersion(set *settings) ([][2]mcast.Group, error) {
	for n := range v.pairs {
		for x, g := range v.pairs[n] {
			var err error
			if v.pairs[n][x], err = set.ofVersion(g); err != nil {
				return nil, usageError{fmt.Errorf("--pair %s: %w", g, err)}
			}
		}
	}
	return v.pairs, nil
}

// jsonPair is how it stands with two legs of one stream, every --every and at the end.
// Fields are only added.
type jsonPair struct {
	jsonHead              // pair
	Pair       string     `json:"pair"`             // the legs, A=B
	State      string     `json:"state"`            // waiting, compared, or why not: formats, streams, contents, apart
	Text       string     `json:"text"`             // the same in words, with what there is to be warned of
	Format     string     `json:"format,omitempty"` // of the numbers by which they are compared
	ByContent  bool       `json:"by_content"`       // they are compared by content: what both lost is not known
	Compared   uint64     `json:"compared"`         // numbers that were judged, 2 s after they were sent
	LostBoth   uint64     `json:"lost_both"`        // of them, those that neither leg brought: what a hitless receiver loses
	LostAbout  bool       `json:"lost_about"`       // losses are partly estimated, by rate and time
	Restarts   int        `json:"restarts"`         // both legs went over to another stream, or began anew
	SamePath   bool       `json:"same_path"`        // the same interface, source and TTL: nothing shows separate paths
	Timestamps bool       `json:"other_timestamps"` // RTP: the same number has another timestamp on the other leg
	Apart      uint64     `json:"apart,omitempty"`  // numbers between the legs, of state apart
	A          jsonPairOf `json:"a"`
	B          jsonPairOf `json:"b"`
}

// jsonPairOf is one leg of a pair.
type jsonPairOf struct {
	Group      string  `json:"group"`
	Name       string  `json:"name,omitempty"` // of the group, in the list of groups
	From       string  `json:"from,omitempty"` // its source
	Interface  string  `json:"interface,omitempty"`
	TTL        int     `json:"ttl,omitempty"`
	Datagrams  uint64  `json:"datagrams"`
	Lost       uint64  `json:"lost"`         // of compared, also what neither brought
	Duplicates uint64  `json:"duplicates"`   // numbers that it brought again
	Late       uint64  `json:"late"`         // they came more than 2 s later
	First      uint64  `json:"first"`        // how often it was the first to bring what both brought
	AheadP50MS float64 `json:"ahead_p50_ms"` // by so much, half of them
	AheadP99MS float64 `json:"ahead_p99_ms"` // by so much at most, 99 of 100
	AheadMaxMS float64 `json:"ahead_max_ms"` // the most
	Silent     bool    `json:"silent"`       // for 2 s, while the other leg goes on
}

func pairObject(s watch.Snapshot, p watch.Pair) jsonPair {
	leg := func(x int) jsonPairOf {
		l, g := p.Legs[x], s.Groups[p.Groups[x]]
		o := jsonPairOf{
			Group: chat.Clean(g.Target.Group.String()), Name: chat.CleanRow(g.Name), Interface: chat.Clean(p.Interfaces[x]), TTL: l.Hops,
			Datagrams: l.Datagrams, Lost: p.Lost[x], Duplicates: p.Duplicates[x], Late: p.Late[x],
			First: p.Skew[x].Count, AheadP50MS: inMillis(p.Skew[x].P50), AheadP99MS: inMillis(p.Skew[x].P99), AheadMaxMS: inMillis(p.Skew[x].Max), Silent: l.Silent,
		}
		if l.From.IsValid() {
			o.From = chat.Clean(l.From.Unmap().String())
		}
		return o
	}
	return jsonPair{
		jsonHead: jsonHead{Type: "pair", Time: s.At}, Pair: chat.Clean(p.Name(&s)), State: string(p.State), Text: chat.CleanRow(p.Text()),
		Format: string(p.Format), ByContent: p.ByContent, Compared: p.Compared, LostBoth: p.LostBoth, LostAbout: p.About, Restarts: p.Restarts,
		SamePath: p.SamePath, Timestamps: p.Stamps, Apart: p.Apart, A: leg(0), B: leg(1),
	}
}

// pairName is what an event is about, where that is a pair; "": it is not.
func pairName(s watch.Snapshot, e watch.Event) string {
	if e.Pair < 1 || e.Pair > len(s.Pairs) {
		return ""
	}
	return chat.Clean(s.Pairs[e.Pair-1].Name(&s))
}

// pairText is a pair in one line.
func pairText(s watch.Snapshot, p watch.Pair) string {
	parts := []string{p.Text()}
	if p.Compared > 0 {
		part := func(n uint64) string { return percentText(100 * float64(n) / float64(p.Compared)) }
		about := qualifier(false, p.About)
		text := fmt.Sprintf("of %s A lost %s%s (%s), B %s%s (%s)", thousands(p.Compared), about, thousands(p.Lost[0]), part(p.Lost[0]), about, thousands(p.Lost[1]), part(p.Lost[1]))
		if !p.ByContent {
			text += fmt.Sprintf(", both %s%s (%s)", about, thousands(p.LostBoth), part(p.LostBoth))
		}
		parts = append(parts, text)
	}
	if skew := p.SkewText(); skew != "" {
		parts = append(parts, skew)
	}
	if p.Restarts > 0 {
		parts = append(parts, manyText(uint64(p.Restarts), "restart"))
	}
	return chat.CleanRow("pair " + p.Name(&s) + ": " + strings.Join(parts, "; "))
}

// brokenPairs are the pairs that lost more than they may, those of which that is not
// known, and those with a silent leg that no silence of a stream tells of.
func (b watchBars) brokenPairs(s watch.Snapshot) (list []barBroken) {
	for _, p := range s.Pairs {
		name := chat.Clean(p.Name(&s))
		if p.Compared > 0 && p.LostBoth > 0 && 100*float64(p.LostBoth) > float64(b.maxLoss)*float64(p.Compared) {
			list = append(list, barBroken{"--max-loss " + b.maxLoss.String(), -1, fmt.Sprintf("both legs of %s lost %s%s of %s (%s)",
				name, qualifier(false, p.About), thousands(p.LostBoth), thousands(p.Compared), percentText(100*float64(p.LostBoth)/float64(p.Compared))), 0})
		}
		switch {
		case p.State == stream.PairWaiting && p.Compared == 0 && !(s.Groups[p.Groups[0]].Ever && s.Groups[p.Groups[1]].Ever): // a leg that was never heard is told as such
		case p.State != stream.PairCompared, p.Compared == 0:
			text := p.Text()
			if p.State == stream.PairCompared {
				text = "too little is heard to compare the legs"
			}
			list = append(list, barBroken{"--pair " + name, -1, chat.CleanRow(text), 0})
		default:
			for x, group := range p.Groups {
				told := slices.ContainsFunc(s.Streams, func(one watch.Stream) bool { return one.Group == group && one.Silences > 0 })
				if !told && p.SilentLeg(x, s.At, b.maxGap) {
					list = append(list, barBroken{"--pair " + name, -1, fmt.Sprintf("leg %c is silent since %s", 'A'+x, p.Legs[x].Last.Local().Format(time.TimeOnly)), 0})
				}
			}
		}
	}
	return list
}
