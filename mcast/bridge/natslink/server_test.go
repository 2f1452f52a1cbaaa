package natslink

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

var group = mustParse("239.1.2.3:1234")

func mustParse(s string) mcast.Group {
	g, err := mcast.ParseGroup(s)
	if err != nil {
		panic(err)
	}
	return g
}

// nats server of a test. It begins again with its files and its address.
type testServer struct {
	t       *testing.T
	options server.Options
	now     atomic.Pointer[server.Server]
}

// InProcessConn implements nats.InProcessConnProvider: by the server of the moment.
func (s *testServer) InProcessConn() (net.Conn, error) {
	if srv := s.now.Load(); srv != nil {
		return srv.InProcessConn()
	}
	return nil, nats.ErrNoServers
}

// inProcess is a server without a socket.
func inProcess(t *testing.T) *testServer {
	s := &testServer{t: t, options: server.Options{
		DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(), MaxPayload: 66000, NoSystemAccount: true,
	}}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *testServer) start() {
	s.t.Helper()
	o := s.options
	srv, err := server.NewServer(&o)
	if err != nil {
		s.t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(30 * time.Second) {
		s.t.Fatal("the server is not ready")
	}
	s.now.Store(srv)
	if a := srv.Addr(); a != nil {
		s.options.Port = o.Port
	}
}

func (s *testServer) stop() {
	srv := s.now.Swap(nil)
	if srv == nil {
		return
	}
	srv.Shutdown()
	srv.WaitForShutdown()
}

// client of a site of a server without a socket.
func (s *testServer) client(site string) *Client {
	s.t.Helper()
	return dialed(s.t, Config{Site: site, InProcess: s})
}

func dialed(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := Dial(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func linked(t *testing.T, c *Client, groups ...mcast.Group) bridge.Link {
	t.Helper()
	l, err := c.Link(groups)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := c.conn.Flush(); err != nil { // the server has the subscriptions
		t.Fatal(err)
	}
	synctest.Wait() // and the history: of one that ends while it makes a stream something stays
	return l
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// authority signs certificates of servers.
type authority struct {
	certificate *x509.Certificate
	key         ed25519.PrivateKey
}

// signed makes a certificate of this hour if it is fresh, else of an earlier one. By nil: it
// signs itself.
func signed(t *testing.T, by *authority, fresh bool, names ...string) (tls.Certificate, *authority) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	check(t, err)
	begin := time.Now().Add(-2 * time.Hour)
	if fresh {
		begin = time.Now()
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "groupcast-hub"}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: begin, NotAfter: begin.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent := &authority{template, key}
	if by != nil {
		parent = by
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.certificate, public, parent.key)
	check(t, err)
	leaf, err := x509.ParseCertificate(der)
	check(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, &authority{leaf, key}
}

func pemOf(c tls.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
}

// seed makes a site's key.
func seed(t *testing.T) (secret, public string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	check(t, err)
	s, err := pair.Seed()
	check(t, err)
	public, err = pair.PublicKey()
	check(t, err)
	return string(s), public
}
