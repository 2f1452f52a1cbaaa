package identity

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Bounds of what is remembered of others.
const (
	MaxNames    = 4096 // pinned; the least recently seen goes first
	MaxVerified = 1024 // keys
)

// ErrTooManyVerified is that MaxVerified keys are verified.
var ErrTooManyVerified = fmt.Errorf("identity: %d keys are verified already", MaxVerified)

// writeAfter is how long changes wait for others before they are written.
const writeAfter = 2 * time.Second

type key = [32]byte

// name is a nickname that belongs to a key.
type name struct {
	key         key
	first, last time.Time // seen
}

// known is what is remembered.
type known struct {
	names    map[string]name
	verified map[key]time.Time // since when
	damaged  []string          // lines of the file that are none of these, as they are there
}

// Pins remember which key a nickname belongs to (trust on first use), and which keys the
// user verified. They are members.Pins, for several goroutines, and several programs may have
// one file: each adds what it saw. The zero Pins are for this run alone.
type Pins struct {
	file string // "": nothing is written
	now  func() time.Time

	mu      sync.Mutex
	known   known
	pinned  map[string]bool // names that are new since they were written
	seen    map[string]bool // names that were seen since
	verify  map[key]bool    // what the user said of keys since
	claims  map[key]string  // nicknames that belong to another key than the one that has them; bounded
	waiting *time.Timer     // for changes to be written
	err     error           // of the last write

	writing sync.Mutex // held while the file is written, before mu
}

// PinsFile is the file of a folder.
func PinsFile(dir string) string { return filepath.Join(dir, "known-members") }

// OpenPins reads what is remembered in a file, and writes there what comes. Where
// it cannot be read, the pins are for this run alone, and a remark says why. Close
// writes what waits.
func OpenPins(file string) (*Pins, []Remark) {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real // a rename would replace the link
	}
	p := &Pins{}
	text, mode, err := readFile(file, maxPins)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return &Pins{}, []Remark{{fmt.Sprintf("the members known before cannot be read from %s: %v; names are new in this run, and not kept", file, cause(err)), ""}}
	default:
		p.known = parseKnown(text)
	}
	p.file = file
	remarks := writable(file, mode)
	if n := len(p.known.damaged); n > 0 {
		remarks = append(remarks, Remark{fmt.Sprintf("%s: %d lines are damaged; they are left there, and the others are used", file, n), ""})
	}
	return p, remarks
}

// ReadPins is OpenPins of a program that keeps nothing.
func ReadPins(file string) *Pins {
	p := &Pins{}
	if text, _, err := readFile(file, maxPins); err == nil {
		p.known = parseKnown(text)
	}
	return p
}

// writable is the remark that other users may change the pins.
func writable(file string, mode os.FileMode) []Remark {
	if mode.Perm()&0o022 == 0 || !mode.IsRegular() || os.PathSeparator != '/' {
		return nil
	}
	return []Remark{{fmt.Sprintf("the members in %s can be changed by other users of this host (mode %04o)", file, mode.Perm()), "chmod 600 " + quoted(file)}}
}

func (p *Pins) time() time.Time {
	if p.now != nil {
		return p.now()
	}
	return time.Now()
}

// Pin remembers the key of a nickname that was never seen, and reports whose the nickname
// is, and whether it was never seen. The nickname is as frame.Nick made it.
func (p *Pins) Pin(nick string, of [32]byte) (pinned [32]byte, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.init()
	now := p.time()
	n, ok := p.known.names[nick]
	switch {
	case !ok:
		n = name{of, now, now}
		p.pinned[nick] = true
		p.later()
	case n.key != of:
		if _, again := p.claims[of]; !again && len(p.claims) >= MaxVerified {
			clear(p.claims) // a flood of identities: whoever is there says its name again
		}
		p.claims[of] = nick
		return n.key, false
	case now.Sub(n.last) < time.Minute: // to be written each second would tell no more
		delete(p.claims, of)
		return n.key, false
	default:
		n.last = now
	}
	delete(p.claims, of)
	p.seen[nick] = true
	p.known.names[nick] = n
	p.known.bound()
	return n.key, !ok
}

// Pinned is the key of a nickname, if it has one.
func (p *Pins) Pinned(nick string) (key [32]byte, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.known.names[nick]
	return n.key, ok
}

// NickOf is the nickname of a key, of several the one that was seen last.
func (p *Pins) NickOf(of [32]byte) (nick string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var last time.Time
	for other, n := range p.known.names {
		if n.key == of && (!ok || n.last.After(last) || n.last.Equal(last) && other < nick) {
			nick, last, ok = other, n.last, true
		}
	}
	return nick, ok
}

// Verified reports whether the user verified a key.
func (p *Pins) Verified(of [32]byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.known.verified[of]
	return ok
}

// Verify remembers that the user compared the fingerprint of a key; on false forgets it.
// If that key has a nickname that belongs to another one, which is not verified, the
// nickname is the verified key's from now on. It is written at once. The error is
// ErrTooManyVerified, or says that it could not be written.
func (p *Pins) Verify(of [32]byte, on bool) error {
	if err := p.setVerified(of, on); err != nil {
		return err
	}
	p.write()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *Pins) setVerified(of [32]byte, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.init()
	if _, ok := p.known.verified[of]; !ok && on && len(p.known.verified) >= MaxVerified {
		return ErrTooManyVerified
	}
	p.verify[of] = on
	if !on {
		delete(p.known.verified, of)
		return nil
	}
	now := p.time()
	p.known.verified[of] = now
	if nick, ok := p.claims[of]; ok {
		delete(p.claims, of)
		if _, both := p.known.verified[p.known.names[nick].key]; !both {
			p.known.names[nick] = name{of, now, now}
			p.pinned[nick] = true
		}
	}
	return nil
}

// Close writes what waits. The error says that it could not be written.
func (p *Pins) Close() error {
	p.write()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *Pins) init() {
	p.known.init()
	if p.pinned == nil {
		p.pinned, p.seen, p.verify, p.claims = map[string]bool{}, map[string]bool{}, map[key]bool{}, map[key]string{}
	}
}

// later writes soon. The caller holds p.mu.
func (p *Pins) later() {
	if p.file != "" && p.waiting == nil {
		p.waiting = time.AfterFunc(writeAfter, p.write)
	}
}

// write adds what is new to the file as it is now: another program, or the user, may
// have changed it.
func (p *Pins) write() {
	p.writing.Lock()
	defer p.writing.Unlock()
	p.mu.Lock()
	p.init()
	if p.waiting != nil {
		p.waiting.Stop()
		p.waiting = nil
	}
	news := p.news()
	p.pinned, p.seen, p.verify = map[string]bool{}, map[string]bool{}, map[key]bool{}
	p.mu.Unlock()
	if p.file == "" || len(news.names)+len(news.verify) == 0 {
		return
	}
	merged, err := news.write(p.file)

	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
	if err != nil { // the next write tries again
		p.err = fmt.Errorf("identity: %s: %w", p.file, cause(err))
		for nick := range news.names {
			p.seen[nick] = true
		}
		for nick := range news.pinned {
			p.pinned[nick] = true
		}
		for of, on := range news.verify {
			if _, newer := p.verify[of]; !newer {
				p.verify[of] = on
			}
		}
		return
	}
	p.news().apply(&merged)
	p.known = merged
}

// news are what the file has not. The caller holds p.mu.
func (p *Pins) news() changes {
	c := changes{names: map[string]name{}, pinned: p.pinned, verify: p.verify, now: p.time()}
	for _, nicks := range []map[string]bool{p.seen, p.pinned} {
		for nick := range nicks {
			if n, ok := p.known.names[nick]; ok {
				c.names[nick] = n
			}
		}
	}
	return c
}

// changes are what a program knows that the file does not.
type changes struct {
	names  map[string]name
	pinned map[string]bool // of them, those that are new
	verify map[key]bool
	now    time.Time
}

// write applies them to the file, under the lock of its folder.
func (c changes) write(file string) (known, error) {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return known{}, err
	}
	defer lock(dir)()
	var now known
	text, _, err := readFile(file, maxPins)
	if err == nil {
		now = parseKnown(text)
	} else if !errors.Is(err, os.ErrNotExist) {
		return known{}, err
	}
	c.apply(&now)
	made, err := writeFile(file, now.text())
	if err != nil {
		return known{}, err
	}
	if err := os.Rename(made, file); err != nil {
		os.Remove(made)
		return known{}, err
	}
	syncDir(dir)
	return now, nil
}

// apply adds them to what the file has. Of two programs that saw a nickname first, the
// one that saw it earlier says whose it is. What the user took out of the file stays out.
func (c changes) apply(k *known) {
	k.init()
	for of, on := range c.verify {
		if !on {
			delete(k.verified, of)
		} else if _, ok := k.verified[of]; !ok && len(k.verified) < MaxVerified {
			k.verified[of] = c.now
		}
	}
	for nick, ours := range c.names {
		theirs, ok := k.names[nick]
		_, verified := k.verified[ours.key]
		_, theirsToo := k.verified[theirs.key]
		switch {
		case !ok && !c.pinned[nick]:
		case !ok:
			k.names[nick] = ours
		case theirs.key == ours.key:
			theirs.first = earlier(theirs.first, ours.first)
			theirs.last = later(theirs.last, ours.last)
			k.names[nick] = theirs
		case c.pinned[nick] && (verified && !theirsToo || verified == theirsToo && ours.first.Before(theirs.first)):
			k.names[nick] = ours
		}
	}
	k.bound()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (k *known) init() {
	if k.names == nil {
		k.names = map[string]name{}
	}
	if k.verified == nil {
		k.verified = map[key]time.Time{}
	}
}

// bound forgets the names that were not seen for longest. Of a verified key the name
// that was seen last stays: it has many if it is a nuisance.
func (k *known) bound() {
	if len(k.names) <= MaxNames {
		return
	}
	type row struct {
		nick string
		name
	}
	var rows []row
	newest := map[key]string{}
	for nick, n := range k.names {
		rows = append(rows, row{nick, n})
		if _, ok := k.verified[n.key]; ok && !n.last.Before(k.names[newest[n.key]].last) {
			newest[n.key] = nick
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(a.last.Compare(b.last), cmp.Compare(a.nick, b.nick)) })
	for _, r := range rows {
		if len(k.names) <= MaxNames-MaxNames/64 { // a few more: the next ones come soon
			return
		}
		if newest[r.key] != r.nick {
			delete(k.names, r.nick)
		}
	}
}
