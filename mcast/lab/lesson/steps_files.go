package lesson

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/groupcast/groupcast/mcast/lab"
)

// nameStep gives a host a name for addresses.
type nameStep struct {
	host, name string
	addrs      []netip.Addr
}

// String is what a student would type for it, as that of the next two.
func (s nameStep) String() string {
	lines := make([]string, len(s.addrs))
	for i, a := range s.addrs {
		lines[i] = fmt.Sprintf("%s %s", a, s.name)
	}
	return fmt.Sprintf(`%s$ printf '%%s\n' '%s' >> /etc/hosts`, s.host, strings.Join(lines, "' '"))
}

func (nameStep) expected() string { return "" }

func (s nameStep) do(_ context.Context, r *runner) ([]string, error) {
	return nil, r.lab.Host(s.host).AddName(s.name, s.addrs...)
}

// nameServerStep lets a host ask a name server.
type nameServerStep struct {
	host string
	addr netip.Addr
}

func (s nameServerStep) String() string {
	return fmt.Sprintf("%s$ echo 'nameserver %s' > /etc/resolv.conf", s.host, s.addr)
}

func (nameServerStep) expected() string { return "" }

func (s nameServerStep) do(_ context.Context, r *runner) ([]string, error) {
	return nil, r.lab.Host(s.host).SetNameServer(s.addr)
}

// fileStep writes a file of a host.
type fileStep struct{ host, path, line string }

func (s fileStep) String() string { return fmt.Sprintf("%s$ echo '%s' > %s", s.host, s.line, s.path) }

func (fileStep) expected() string { return "" }

func (s fileStep) do(_ context.Context, r *runner) ([]string, error) {
	return nil, r.lab.Host(s.host).WriteFile(s.path, s.line+"\n")
}

// name parses "HOST NAME ADDRESS...".
func (p *parser) name(text string) (action, error) {
	words := strings.Fields(text)
	if len(words) < 3 {
		return nil, errors.New("want name HOST NAME ADDRESS, and perhaps more addresses")
	}
	s := nameStep{host: words[0], name: words[1]}
	if _, err := netip.ParseAddr(s.name); err == nil || strings.ContainsAny(s.name, "'#:/") {
		return nil, fmt.Errorf("%q is no name", s.name)
	}
	for _, word := range words[2:] {
		a, err := netip.ParseAddr(word)
		if err != nil {
			return nil, err
		}
		s.addrs = append(s.addrs, a)
	}
	return s, p.host(s.host)
}

// nameServer parses "HOST ADDRESS".
func (p *parser) nameServer(text string) (action, error) {
	host, word, _ := strings.Cut(text, " ")
	a, err := netip.ParseAddr(word)
	if err != nil {
		return nil, errors.New("want nameserver HOST ADDRESS")
	}
	return nameServerStep{host, a}, p.host(host)
}

// file parses "HOST PATH LINE".
func (p *parser) file(text string) (action, error) {
	words := strings.SplitN(text, " ", 3)
	if len(words) != 3 || filepath.Dir(words[1]) != lab.OwnFiles || filepath.Clean(words[1]) != words[1] || strings.Contains(words[2], "'") {
		return nil, fmt.Errorf("want file HOST %s/FILE LINE", lab.OwnFiles)
	}
	return fileStep{words[0], words[1], words[2]}, p.host(words[0])
}
