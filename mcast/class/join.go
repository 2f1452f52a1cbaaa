package class

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/secure/precis"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Token proves whose seat it is: 128 random bits, in base64 (RFC 4648, section 5).
type Token string

func newToken() Token {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return Token(base64.RawURLEncoding.EncodeToString(b[:]))
}

// MaxName is how many columns a name may have.
const MaxName = 24

// maxNameBytes is more than a name of that width can have.
const maxNameBytes = 1024

// CheckName returns a name as it is shown. The error is ErrName, with the reason.
func CheckName(name string) (string, error) {
	name = strings.TrimSpace(name)
	nick, err := frame.Nick(name)
	switch {
	case name == "":
		return "", fmt.Errorf("%w: it is empty", ErrName)
	case len(name) > maxNameBytes || ansi.StringWidth(name) > MaxName || ansi.StringWidth(nick) > MaxName:
		return "", fmt.Errorf("%w: it is too long; %d letters fit, or %d wide ones as in 字", ErrName, MaxName, MaxName/2)
	case err != nil:
		return "", fmt.Errorf("%w: take letters, digits and simple emoji; something else is in it that is not drawn alone", ErrName)
	}
	return nick, nil
}

// sameName is what two names have in common that are one by RFC 8266, section 4.
func sameName(name string) string {
	key, _ := precis.Nickname.CompareKey(name) // of what CheckName returns there is one
	return key
}

// likeName is what two names have in common that people take for one: spaces do not count.
func likeName(name string) string { return strings.ReplaceAll(sameName(name), " ", "") }

// Applicant asks for a seat.
type Applicant struct {
	Code, Name string
	From       string // the address that it comes from, which wrong codes are counted for
	Plain      bool   // lines instead of a screen
}

// Join gives a seat. A student who joins from the address and by the name of a seat that
// no page shows gets that seat, with the program that runs there, and the token that it had
// before is void. The program is another where lines are asked for instead of a screen, or
// a screen instead of lines.
// Errors are those of this package; of too many tries, a *TriesError.
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
	p, err := c.place(name, a)
	if err != nil {
		return "", nil, err
	}
	if !c.joins.may(a.From, len(c.places)) {
		return "", nil, ErrOften
	}
	joined := Event{Kind: "joined", Host: p.name, Name: name}
	if p.seat != nil {
		joined.Text = "again"
		delete(c.tokens, p.token)
		p.seat.touch()
	} else {
		c.sits(p, name)
	}
	if p.seat == nil || p.seat.plain != a.Plain {
		if p.seat != nil {
			p.seat.leave("", nil)
		}
		p.seat = newSeat(c, p, name, a)
		p.empty = p.seat.empty
	}
	p.token = newToken()
	c.tokens[p.token] = p
	c.tell(joined)
	return p.token, p.seat, nil
}

// place finds the place that somebody gets: where they sit, or a free one. The caller
// holds c.mu.
func (c *Class) place(name string, a Applicant) (*place, error) {
	for _, p := range c.places {
		switch {
		case p.seat == nil || likeName(p.seat.name) != likeName(name):
		case sameName(p.seat.name) == sameName(name) && p.seat.from == a.From && p.seat.pages() == 0:
			return p, nil
		default:
			return nil, ErrTaken
		}
	}
	n := slices.IndexFunc(c.places, func(p *place) bool { return p.seat == nil })
	if n < 0 {
		return nil, ErrFull
	}
	return c.places[n], nil
}
