package main

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// reportMask replaces what a report would tell of a host and its network beyond the
// facts that matter: addresses, hardware addresses, and the names of interfaces, hosts,
// users and chains of a firewall. It replaces them in the facts, before the doctor looks
// at them, so that no text is made from what is to be hidden.
type reportMask struct {
	*addressMask
	ifaces map[string]string
	named  int // of them
	chains map[string]string
	people map[string]string
	sites  map[string]string
	macs   map[[6]byte]int
	hidden []string // names of this host and its user, the longest first
}

// keptChains are the names in a firewall that tools and manuals give.
var keptChains = []string{
	"filter", "nat", "mangle", "raw", "security", "input", "output", "forward", "prerouting", "postrouting", "ingress", "egress", "in", "out",
	"INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING", "firewalld", "filter_INPUT", "filter_OUTPUT", "lab-firewall",
}

// ifaceStems are beginnings of interfaces' names that say what they are, and what
// stands for them. The first counts.
var ifaceStems = []struct{ from, to string }{
	{"br-", "br-"}, {"virbr", "virbr"}, {"br", "br"}, {"bond", "bond"}, {"team", "team"}, {"dummy", "dummy"}, {"eth", "eth"}, {"en", "eth"},
	{"wlan", "wlan"}, {"wl", "wlan"}, {"ww", "wwan"}, {"usb", "usb"}, {"veth", "veth"}, {"macvlan", "macvlan"}, {"vlan", "vlan"}, {"vxlan", "vxlan"},
	{"tun", "tun"}, {"tap", "tap"}, {"wg", "wg"}, {"ppp", "ppp"}, {"tailscale", "tailscale"}, {"vpn", "vpn"}, {"utun", "utun"},
	{"nordlynx", "nordlynx"}, {"proton", "proton"}, {"zt", "zt"}, {"cni", "cni"}, {"flannel", "flannel"}, {"cali", "cali"}, {"lxc", "lxc"},
}

// newReportMask returns a mask for a host. The names are those of the host and of its
// user; "" is none.
func newReportMask(f doctor.Facts, in doctor.Intent, groups bool, names ...string) *reportMask {
	m := &reportMask{ifaces: map[string]string{}, chains: map[string]string{}, people: map[string]string{}, sites: map[string]string{}, macs: map[[6]byte]int{}}
	var known []netip.Prefix
	visitPrefixes(reflect.ValueOf(in), &known)
	visitPrefixes(reflect.ValueOf(f), &known)
	m.addressMask = newAddressMask(known, groups)
	for _, i := range slices.SortedFunc(slices.Values(f.Interfaces), func(a, b host.Interface) int { return cmp.Compare(a.Index, b.Index) }) {
		m.nameIface(i)
		for _, a := range i.Addrs { // this host's are the first of their networks
			m.prefix(a)
		}
	}
	for _, name := range names {
		short, _, _ := strings.Cut(name, ".")
		m.hidden = append(m.hidden, name, short)
	}
	m.hidden = slices.DeleteFunc(m.hidden, func(s string) bool { return utf8.RuneCountInString(s) < 2 || s == "localhost" || s == "root" })
	slices.SortFunc(m.hidden, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return m
}

// nameIface gives an interface its name in the report.
func (m *reportMask) nameIface(i host.Interface) {
	has := func(name string) bool { return slices.Contains(slices.Collect(maps.Values(m.ifaces)), name) }
	switch {
	case i.Loopback() && has("lo"):
		m.ifaces[i.Name] = m.nextIface("lo")
	case i.Loopback():
		m.ifaces[i.Name] = "lo"
	case i.Name == "docker0": // it has this name everywhere
		m.ifaces[i.Name] = i.Name
	default:
		m.ifaces[i.Name] = m.ifaceLike(i.Name)
	}
}

func (m *reportMask) ifaceLike(name string) string {
	for _, s := range ifaceStems {
		if strings.HasPrefix(name, s.from) {
			return m.nextIface(s.to)
		}
	}
	return m.nextIface("if")
}

func (m *reportMask) nextIface(stem string) string {
	m.named++
	return fmt.Sprintf("%s%d", stem, m.named)
}

// iface replaces the name of an interface; "" stays, as does "default".
func (m *reportMask) iface(name string) string {
	if name == "" || name == host.KernelDefault {
		return name
	}
	if to, known := m.ifaces[name]; known {
		return to
	}
	m.ifaces[name] = m.ifaceLike(name)
	return m.ifaces[name]
}

// numbered replaces a name by a word and a number, the same one each time.
func numbered(all map[string]string, word, name string) string {
	if name == "" {
		return ""
	}
	if _, known := all[name]; !known {
		all[name] = fmt.Sprintf("%s%d", word, len(all)+1)
	}
	return all[name]
}

func (m *reportMask) chain(name string) string {
	if slices.Contains(keptChains, name) || strings.HasPrefix(name, "ufw-") && !strings.ContainsAny(name, " \t\n") && len(name) < 32 {
		return name
	}
	return numbered(m.chains, "chain", name)
}

// setting replaces the interface in the name of a setting.
func (m *reportMask) setting(key string) string {
	for _, version := range []string{"net.ipv4.", "net.ipv6."} {
		for _, kind := range []string{"conf.", "neigh."} {
			rest, ok := strings.CutPrefix(key, version+kind)
			if !ok {
				continue
			}
			at := strings.LastIndex(rest, ".")
			if at < 0 {
				return version + kind
			}
			name := rest[:at]
			if name != "all" && name != "default" {
				name = m.iface(strings.ReplaceAll(name, "/", "."))
			}
			return version + kind + name + rest[at:]
		}
	}
	return key
}

var (
	wordInText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\pL\pN_:.%/\-]+`) })
	mac48      = `(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}`
	partOfWord = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(mac48 + `|\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*`)
	})
	aloneMAC = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^` + mac48 + `$`) })
)

// text replaces what is to be hidden in a text that the host made: an error, the name of
// a program.
func (m *reportMask) text(s string) string {
	s = strings.ToValidUTF8(m.odd(s), "\ufffd")
	return wordInText().ReplaceAllStringFunc(s, func(w string) string {
		word := strings.TrimRight(w, ".:/-")
		after := w[len(word):]
		if to, ok := m.word(word); ok {
			return to + after
		}
		if to, ok := m.word(w); ok { // such as fe80::
			return to
		}
		at := strings.LastIndex(word, ":") // ADDRESS:cause
		if at > 0 {
			if to, ok := m.word(word[:at]); ok {
				return to + word[at:] + after
			}
		}
		word = partOfWord().ReplaceAllStringFunc(word, func(part string) string {
			if to, ok := m.word(part); ok {
				return to
			}
			return part
		})
		for _, name := range m.hidden {
			word = replaceFold(word, name, "NAME")
		}
		return word + after
	})
}

// odd replaces the names that have characters which words have not, also as they are
// shown and quoted.
func (m *reportMask) odd(s string) string {
	isOdd := func(name string) bool { return wordInText().ReplaceAllString(name, "") != "" }
	names := slices.SortedFunc(maps.Keys(m.ifaces), func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	for _, name := range names {
		if isOdd(name) {
			quoted := strconv.Quote(name)
			for _, shown := range []string{name, chat.Clean(name), quoted[1 : len(quoted)-1]} {
				s = strings.ReplaceAll(s, shown, m.ifaces[name])
			}
		}
	}
	for _, name := range m.hidden {
		if isOdd(name) {
			s = replaceFold(s, name, "NAME")
		}
	}
	return s
}

// ofFacts is text for what was made from addresses and interfaces alone.
func (m *reportMask) ofFacts(s string) string {
	hidden := m.hidden
	m.hidden = nil
	defer func() { m.hidden = hidden }()
	return m.text(s)
}

// word replaces a whole word, if it is an address, a hardware address, or the name of
// an interface.
func (m *reportMask) word(w string) (string, bool) {
	if to, known := m.ifaces[w]; known {
		return to, true
	}
	if aloneMAC().MatchString(w) {
		b, err := hex.DecodeString(strings.NewReplacer(":", "", "-", "").Replace(w))
		return m.mac([6]byte(b), m.macs), err == nil
	}
	if p, err := netip.ParsePrefix(w); err == nil {
		return m.prefix(p).String(), true
	}
	if a, err := netip.ParseAddr(w); err == nil {
		return m.zoned(a).String(), true
	}
	if a, err := netip.ParseAddrPort(w); err == nil {
		return netip.AddrPortFrom(m.zoned(a.Addr()), a.Port()).String(), true
	}
	return "", false
}

// zoned replaces an address and its zone.
func (m *reportMask) zoned(a netip.Addr) netip.Addr { return m.addr(a).WithZone(m.zone(a.Zone())) }

func (m *reportMask) zone(zone string) string {
	if zone != "" && !strings.ContainsFunc(zone, func(r rune) bool { return !unicode.IsDigit(r) }) {
		return zone // an index
	}
	return m.iface(zone)
}

// replaceFold replaces a name whatever its case.
func replaceFold(s, name, by string) string {
	var b strings.Builder
	for len(s) > 0 {
		n := 0
		for i := 1; i <= len(s) && i <= len(name)+utf8.UTFMax; i++ {
			if strings.EqualFold(s[:i], name) {
				n = i
			}
		}
		if n > 0 {
			b.WriteString(by)
			s = s[n:]
			continue
		}
		_, size := utf8.DecodeRuneInString(s)
		b.WriteString(s[:size])
		s = s[size:]
	}
	return b.String()
}

// err replaces an error by one that is the same to errors.Is, and says no more than it may.
func (m *reportMask) err(err error) error {
	if err == nil || m.text(err.Error()) == err.Error() {
		return err
	}
	if op, ok := errors.AsType[*mcast.OpError](err); ok {
		return &mcast.OpError{Op: op.Op, Target: m.text(op.Target), Interface: m.iface(op.Interface), Err: m.err(op.Err)}
	}
	return maskedError{m.text(err.Error()), err}
}

type maskedError struct {
	text string
	err  error
}

func (e maskedError) Error() string        { return e.text }
func (e maskedError) Is(target error) bool { return errors.Is(e.err, target) }
