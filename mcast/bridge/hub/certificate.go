package hub

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// Name is the name in the hub's certificate, whatever its address is.
const Name = "groupcast-hub"

const (
	keyFile    = "hub.pem"
	maxKeyFile = 64 << 10 // bytes
)

// pair is the hub's certificate with its key.
type pair struct {
	tls         tls.Certificate
	certificate []byte // PEM
}

// certificate reads the hub's certificate and its key, or makes them.
func certificate(dir string) (*pair, error) {
	path := filepath.Join(dir, keyFile)
	text, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = newCertificate(); err == nil {
			err = replaceFile(path, string(text))
		}
	}
	if err != nil {
		return nil, err
	}
	p := &pair{}
	if p.tls, err = tls.X509KeyPair(text, text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.tls.Certificate[0]})
	return p, nil
}

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if foreign(info) || othersMay(info, 0o077) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrReadable}
	}
	return io.ReadAll(io.LimitReader(f, maxKeyFile))
}

// newCertificate is a certificate that signs itself, and its key. It never expires (RFC
// 5280, 4.1.2.5): sites accept this one and no other, and their clocks may be wrong.
func newCertificate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: Name},
		DNSNames:     []string{Name},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = errors.Join(pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	return b.Bytes(), err
}
