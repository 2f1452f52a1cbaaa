package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/lesson/progress"
)

// classCertificate is what a class proves itself with to browsers, which do not know who
// made it: their users compare its fingerprint.
type classCertificate struct {
	tls.Certificate
	remark string // why it is not that of the last class; "": it is, or there was none
	unkept error  // why the next class will have another
}

// How long a certificate lasts, and how much of that is left to a class that begins.
const (
	certificateLasts = 30 * 24 * time.Hour
	certificateLeft  = 24 * time.Hour
	certificateSlack = time.Hour // a device whose clock is slow
)

// certificateFile is where a user's certificate and its key are.
func certificateFile() (string, error) {
	dir, err := progress.Dir()
	return filepath.Join(dir, "class.pem"), err
}

// certificate is the one in a file if that is good for such names and addresses, and else a
// new one, which is kept there, and is good for others, too.
func certificate(file string, now time.Time, names []string, addrs, others []netip.Addr) (*classCertificate, error) {
	old, remark := keptCertificate(file, now, names, addrs)
	if old != nil {
		return &classCertificate{Certificate: *old}, nil
	}
	all := slices.Clone(addrs)
	for _, a := range others {
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	text, err := newCertificate(now, names, all)
	if err != nil {
		return nil, err
	}
	c := &classCertificate{remark: remark}
	if c.Certificate, err = tls.X509KeyPair(text, text); err != nil {
		return nil, err
	}
	if c.unkept = os.MkdirAll(filepath.Dir(file), 0o700); c.unkept == nil {
		c.unkept = replaceFile(file, text)
	}
	return c, nil
}

// maxCertificate bounds the file, in bytes.
const maxCertificate = 64 << 10

// keptCertificate is the one in a file, or nil with the reason; "": there is no file.
func keptCertificate(file string, now time.Time, names []string, addrs []netip.Addr) (_ *tls.Certificate, why string) {
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ""
	case err == nil && (!info.Mode().IsRegular() || info.Size() > maxCertificate):
		return nil, "the file of the last one is none of this program's"
	case err == nil && info.Mode().Perm()&0o077 != 0:
		return nil, "others than you could read the key of the last one"
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, "the last one cannot be read"
	}
	c, err := tls.X509KeyPair(text, text)
	switch {
	case err != nil:
		return nil, "the file of the last one is damaged"
	case now.Add(certificateLeft).After(c.Leaf.NotAfter):
		return nil, "the last one ends on " + c.Leaf.NotAfter.Local().Format(time.DateOnly)
	case now.Before(c.Leaf.NotBefore):
		return nil, "the clock of this computer was set back"
	}
	for _, name := range names {
		if !slices.ContainsFunc(c.Leaf.DNSNames, func(n string) bool { return strings.EqualFold(n, name) }) {
			return nil, "the last one does not have the name " + name
		}
	}
	for _, a := range addrs {
		if !slices.ContainsFunc(c.Leaf.IPAddresses, func(ip net.IP) bool { return ip.Equal(a.AsSlice()) }) {
			return nil, "the last one does not have the address " + a.String()
		}
	}
	return &c, ""
}

// newCertificate makes a key and a certificate for names and addresses, signed by itself
// (RFC 5280), as PEM.
func newCertificate(now time.Time, names []string, addrs []netip.Addr) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	var serial [16]byte
	rand.Read(serial[:]) // never fails
	serial[0] &= 0x7f
	t := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:]),
		Subject:      pkix.Name{CommonName: "groupcast class"},
		NotBefore:    now.Add(-certificateSlack), NotAfter: now.Add(certificateLasts),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, DNSNames: names,
	}
	for _, a := range addrs {
		t.IPAddresses = append(t.IPAddresses, a.AsSlice())
	}
	cert, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: cert})
	_ = pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return b.Bytes(), nil
}

// fingerprint is the SHA-256 of a certificate, as browsers show it.
func (c *classCertificate) fingerprint() string {
	sum := sha256.Sum256(c.Certificate.Certificate[0])
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// certifiedNames are the names by which browsers reach this computer, as a certificate has
// them.
func certifiedNames() (names []string) {
	for _, n := range append([]string{"localhost"}, ownNames()...) {
		if n = strings.TrimSuffix(strings.ToLower(n), "."); isHostName(n) && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// isHostName reports whether a name can be in a certificate (RFC 5280, section 4.2.1.6).
func isHostName(name string) bool {
	return name != "" && len(name) <= 253 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" && !strings.HasPrefix(name, ".")
}

// certifiedAddrs are the addresses of this computer by which browsers reach a listener.
func certifiedAddrs(at netip.Addr) []netip.Addr {
	addrs := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	add := func(a netip.Addr) {
		if a = a.Unmap(); !a.IsLinkLocalUnicast() && !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	if !at.IsUnspecified() {
		add(at)
		return addrs
	}
	list, _ := host.Interfaces() // where they cannot be read, this computer itself is left
	for _, i := range list {
		for _, p := range i.Addrs {
			if i.Flags&net.FlagUp != 0 {
				add(p.Addr())
			}
		}
	}
	return addrs
}
