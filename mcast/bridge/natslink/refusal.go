package natslink

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nats-io/nats.go"
)

// Why a server refuses for good, to be tested with errors.Is.
var (
	ErrKey         = errors.New("the hub refuses the key")
	ErrCertificate = errors.New("the hub's certificate is not accepted")
)

// refusal is an ErrKey or ErrCertificate in words.
type refusal struct {
	text  string
	kind  error
	cause error
}

func (r *refusal) Error() string   { return r.text }
func (r *refusal) Unwrap() []error { return []error{r.kind, r.cause} }

// kindOf is ErrKey or ErrCertificate if a try to connect failed for such a reason; nil: it
// is worth another try.
func kindOf(err error) error {
	var verification *tls.CertificateVerificationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &verification), errors.Is(err, errNotPinned), errors.Is(err, nats.ErrSecureConnWanted):
		return ErrCertificate
	case errors.Is(err, nats.ErrNkeysNotSupported):
		return ErrKey
	}
	// An -ERR of the server while it connects has no type.
	text := strings.ToLower(err.Error())
	for _, s := range []string{"authorization violation", "authentication expired", "authentication revoked"} {
		if strings.Contains(text, s) {
			return ErrKey
		}
	}
	return nil
}

// refused puts the refusal of a try to connect in words. before says that the server had
// accepted this client.
func (c *Client) refused(kind, cause error, before bool) error {
	host := hostOf(c.url)
	r := &refusal{kind: kind, cause: cause}
	mine := c.cfg.File != (File{})
	switch {
	case errors.Is(cause, nats.ErrSecureConnWanted):
		r.text = fmt.Sprintf("the server at %s offers no TLS: nothing proves that it is the hub", host)
	case errors.Is(cause, nats.ErrNkeysNotSupported):
		r.text = fmt.Sprintf("the server at %s knows no keys: it is no hub", host)
	case kind == ErrCertificate && mine:
		r.text = fmt.Sprintf("the server at %s has another certificate than the hub file: it is another server, or a hub that was made anew", host)
	case kind == ErrCertificate:
		r.text = fmt.Sprintf("the certificate of the server at %s is not accepted: %v", host, root(cause))
	case before && mine:
		r.text = fmt.Sprintf("the hub has taken the key of site %s back", c.site)
	case before:
		r.text = fmt.Sprintf("the server at %s accepts the credentials no more", host)
	case mine:
		r.text = fmt.Sprintf("the hub at %s does not know the key of site %s: the site was removed, or has a newer hub file", host, c.site)
	case c.cfg.Creds == "":
		r.text = fmt.Sprintf("the server at %s wants credentials", host)
	default:
		r.text = fmt.Sprintf("the server at %s refuses the credentials in %s", host, c.cfg.Creds)
	}
	return r
}

// root is the innermost of an error that wraps one.
func root(err error) error {
	var verification *tls.CertificateVerificationError
	if errors.As(err, &verification) {
		return verification.Err
	}
	return err
}

// words says why the server is not reached.
func words(err error) error {
	switch {
	case err == nil:
		return errors.New("the connection has ended")
	case errors.Is(err, io.EOF):
		return errors.New("the hub has closed the connection")
	case errors.Is(err, nats.ErrStaleConnection):
		return errors.New("the hub has not answered for 2 s")
	case kindOf(err) == ErrKey:
		return ErrKey
	}
	return err
}
