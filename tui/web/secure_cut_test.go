package web

import (
	"crypto/tls"
	"net"
	"testing"
)

// A connection by TLS can be cut without its last words, for which a peer that reads nothing
// would keep the server waiting.
func TestSecuredIsCut(t *testing.T) {
	t.Parallel()
	below, peer := net.Pipe()
	defer peer.Close()
	var conn net.Conn = &eitherConn{Conn: below, config: &tls.Config{}}
	secure, ok := conn.(interface{ NetConn() net.Conn })
	if !ok || secure.NetConn() != below {
		t.Fatalf("%T does not tell what is below", conn)
	}
}
