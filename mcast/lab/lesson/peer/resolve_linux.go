package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
)

// resolve prints what Go's ways from a name to an address make of NAME:PORT, or the
// first of them of NAME.
func resolve(o options) error {
	words := slices.Clone(o.words)
	if i := slices.Index(words, "debug"); i >= 0 {
		words = slices.Delete(words, i, i+1)
		os.Setenv("GODEBUG", "netdns=2")
	}
	if len(words) != 1 {
		return errors.New("want resolve NAME, or NAME:PORT")
	}
	name, _, port := strings.Cut(words[0], ":")
	addrs, err := net.DefaultResolver.LookupNetIP(context.Background(), "ip", name)
	if err != nil {
		return err
	}
	list := make([]string, len(addrs))
	for i, a := range addrs {
		list[i] = a.Unmap().String()
	}
	fmt.Println("LookupNetIP:", strings.Join(list, ", "))
	if !port {
		return nil
	}
	addr, err := net.ResolveUDPAddr("udp", words[0])
	if err != nil {
		return err
	}
	fmt.Println("ResolveUDPAddr:", addr)
	c, err := net.Dial("udp", words[0])
	if err != nil {
		return err
	}
	fmt.Println("Dial:", c.RemoteAddr(), "from", c.LocalAddr())
	return c.Close()
}
