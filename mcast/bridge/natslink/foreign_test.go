package natslink

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// A server of others: an operator's accounts, credentials in a file, a company's authority.
func TestServerOfOthers(t *testing.T) {
	t.Parallel()
	_, company := signed(t, nil, true)
	certificate, _ := signed(t, company, true)
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	check(t, os.WriteFile(ca, []byte(pemOf(tls.Certificate{Certificate: [][]byte{company.certificate.Raw}})), 0o600))

	key := func(pair nkeys.KeyPair, err error) (nkeys.KeyPair, string) {
		t.Helper()
		check(t, err)
		public, err := pair.PublicKey()
		check(t, err)
		return pair, public
	}
	operator, trusted := key(nkeys.CreateOperator())
	account, accountName := key(nkeys.CreateAccount())
	claims := jwt.NewAccountClaims(accountName)
	token, err := claims.Encode(operator)
	check(t, err)
	resolver := &server.MemAccResolver{}
	check(t, resolver.Store(accountName, token))

	s := onLoopback(t, certificate)
	s.stop()
	s.options.TrustedKeys, s.options.AccountResolver = []string{trusted}, resolver
	s.start()

	creds := func(name string, signer nkeys.KeyPair) string {
		t.Helper()
		user, userName := key(nkeys.CreateUser())
		token, err := jwt.NewUserClaims(userName).Encode(signer)
		check(t, err)
		secret, err := user.Seed()
		check(t, err)
		text, err := jwt.FormatUserConfig(token, secret)
		check(t, err)
		path := filepath.Join(dir, name)
		check(t, os.WriteFile(path, text, 0o600))
		return path
	}
	stranger, _ := key(nkeys.CreateAccount())
	good := Config{URL: s.url("tls"), Site: "room-1", CA: ca, Creds: creds("good.creds", account)}
	check(t, dialed(t, good).Close())
	for _, tt := range []struct {
		name   string
		change func(*Config)
		is     error
		want   string
	}{
		{"creds", func(c *Config) { c.Creds = creds("bad.creds", stranger) }, ErrKey, "refuses the credentials in " + dir},
		{"no-creds", func(c *Config) { c.Creds = "" }, ErrKey, "wants credentials"},
		{"authority", func(c *Config) { c.CA = "" }, ErrCertificate, "is not accepted: x509: certificate signed by unknown authority"},
		{"name", func(c *Config) { c.URL = strings.Replace(c.URL, "127.0.0.1", "localhost", 1) }, ErrCertificate, "is not accepted: x509: "},
	} {
		cfg := good
		tt.change(&cfg)
		if _, err := Dial(t.Context(), cfg); !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
