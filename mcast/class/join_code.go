package class

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// Codes are made of letters and digits that nobody takes for another.
const (
	codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXY"
	codeLength  = 6
)

// NewCode makes a code of 6 of 31 letters and digits.
func NewCode() string {
	b := make([]byte, 0, codeLength)
	for len(b) < codeLength {
		var random [1]byte
		rand.Read(random[:])
		if n := int(random[0]); n < 256/len(codeLetters)*len(codeLetters) { // each is as likely
			b = append(b, codeLetters[n%len(codeLetters)])
		}
	}
	return string(b)
}

// CheckCode returns a code as it is compared: 6 to 32 letters and digits, in upper case.
func CheckCode(code string) (string, error) {
	code = plainCode(code)
	if len(code) < codeLength || len(code) > 32 {
		return "", fmt.Errorf("a code has %d to 32 letters and digits", codeLength)
	}
	for _, c := range code {
		if !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			return "", fmt.Errorf("a code has %d to 32 letters and digits, no %q", codeLength, c)
		}
	}
	return code, nil
}

// plainCode is a code as people type it, without what does not count.
func plainCode(code string) string {
	if len(code) > 64 {
		return ""
	}
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code))
}

// Wrong codes that may be tried: from one address in a minute, and in all until the
// teacher unlocks the class.
const (
	triesEach = 5
	triesAll  = 60
	triesKept = 4096 // addresses
)

// tries counts wrong codes.
type tries struct {
	by  *lru.Map[string, *rate.Limiter]
	all int
}

func newTries() tries { return tries{by: lru.New[string, *rate.Limiter](triesKept)} }

// limiter is that of an address.
func (t *tries) limiter(from string) *rate.Limiter {
	l, _ := t.by.Ensure(from)
	if *l == nil {
		*l = rate.NewLimiter(rate.Every(time.Minute/triesEach), triesEach)
	}
	return *l
}

// TriesError is ErrTries, and when the next try counts.
type TriesError struct {
	After time.Duration // 0: when the teacher has let people in again
}

// Error says what to do.
func (e *TriesError) Error() string {
	if e.After == 0 {
		return ErrTries.Error() + ": ask the teacher to unlock the class"
	}
	return fmt.Sprintf("%v: wait %d seconds", ErrTries, int(e.After.Seconds()+0.99))
}

// Unwrap returns ErrTries.
func (e *TriesError) Unwrap() error { return ErrTries }

// tryCode compares the code; the caller holds c.mu.
func (c *Class) tryCode(a Applicant) error {
	if c.tries.all >= triesAll {
		return &TriesError{}
	}
	limiter := c.tries.limiter(a.From)
	if missing := 1 - limiter.Tokens(); missing > 0 {
		wait := time.Duration(missing / float64(limiter.Limit()) * float64(time.Second))
		return &TriesError{After: max(wait, time.Millisecond)}
	}
	if subtle.ConstantTimeCompare([]byte(plainCode(a.Code)), []byte(c.code)) != 1 {
		limiter.Allow()
		if c.tries.all++; c.tries.all == triesAll {
			c.tell(Event{Kind: "guessed", Text: fmt.Sprintf("%d wrong codes: nobody is let in until you unlock the class", triesAll)})
		}
		return ErrCode
	}
	if c.locked {
		return ErrLocked
	}
	return nil
}
