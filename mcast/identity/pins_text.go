package identity

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/frame"
)

const (
	maxPins    = 4 << 20 // bytes of the file: MaxNames of the longest, and a thousand damaged lines
	maxDamaged = 1024    // lines that are kept
)

const pinsAbout = `# Members that groupcast knows: whose a nickname is (name, key, first and last seen), and the keys that the user
# verified. A line that is taken out is forgotten.
`

// parseKnown reads the file. What is no line of it is kept apart.
func parseKnown(text []byte) (k known) {
	k.init()
	for line := range bytes.Lines(text) {
		line := strings.TrimRight(string(line), "\r\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := k.parse(line); err != nil && len(k.damaged) < maxDamaged {
			k.damaged = append(k.damaged, line)
		}
	}
	k.bound()
	return k
}

var errNoPin = errors.New("no line of the members known before")

func (k *known) parse(line string) error {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "name":
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil || quoted[0] != '"' {
			return errNoPin
		}
		nick, err := strconv.Unquote(quoted)
		fields := strings.Fields(rest[len(quoted):])
		if err != nil || len(fields) != 3 || nick == "" || !utf8.ValidString(nick) || utf8.RuneCountInString(nick) > frame.MaxNick {
			return errNoPin
		}
		of, err := parseHex(fields[0])
		first, err1 := time.Parse(time.RFC3339, fields[1])
		last, err2 := time.Parse(time.RFC3339, fields[2])
		if err := cmp.Or(err, err1, err2); err != nil {
			return errNoPin
		}
		if was, twice := k.names[nick]; twice && was.first.Before(first) {
			return nil // as known_hosts(5): what was first holds
		}
		k.names[nick] = name{of, first, last}
	case "verified":
		fields := strings.Fields(rest)
		if len(fields) != 2 {
			return errNoPin
		}
		of, err := parseHex(fields[0])
		since, err1 := time.Parse(time.RFC3339, fields[1])
		if cmp.Or(err, err1) != nil || len(k.verified) >= MaxVerified {
			return errNoPin
		}
		k.verified[of] = since
	default:
		return errNoPin
	}
	return nil
}

// text is the file.
func (k *known) text() []byte {
	var b bytes.Buffer
	b.WriteString(pinsAbout)
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	for _, nick := range slices.Sorted(maps.Keys(k.names)) {
		n := k.names[nick]
		fmt.Fprintf(&b, "name %s %s %s %s\n", strconv.Quote(nick), hex.EncodeToString(n.key[:]), at(n.first), at(n.last))
	}
	keys := slices.SortedFunc(maps.Keys(k.verified), func(a, b key) int { return bytes.Compare(a[:], b[:]) })
	for _, of := range keys {
		fmt.Fprintf(&b, "verified %s %s\n", hex.EncodeToString(of[:]), at(k.verified[of]))
	}
	for _, line := range k.damaged {
		fmt.Fprintf(&b, "%s\n", line)
	}
	return b.Bytes()
}
