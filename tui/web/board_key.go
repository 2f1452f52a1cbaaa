package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Wrong keys of one address in a minute, and addresses that are kept. The right key is
// never refused: whoever shares an address with a teacher could lock them out.
const (
	wrongKeys     = 5
	wrongKeysKept = 1024
)

// keys know the teacher's key, and who tried others.
type keys struct {
	sum  [sha256.Size]byte
	none bool // there is no key, so none is right

	mu    sync.Mutex
	wrong map[string]*rate.Limiter // by the address
}

func newKeys(key string) *keys {
	return &keys{sum: sha256.Sum256([]byte(key)), none: key == "", wrong: map[string]*rate.Limiter{}}
}

// right compares a key in a time that tells nothing of the right one.
func (k *keys) right(key string) bool {
	sum := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1 && !k.none
}

// tried counts a wrong key, and returns how long its address has to wait; 0: it may try
// again.
func (k *keys) tried(from string) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.wrong[from]
	if l == nil {
		k.forget()
		l = rate.NewLimiter(rate.Every(time.Minute/wrongKeys), wrongKeys)
		k.wrong[from] = l
	}
	if l.Allow() {
		return 0
	}
	return time.Duration((1 - l.Tokens()) / float64(l.Limit()) * float64(time.Second))
}

// forget makes room for an address: of those that have not tried for a minute, or of any.
// The caller holds k.mu.
func (k *keys) forget() {
	for from, l := range k.wrong {
		if len(k.wrong) < wrongKeysKept {
			return
		}
		if l.Tokens() >= wrongKeys {
			delete(k.wrong, from)
		}
	}
	for from := range k.wrong {
		if len(k.wrong) < wrongKeysKept {
			return
		}
		delete(k.wrong, from)
	}
}

// admit reports whether a request has the right key. If not, it has answered.
func (k *keys) admit(w http.ResponseWriter, r *http.Request) bool {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || key == "" { // RFC 6750, section 2.1
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "This needs the teacher's key: open the page by the teacher's link.", "key")
		return false
	}
	if k.right(key) {
		return true
	}
	if wait := k.tried(addressOf(r.RemoteAddr)); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		refuse(w, http.StatusTooManyRequests, "Too many wrong keys: wait a minute.", "key")
		return false
	}
	refuse(w, http.StatusForbidden, "This is not the teacher's key: open the page by the teacher's link again.", "key")
	return false
}
