package web

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab"
)

// talk is a program of a seat: it says what is typed to a group, and shows what is said
// there.
const talk = `socat -u UDP4-RECV:1234,reuseaddr,ip-add-membership=224.0.0.114:eth0 STDOUT &
echo "$(hostname) is ready"
while read -r line; do
	echo "$(hostname) says $line" | socat -u STDIN UDP4-DATAGRAM:224.0.0.114:1234
done`

// What is typed in the page of one host is read in that of another, and after a reload.
func testBrowserSeats(t *testing.T, b browser) {
	top, err := lab.FindTopology("classroom", 2)
	if err != nil {
		t.Fatal(err)
	}
	program := func(string) []string { return []string{"-c", talk} }
	c, err := class.Start(t.Context(), class.Config{Topology: top, Program: "/bin/sh", Screen: program, Plain: program})
	if err != nil {
		t.Fatal(err)
	}
	host, _ := serve(t, New(c, Options{}))
	defer c.Close()
	join := func(name string, code string) *tab {
		p := b.tab(t, 1024, 768, false)
		p.do(chromedp.Navigate("http://" + host + "/"))
		p.focused("code")
		p.do(chromedp.KeyEvent(code + "\t" + name + "\r"))
		return p
	}
	one := join("Ada", c.Code())
	one.shows("H1 is ready")
	two := join("Ada", "WRONG7")
	two.becomes("document.getElementById('code-error').textContent.startsWith('This is not the code')")
	two.do(chromedp.KeyEvent(c.Code() + "\r"))
	two.becomes("document.getElementById('name-error').textContent.startsWith('Somebody has that name already')")
	two.do(chromedp.KeyEvent("Eve\r"))
	two.shows("H2 is ready")

	one.do(chromedp.KeyEvent("hello\r"))
	two.shows("H1 says hello")
	two.do(chromedp.Reload())
	two.shows("H1 says hello")
	two.do(chromedp.KeyEvent("and back\r"))
	one.shows("H2 says and back")
	one.behaved(host)
	two.behaved(host)
	c.Close()
	for _, p := range []*tab{one, two} {
		p.becomes("document.title === 'The class is over.'")
	}
}

// serve serves a handler on the loopback interface, and returns host and port, and what
// cuts all connections.
func serve(t *testing.T, h *Handler) (host string, cut func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	keeping := &keeper{Listener: listener}
	server := Server(h)
	ended := make(chan struct{})
	go func() { defer close(ended); server.Serve(keeping) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
		keeping.cut()
		if err := h.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String(), keeping.cut
}

// keeper is a listener that can cut the connections which it has taken.
type keeper struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (k *keeper) Accept() (net.Conn, error) {
	conn, err := k.Listener.Accept()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conns = append(k.conns, conn)
	return conn, err
}

func (k *keeper) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, conn := range k.conns {
		if conn != nil {
			conn.Close()
		}
	}
	k.conns = nil
}
