package hub

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// A hub is controlled by a Unix socket in its directory: one request in JSON, one answer.
const (
	controlFile    = "control"
	controlTime    = 10 * time.Second
	maxRequest     = 4 << 10   // bytes
	maxAnswer      = 256 << 10 // bytes; 1,024 names have 36 KiB
	maxControllers = 8         // at once
)

type request struct {
	Do   string `json:"do"` // invite, remove, sites, key, certificate
	Site string `json:"site,omitempty"`
}

type answer struct {
	File  *natslink.File `json:"file,omitempty"`
	Sites []string       `json:"sites,omitempty"`
	Text  string         `json:"text,omitempty"` // a public key, a certificate
	Error string         `json:"error,omitempty"`
	Kind  string         `json:"kind,omitempty"` // of the error: a key of kinds
}

// kinds are the errors that whoever controls a hub tells apart.
var kinds = map[string]error{"no-site": ErrNoSite, "too-many": ErrTooMany}

// listenControl serves the socket. What an earlier hub has left is in the way: this one
// has the lock.
func (h *Hub) listenControl() error {
	path := filepath.Join(h.cfg.Dir, controlFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("%s: the path is too long for a Unix socket: %w", path, err)
	}
	if err != nil {
		return err
	}
	h.control = l
	h.serving.Go(func() {
		free := make(chan struct{}, maxControllers)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			select {
			case free <- struct{}{}:
				h.serving.Go(func() {
					h.answer(c)
					<-free
				})
			default:
				c.Close()
			}
		}
	})
	return os.Chmod(path, 0o600) // nobody else comes that far: the directory is the user's
}

func (h *Hub) answer(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(controlTime))
	line, err := bufio.NewReader(io.LimitReader(c, maxRequest)).ReadBytes('\n')
	if err != nil {
		return
	}
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return
	}
	var a answer
	switch r.Do {
	case "invite":
		var f natslink.File
		if f, err = h.Invite(r.Site); err == nil {
			a.File = &f
		}
	case "remove":
		err = h.Remove(r.Site)
	case "sites":
		a.Sites, err = h.Sites()
	case "key":
		a.Text, err = h.Key(r.Site)
	case "certificate":
		a.Text, err = h.Certificate()
	default:
		err = fmt.Errorf("no such request: %q", r.Do)
	}
	if err != nil {
		a = answer{Error: err.Error()}
	}
	for kind, is := range kinds {
		if errors.Is(err, is) {
			a.Kind = kind
		}
	}
	json.NewEncoder(c).Encode(a)
}

// Remote is a hub of another process of the same user.
type Remote struct{ path string }

// Dial reaches the hub that runs on a directory. It is ErrNone if none does.
func Dial(dir string) (*Remote, error) {
	if err := checkDir(dir, foreignNotToRoot); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	} else if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, controlFile)
	c, err := net.DialTimeout("unix", path, controlTime)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EINVAL) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	return &Remote{path}, c.Close()
}

// Invite is that of the hub.
func (r *Remote) Invite(site string) (natslink.File, error) {
	a, err := r.ask(request{Do: "invite", Site: site})
	if err == nil && a.File == nil {
		err = errAnswer
	}
	if err != nil {
		return natslink.File{}, err
	}
	return *a.File, nil
}

// InviteAll is Invite for one site after the other. If it fails, it returns the files that
// were made until then.
func (r *Remote) InviteAll(sites []string) (files []natslink.File, err error) {
	for _, site := range sites {
		f, err := r.Invite(site)
		if err != nil {
			return files, err
		}
		files = append(files, f)
	}
	return files, nil
}

// Remove is that of the hub.
func (r *Remote) Remove(site string) error {
	_, err := r.ask(request{Do: "remove", Site: site})
	return err
}

// Sites is that of the hub.
func (r *Remote) Sites() ([]string, error) {
	a, err := r.ask(request{Do: "sites"})
	return a.Sites, err
}

// Key is that of the hub.
func (r *Remote) Key(site string) (string, error) {
	a, err := r.ask(request{Do: "key", Site: site})
	return a.Text, err
}

// Certificate is that of the hub.
func (r *Remote) Certificate() (string, error) {
	a, err := r.ask(request{Do: "certificate"})
	return a.Text, err
}

var errAnswer = errors.New("the hub that runs gave no answer")

func (r *Remote) ask(q request) (answer, error) {
	c, err := net.DialTimeout("unix", r.path, controlTime)
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * controlTime))
	if err := json.NewEncoder(c).Encode(q); err != nil {
		return answer{}, err
	}
	var a answer
	if err := json.NewDecoder(io.LimitReader(c, maxAnswer)).Decode(&a); err != nil {
		return answer{}, fmt.Errorf("%w: %w", errAnswer, err)
	}
	switch is := kinds[a.Kind]; {
	case a.Error == "":
		return a, nil
	case is != nil:
		return answer{}, &remoteError{a.Error, is}
	}
	return answer{}, errors.New(a.Error)
}

// remoteError is an error of a hub in another process.
type remoteError struct {
	text string
	is   error
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.is }
