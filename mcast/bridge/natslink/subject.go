package natslink

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

const (
	prefix = "groupcast.v1."
	oneLAN = "_" // the LAN of a site that has one
	noName = "x" // the group of what concerns none
	maxLAN = 128 // bytes of an interface's name: Linux has 15, Windows up to 256 characters
)

// The kinds of subjects.
const (
	kindDatagram = "d"
	kindKept     = "f"
	kindPassing  = "p"
	kindLoop     = "loop"
	kindSite     = "site"
)

// groupToken is a group in a subject. The zone and the source are this host's affair.
func groupToken(g mcast.Group) string {
	port := "_" + strconv.Itoa(int(g.Port))
	if g.Addr.Is4() {
		return strings.ReplaceAll(g.Addr.String(), ".", "-") + port
	}
	a := g.Addr.As16()
	return hex.EncodeToString(a[:]) + port
}

// escape writes every byte but a-z, 0-9 and "-" as mark and two digits.
func escape(s string, mark byte) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; plain(c) {
			b = append(b, c)
		} else {
			b = append(b, mark, digits[c>>4], digits[c&15])
		}
	}
	return string(b)
}

func plain(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' }

// unescape is false for what escape does not write.
func unescape(s string, mark byte) (string, bool) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != mark {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b = append(b, byte(n))
		i += 2
	}
	return string(b), escape(string(b), mark) == s
}

// cutSite cuts "room-1/eth0" into the site that the server knows and the LAN.
func cutSite(site string) (name, lan string, err error) {
	name, lan, several := strings.Cut(site, "/")
	if err := bridge.CheckSite(name); err != nil {
		return "", "", err
	}
	if several && (lan == "" || len(lan) > maxLAN) {
		return "", "", &siteError{site}
	}
	return name, lan, nil
}

type siteError struct{ site string }

func (e *siteError) Error() string {
	return "site " + strconv.Quote(e.site) + `: want the name of an interface, of at most 128 bytes, after "/"`
}

// subject is that of a kind of message about a group, from a site.
func subject(kind, group, name, lan string) string {
	return prefix + kind + "." + group + "." + name + "." + lanToken(lan)
}

// lanToken is a LAN in a subject.
func lanToken(lan string) string {
	if lan == "" {
		return oneLAN
	}
	return escape(lan, '%')
}

// parseSubject is false for what subject does not write.
func parseSubject(s string) (kind, group, site string, ok bool) {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || len(rest) > 16+48+32+3*maxLAN+3 {
		return "", "", "", false
	}
	var tokens [4]string
	for i := range 3 {
		if tokens[i], rest, ok = strings.Cut(rest, "."); !ok {
			return "", "", "", false
		}
	}
	tokens[3] = rest
	site = tokens[2]
	if bridge.CheckSite(site) != nil {
		return "", "", "", false
	}
	if tokens[3] != oneLAN {
		lan, ok := unescape(tokens[3], '%')
		if !ok || lan == "" || len(lan) > maxLAN {
			return "", "", "", false
		}
		site += "/" + lan
	}
	return tokens[0], tokens[1], site, true
}

// leaseKey is the key of a site in the bucket of the leases.
func leaseKey(name, lan string) string {
	if lan == "" {
		return name
	}
	return name + "." + escape(lan, '=')
}
