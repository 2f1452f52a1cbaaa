package natslink

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast/bridge"
)

// ServerName is the name in the certificate of a hub, whatever its address.
const ServerName = "groupcast-hub"

// maxCA bounds a file of certificates, in bytes. Those of all public ones have 200 KiB.
const maxCA = 1 << 20

// check names what is wrong with a hub file: url, site, seed or certificate. The error
// holds nothing of its value.
func (f File) check() (key string, err error) {
	if err := checkURL(f.URL); err != nil || !strings.HasPrefix(f.URL, "tls://") {
		return "url", errors.New("the url is not tls://HOST:PORT")
	}
	if bridge.CheckSite(f.Site) != nil {
		return "site", errors.New(`the site's name is not 1 to 32 letters a-z, digits and "-"`)
	}
	if pair, err := nkeys.FromSeed([]byte(f.Seed)); err != nil {
		return "seed", errors.New("the seed is not one of an nkey")
	} else if public, err := pair.PublicKey(); err != nil || !nkeys.IsValidPublicUserKey(public) {
		return "seed", errors.New("the seed is not one of a user's nkey")
	}
	if _, err := f.certificate(); err != nil {
		return "certificate", err
	}
	return "", nil
}

func (f File) certificate() (*x509.Certificate, error) {
	block, rest := pem.Decode([]byte(f.Certificate))
	if block == nil || block.Type != "CERTIFICATE" || strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("the certificate is not one, in PEM")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errors.New("the certificate is damaged")
	}
	return c, nil
}

// tls accepts the one certificate of the file, at any time: a host without a battery for
// its clock begins in 1970.
func (f File) tls() (*tls.Config, error) {
	pinned, err := f.certificate()
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(pinned)
	return &tls.Config{
		RootCAs:    roots,
		ServerName: ServerName,
		MinVersion: tls.VersionTLS13,
		Time:       func() time.Time { return pinned.NotBefore },
		VerifyConnection: func(s tls.ConnectionState) error { // not another that the pinned one has signed
			if !bytes.Equal(s.PeerCertificates[0].Raw, pinned.Raw) {
				return errNotPinned
			}
			return nil
		},
	}, nil
}

var errNotPinned = errors.New("not the certificate of the hub file")

// authorities are those of a file, for a server that is not in a hub file.
func authorities(path string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if path == "" {
		return cfg, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxCA {
		return nil, fmt.Errorf("%s: not a file of certificates of at most %d bytes", path, maxCA)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate in PEM in it", path)
	}
	return cfg, nil
}

// checkURL is the error of an address that is not tls://HOST:PORT, or nats://HOST:PORT of
// this host. It does not quote the address: there may be a password in it.
func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return errors.New("the server's address is not tls://HOST:PORT")
	}
	switch {
	case u.User != nil:
		return errors.New("the server's address has a user in it: other users of this host see the arguments; use a file of credentials")
	case u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || len(s) > 512:
		return errors.New("the server's address is not tls://HOST:PORT")
	case u.Scheme == "nats" && !loopback(u.Hostname()):
		return errors.New("the server's address begins with nats://, which is neither encrypted nor proven, and is for this host only: use tls://")
	case u.Scheme != "tls" && u.Scheme != "nats":
		return errors.New("the server's address does not begin with tls://")
	}
	return nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// hostOf is the server's host for people: the default port is not named.
func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	if host, port, err := net.SplitHostPort(u.Host); err == nil && port == "4222" {
		return host
	}
	return u.Host
}
