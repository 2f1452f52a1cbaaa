package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/record/browse"
	"github.com/groupcast/groupcast/tui"
)

func newOpen(set *settings) *cobra.Command {
	o := &openCommand{set: set}
	cmd := &cobra.Command{
		Use:   "open FILE [GROUP[:PORT]]",
		Short: "Look into a recording: the senders, and every datagram",
		Long: `Show the UDP datagrams of a recording: one of groupcast listen --record, or a capture of tcpdump, Wireshark or another
program (pcap or pcapng, also compressed by gzip). It opens no socket, joins and sends nothing, and says nothing about
this host: the recording may be from another one. With GROUP it shows only what was sent to that group; the address of
a single host works, too.

In a terminal it is a screen: the talk, the datagrams with their bytes and headers, a map of the senders and the
interfaces that they were received on, and the groups. / searches for a text in the whole file, : goes to a time or to
the number of a packet. The file may have any size. Without a terminal, or with --plain or --json, it prints a line or
an object for each datagram, as groupcast listen does, and at the end what the file contains. - is standard input, for
lines and objects.

Packets that are not whole datagrams are counted, with the reason: fragments are not put together. Headers that
groupcast made up for a recording are not shown as true.`,
		Example: `  groupcast listen --record talk.pcapng 239.1.2.3:5000    record
  groupcast open talk.pcapng                              and look at the recording
  groupcast open capture.pcap 224.0.0.251                 what went to mDNS
  groupcast open talk.pcapng | grep hello
  ssh router tcpdump -i eth0 -w - udp | groupcast open -  while datagrams arrive`,
		Args: arguments(1, 2, "FILE and at the most one GROUP, as in: talk.pcapng 239.1.2.3:5000"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, part string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return nil, cobra.ShellCompDirectiveDefault
			case 1:
				return completeGroups(cmd, args, part)
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file, o.in, o.out, o.errs = args[0], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if len(args) > 1 {
				f, err := filterOf(args[1])
				if err != nil {
					return usageError{noGroup(cmd, args[1], err)}
				}
				o.filter, o.only = f, chat.CleanRow(args[1])
			}
			if o.file != "-" && !set.json && !o.plain && onTerminal(o.in, o.out) {
				return o.screen(cmd.Context())
			}
			return o.lines(cmd.Context())
		},
	}
	set.has(cmd, "json", "quiet")
	flags := cmd.Flags()
	flags.BoolVar(&o.plain, "plain", false, "plain lines instead of the screen, for screen readers")
	flags.BoolVar(&o.ascii, "ascii", false, "draw the screen with ASCII only (the default where the locale is not UTF-8)")
	themeFlag(cmd, &o.theme)
	return cmd
}

// openCommand shows a recording.
type openCommand struct {
	set          *settings
	file         string // "-": standard input
	filter       browse.Filter
	only         string // the filter as it was typed; ""
	plain, ascii bool
	theme        tui.Theme
	in           io.Reader
	out, errs    io.Writer
}

// filterOf reads GROUP[:PORT] or SOURCE@GROUP[:PORT]; without a port it is any. The
// address may be that of a single host.
func filterOf(text string) (f browse.Filter, err error) {
	to := text
	if source, rest, ok := strings.Cut(text, "@"); ok {
		if f.Source, err = netip.ParseAddr(source); err != nil {
			return f, fmt.Errorf("%s: %w", chat.CleanRow(source), err)
		}
		f.Source, to = f.Source.Unmap().WithZone(""), rest
	}
	bare := to
	if strings.HasPrefix(to, "[") && strings.HasSuffix(to, "]") {
		bare = to[1 : len(to)-1]
	}
	if a, err := netip.ParseAddr(bare); err == nil && !strings.Contains(a.Zone(), "]") {
		f.To = a.Unmap().WithZone("")
		return f, nil
	}
	if at, err := netip.ParseAddrPort(to); err == nil {
		f.To, f.Port = at.Addr().Unmap().WithZone(""), at.Port()
		return f, nil
	}
	g, err := mcast.ParseGroup(to)
	if err != nil {
		return f, err
	}
	f.To, f.Port = g.Addr.Unmap().WithZone(""), g.Port
	if r, ok := mcast.FindRegistered(to); ok {
		f.Port = r.Port
	}
	return f, nil
}

// opened makes an error of record.Open one that names the file, and says what to do.
func (o *openCommand) opened(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("%s: %w", at.Path, at.Err)
	}
	advice := ""
	switch info, failed := os.Stat(o.file); {
	case errors.Is(err, record.ErrNotCapture):
		advice = "want a pcap or pcapng file, as groupcast listen --record, tcpdump -w and Wireshark write it"
		if failed == nil && info.Size() == 0 {
			err = fmt.Errorf("%s is empty: %w", o.file, record.ErrNotCapture)
		}
	case errors.Is(err, fs.ErrPermission) && failed == nil:
		advice = unreadable(info.Mode().Perm())
	case errors.Is(err, record.ErrNotFile):
		advice = "name a file, or read a pipe: groupcast open - <PIPE"
	}
	return &mcast.Advised{Err: oneRow{err}, Advice: advice}
}

// oneRow is an error on one row: the name of a file may have line ends.
type oneRow struct{ error }

func (e oneRow) Error() string { return chat.CleanRow(e.error.Error()) }
func (e oneRow) Unwrap() error { return e.error }

// unreadable says who may read a file of that mode, that this user may not.
func unreadable(mode fs.FileMode) string {
	who := "it is not readable by every user"
	if mode&0o077 == 0 {
		who = "it is readable by its owner alone"
	}
	return fmt.Sprintf("%s (mode %04o); ls -l says whose it is", who, mode)
}

// name is the file's name for people.
func (o *openCommand) name() string {
	if o.file == "-" {
		return "standard input"
	}
	return chat.CleanRow(filepath.Base(o.file))
}

// nothing is the error of a recording without a datagram to show; nil: there is one.
func (o *openCommand) nothing(t browse.Totals, shown uint64) error {
	what := o.name() + ": "
	switch {
	case shown > 0:
		return nil
	case t.Datagrams > 0:
		var list []string
		for _, d := range t.Destinations {
			list = append(list, addrPortText(d.To))
		}
		return &mcast.Advised{Err: fmt.Errorf("%s%s: %w", what, o.only, record.ErrNotThere), Advice: "its datagrams go to " + chat.ShortList(list)}
	}
	why := ""
	if skipped := tui.SkippedText(t); len(skipped) > 0 {
		why = "; skipped: " + strings.Join(skipped, ", ")
	}
	if t.Err != nil {
		why += "; " + brokenText(t.Err)
	}
	return &mcast.Advised{Err: fmt.Errorf("%s%w%s", what, record.ErrNoDatagram, why), Advice: o.look(t)}
}

// look is how another program shows what packets a recording has; "": it has none, or
// no command can name it.
func (o *openCommand) look(t browse.Totals) string {
	word := shellWord(o.file)
	switch {
	case t.Packets == 0 || o.file == "-" || chat.CleanRow(word) != word:
		return ""
	case strings.HasSuffix(o.file, ".gz"): // tcpdump does not read it
		return "to see what it has: gzip -dc <" + word + " | tcpdump -n -r -"
	}
	return "to see what it has: tcpdump -n -r " + word
}

// unread reports whether datagrams of a capture could not be read whole, or there may
// be more of them.
func unread(t browse.Totals) bool {
	for _, s := range t.Skipped {
		if s.Reason != record.NotUDP {
			return true
		}
	}
	return t.Err != nil
}

func (o *openCommand) remark(text string) {
	if !o.set.quiet && !o.set.json {
		fmt.Fprintf(o.errs, "groupcast: %s\n", chat.CleanRow(text))
	}
}

// ended is the exit status of a recording that was read, or left.
func (o *openCommand) ended(ctx context.Context, t browse.Totals, shown uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.nothing(t, shown); err != nil {
		return err
	}
	if unread(t) {
		return status(exitDoubt)
	}
	return nil
}
