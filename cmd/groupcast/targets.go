package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/watch"
)

// mostList is how many bytes a list of groups has at most.
const mostList = 1 << 20

// targets are the groups that the arguments name, each once and in their order:
// [SOURCE@]GROUP[%ZONE][:PORT][+N], udp://@GROUP:PORT and rtp:// as players write
// them, and @FILE for the lists that [readTargets] reads. The remarks tell what was
// named twice. The error says which argument, or which line of which file, is wrong.
// A list that comes by a pipe is waited for until ctx ends.
func targets(ctx context.Context, args []string) (list []watch.Target, remarks []string, err error) {
	var b targetsBuilder
	for _, arg := range args {
		file, isFile := strings.CutPrefix(arg, "@")
		if !isFile {
			if err := b.add("", arg, ""); err != nil {
				return nil, nil, err
			}
			continue
		}
		if file == "" {
			return nil, nil, errors.New("@: name the file behind it, as in @channels.txt")
		}
		text, err := readText(ctx, file)
		if err != nil {
			return nil, nil, fmt.Errorf("list of groups: %w", err)
		}
		if err := readTargets(&b, file, bytes.NewReader(text)); err != nil {
			return nil, nil, err
		}
	}
	return b.list, b.remarks, nil
}

// readText reads a file, up to a byte more than a list may have at most. A pipe that
// blocks is left behind when ctx ends.
func readText(ctx context.Context, file string) ([]byte, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		f, err := os.Open(file)
		if err != nil {
			done <- result{nil, err}
			return
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, mostList+1))
		done <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		err := ctx.Err()
		if errors.Is(err, context.DeadlineExceeded) {
			err = errNothingCame
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	case r := <-done:
		return r.text, r.err
	}
}

// errNothingCame is of a pipe that nobody wrote into.
var errNothingCame = errors.New("nothing came through this pipe before the --timeout")

// targets are those of the package's function, as errors of the command line and of
// the IP version that the flags ask for. At least one must be named.
func (set *settings) targets(ctx context.Context, cmd *cobra.Command, args []string) ([]watch.Target, []string, error) {
	if set.ip4 && set.ip6 {
		return nil, nil, usageError{errors.New("-4 and -6: one of them, or none")}
	}
	list, remarks, err := targets(ctx, args)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil, nil, err // ctrl+c is no wrong command line
	}
	if bad, ok := errors.AsType[*targetError](err); ok && bad.where == "" {
		return nil, nil, usageError{noGroup(cmd, bad.text, bad.err)}
	}
	if errors.Is(err, mcast.ErrNotMulticast) { // of a list, in which nothing is the default group
		err = &mcast.Advised{Err: err, Advice: "groups are 224.0.0.0 to 239.255.255.255, and those of IPv6 begin with ff"}
	}
	if err != nil {
		return nil, nil, usageError{err}
	}
	for i, t := range list {
		if list[i].Group, err = set.ofVersion(t.Group); err != nil {
			return nil, nil, usageError{fmt.Errorf("%s: %w", t.Group, err)}
		}
	}
	if len(list) == 0 {
		return nil, nil, usageError{fmt.Errorf("%s names no group", strings.Join(args, " "))}
	}
	return list, remarks, nil
}

// targetError is a target that is wrong.
type targetError struct {
	where string // "channels.txt line 3"; "": on the command line
	text  string
	err   error
}

func (e *targetError) Error() string {
	if e.where == "" {
		return e.err.Error()
	}
	return e.where + ": " + e.err.Error()
}

func (e *targetError) Unwrap() error { return e.err }

// targetsBuilder gathers targets within the bounds.
type targetsBuilder struct {
	list    []watch.Target
	first   map[mcast.Group]string // where each was named
	ports   map[netip.AddrPort]bool
	remarks []string
}

// mostRemarks are told one by one.
const mostRemarks = 8

func (b *targetsBuilder) add(where, text, name string) error {
	group, n, err := parseTarget(text)
	if err != nil {
		return &targetError{where, text, err}
	}
	if b.first == nil {
		b.first, b.ports = map[mcast.Group]string{}, map[netip.AddrPort]bool{}
	}
	for range n {
		if earlier, twice := b.first[group]; twice {
			b.twice(group, where, earlier)
		} else {
			b.first[group] = where
			b.list = append(b.list, watch.Target{Group: group, Name: name})
			b.ports[group.Wildcard()] = true
		}
		switch {
		case len(b.list) > watch.MaxTargets:
			return &targetError{where, text, fmt.Errorf("%s: more than %d groups", clipped(text), watch.MaxTargets)}
		case len(b.ports) > watch.MaxPorts:
			return &targetError{where, text, fmt.Errorf("%s: groups of more than %d ports, and each port takes a socket", clipped(text), watch.MaxPorts)}
		}
		group.Addr = group.Addr.Next()
	}
	return nil
}

// twice remarks on a group that was named before.
func (b *targetsBuilder) twice(group mcast.Group, where, earlier string) {
	text := fmt.Sprintf("%s is named twice", group)
	for _, at := range []string{earlier, where} {
		if at != "" {
			text += ", " + at
		}
	}
	switch {
	case len(b.remarks) < mostRemarks:
		b.remarks = append(b.remarks, text)
	case len(b.remarks) == mostRemarks:
		b.remarks = append(b.remarks, "others are named twice as well")
	}
}

// readTargets reads a list of groups: one a line, and the rest of the line is its
// name. Lines that begin with # are comments, except those that an M3U has names
// in: "#EXTINF:-1,BBC One" is about the next group. Of an M3U lines with other URLs are
// left out, unless nothing else is in it.
func readTargets(b *targetsBuilder, file string, from io.Reader) error {
	in := bufio.NewScanner(io.LimitReader(from, mostList+1))
	in.Buffer(make([]byte, 0, 4096), mostList+1)
	read, title, m3u := 0, "", false
	var others int
	var other error // the first of them
	before := len(b.list)
	for n := 1; in.Scan(); n++ {
		where := fmt.Sprintf("%s line %d", file, n)
		if read += len(in.Bytes()) + 1; read > mostList {
			return fmt.Errorf("%s: a list of groups has %s at most", file, bytesText(mostList))
		}
		line := strings.TrimSpace(strings.TrimPrefix(in.Text(), "\uFEFF"))
		if info, ok := strings.CutPrefix(line, "#EXTINF:"); ok {
			title = titleIn(info)
			m3u = true
		}
		m3u = m3u || strings.HasPrefix(line, "#EXTM3U")
		if line == "" || line[0] == '#' {
			continue
		}
		text, name := line, ""
		if at := strings.IndexAny(line, " \t"); at >= 0 {
			text, name = line[:at], strings.TrimSpace(line[at:])
		}
		if name == "" || name[0] == '#' {
			name = title
		}
		title = ""
		if text[0] == '@' {
			return &targetError{where, text, fmt.Errorf("%s: a list names no other list", clipped(text))}
		}
		err := b.add(where, text, name)
		switch {
		case m3u && errors.Is(err, errOtherScheme):
			others++
			other = cmp.Or(other, err)
		case err != nil:
			return err
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s: a list of groups has %s at most", file, bytesText(mostList))
	} else if err != nil {
		return fmt.Errorf("list of groups: %w", err)
	}
	if other != nil && len(b.list) == before {
		return other
	}
	if others > 0 {
		b.remarks = append(b.remarks, fmt.Sprintf("%s: %s left out, as of http://: groups are udp:// and rtp://", file, chat.Count(others, "other URL")))
	}
	return nil
}

// titleIn is the title in an #EXTINF: what follows the first comma outside of
// quotes, as in `-1 tvg-name="One, HD",BBC One`.
func titleIn(info string) string {
	quoted := false
	for i, c := range info {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			return strings.TrimSpace(info[i+1:])
		}
	}
	return ""
}

// errOtherScheme is a URL of something else than a group.
var errOtherScheme = errors.New("want a group, or udp:// or rtp:// and a group")

// parseTarget reads one target, and how many groups it is.
func parseTarget(text string) (mcast.Group, int, error) {
	whole := text
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		switch strings.ToLower(scheme) {
		case "udp", "rtp":
		default:
			return mcast.Group{}, 0, fmt.Errorf("%q: %w", clipped(whole), errOtherScheme)
		}
		text = rest
		if at := strings.IndexAny(text, "/?#"); at >= 0 { // what players are told there is about themselves
			text = text[:at]
		}
		text = strings.TrimPrefix(text, "@")
	}
	text, n, err := cutRange(text)
	if err != nil {
		return mcast.Group{}, 0, fmt.Errorf("%q: %w", clipped(whole), err)
	}
	g, err := mcast.ParseGroup(text)
	if err != nil {
		return mcast.Group{}, 0, err
	}
	if last := lastGroup(g.Addr); !reaches(g.Addr, last, n) {
		return mcast.Group{}, 0, fmt.Errorf("%q: +%d is past the last group, %s", clipped(whole), n, last)
	}
	return g, n, nil
}

// cutRange cuts +N off: it stands at the end, or, as mcjoin has it, before the port.
func cutRange(text string) (rest string, n int, err error) {
	at := strings.LastIndexByte(text, '+')
	if at < 0 {
		return text, 1, nil
	}
	rest, number := text[:at], text[at+1:]
	if digits, port, ok := strings.Cut(number, ":"); ok {
		if rest[strings.LastIndexByte(rest, '@')+1:] != "" && strings.Contains(rest, ":") && !strings.HasSuffix(rest, "]") {
			return "", 0, errors.New("with a port an IPv6 group is [GROUP]:PORT+N")
		}
		number, rest = digits, rest+":"+port
	}
	n, err = strconv.Atoi(number)
	if err != nil || strings.Trim(number, "0123456789") != "" || n < 1 || n > watch.MaxTargets {
		return "", 0, fmt.Errorf("+N: how many groups in a row, 1 to %d", watch.MaxTargets)
	}
	return rest, n, nil
}

// lastGroup is the last group of an address's IP version. Those of IPv6 are of one
// scope: behind its last is another.
func lastGroup(from netip.Addr) netip.Addr {
	if from.Is4() {
		return netip.AddrFrom4([4]byte{239, 255, 255, 255})
	}
	b := from.As16()
	for i := range b[2:] {
		b[2+i] = 0xff
	}
	return netip.AddrFrom16(b)
}

// reaches reports whether there are n addresses from one to the last.
func reaches(from, last netip.Addr, n int) bool {
	at := from.WithZone("")
	for ; n > 1 && at != last; n-- {
		at = at.Next()
	}
	return n <= 1
}

// clipped is a target as an error has it: a line of a list may be long.
func clipped(text string) string {
	if len(text) > 80 {
		return text[:80] + "..."
	}
	return text
}
