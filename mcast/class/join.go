package class

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/secure/precis"
	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// Token proves whose seat it is: 128 random bits, in base64 (RFC 4648, section 5).
type Token string

func newToken() Token {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return Token(base64.RawURLEncoding.EncodeToString(b[:]))
}

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

// MaxName is how many columns a name may have.
const MaxName = 24

// CheckName returns a name as it is shown. The error is ErrName, with the reason.
func CheckName(name string) (string, error) {
	nick, err := frame.Nick(name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrName, err)
	}
	if n := ansi.StringWidth(nick); n > MaxName {
		return "", fmt.Errorf("%w: it is %d columns wide, and %d are shown", ErrName, n, MaxName)
	}
	return nick, nil
}

// Tries of codes: of one address in a minute, and of all until the teacher lets people in
// again.
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

// Applicant asks for a seat.
type Applicant struct {
	Code, Name string
	From       string // the address that it comes from, which wrong codes are counted for
	Plain      bool   // lines instead of a screen
}

// Join gives a seat. Who joins from the address and by the name of a seat that no page
// shows gets that seat, with the program that runs there; the token that it had before is
// void. Errors are those of this package; of too many tries, a *TriesError.
func (c *Class) Join(a Applicant) (Token, *Seat, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return "", nil, ErrOver
	}
	if err := c.tryCode(a); err != nil {
		return "", nil, err
	}
	name, err := CheckName(a.Name)
	if err != nil {
		return "", nil, err
	}
	seat, again, err := c.place(name, a)
	if err != nil {
		return "", nil, err
	}
	delete(c.tokens, seat.token)
	seat.token = newToken()
	c.tokens[seat.token] = seat
	if !again || seat.isPlain() != a.Plain {
		seat.take(name, a.From, a.Plain)
	}
	text := ""
	if again {
		text = "again"
	}
	c.events.put(Event{Kind: "joined", Host: seat.host, Name: name, Text: text})
	return seat.token, seat, nil
}

// tryCode compares the code; the caller holds c.mu.
func (c *Class) tryCode(a Applicant) error {
	if c.tries.all >= triesAll {
		return &TriesError{}
	}
	limiter := c.tries.limiter(a.From)
	if limiter.Tokens() < 1 {
		return &TriesError{After: time.Duration((1 - limiter.Tokens()) / float64(limiter.Limit()) * float64(time.Second))}
	}
	if subtle.ConstantTimeCompare([]byte(plainCode(a.Code)), []byte(c.code)) != 1 {
		limiter.Allow()
		if c.tries.all++; c.tries.all == triesAll {
			c.events.put(Event{Kind: "guessed", Text: fmt.Sprintf("%d wrong codes: nobody is let in until you unlock the class", triesAll)})
		}
		return ErrCode
	}
	if c.locked {
		return ErrLocked
	}
	return nil
}

// place finds the seat that somebody gets; the caller holds c.mu.
func (c *Class) place(name string, a Applicant) (seat *Seat, again bool, err error) {
	same, _ := precis.Nickname.CompareKey(name)
	for _, s := range c.seats {
		if s.token == "" {
			continue
		}
		if taken, _ := precis.Nickname.CompareKey(s.Name()); taken == same {
			if s.cameFrom() == a.From && s.pages() == 0 {
				return s, true, nil
			}
			return nil, false, ErrTaken
		}
	}
	n := slices.IndexFunc(c.seats, func(s *Seat) bool { return s.token == "" })
	if n < 0 {
		return nil, false, ErrFull
	}
	return c.seats[n], false, nil
}
