package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/session"
)

func newRecord(set *settings) *cobra.Command {
	r := &frameRecorder{set: set}
	cmd := &cobra.Command{
		Use:   "record FILE [GROUP[:PORT]...]",
		Short: "Write the true frames of groups to a pcapng file: datagrams, IGMP, MLD, ICMP unreachable",
		Long: `Write the frames that interfaces receive and send to a pcapng file, which tcpdump and Wireshark read: headers,
checksums and directions are true, and the time is the kernel's, in nanoseconds. - is standard output.

With groups, it records everything that is sent to them, or with a port the UDP to that port, and it joins the groups,
so that switches send them to this port. With --join=false it does not join. Without any group, it records UDP to
every group and joins nothing: a snooping switch then sends only groups that other hosts behind this port have joined.
IGMP, MLD and ICMP unreachable are always recorded. It needs no promiscuous mode, and does not change the filter of a
network card.

Without -i it records on every interface that is up, also on those that come later. It leaves out lo, and the ports of
bridges and bonds: their frames are seen on the bridge. An interface that is deleted and made again is recorded again.

With --rotate the files of talk.pcapng are talk-00001.pcapng and so on, and each can be read alone; --keep deletes the
oldest ones of this run. A file that exists is not overwritten. The recording ends at 1 GiB in all, unless --max is
given. If the disk is full, the file ends with its last whole frame, and the recording ends, too: later frames are not
counted.

It needs CAP_NET_RAW: root, setcap cap_net_raw+ep, or a host of a lab. Without, groupcast listen --record writes the
datagrams that a socket receives, with headers that are made up.`,
		Example: `  groupcast record talk.pcapng 239.1.2.3               everything that is sent to a group, until ctrl+c
  groupcast record -i eth0 -t 1m all.pcapng            UDP to any group, IGMP and MLD on eth0, for a minute
  groupcast record --rotate 64MiB --keep 8 day.pcapng  the latest 512 MiB
  groupcast record - 239.1.2.3 | wireshark -k -i -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{&mcast.Advised{Err: errors.New("which file?"), Advice: "groupcast record talk.pcapng; - is standard output"}}
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, part string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return completeGroups(cmd, args, part)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.out, r.errs = cmd.OutOrStdout(), cmd.ErrOrStderr()
			r.options.File, r.words = args[0], args
			if err := r.check(args[0]); err != nil {
				return usageError{err}
			}
			for _, arg := range args[1:] {
				g, err := everyPort(arg)
				if errors.Is(err, mcast.ErrNotMulticast) {
					err = &mcast.Advised{Err: err, Advice: "name a group, such as 239.1.2.3:5000; without one all groups are recorded"}
				}
				if err != nil {
					return usageError{noGroup(cmd, arg, err)}
				}
				if !slices.Contains(r.options.Groups, g) {
					r.options.Groups = append(r.options.Groups, g)
				}
			}
			return r.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	set.has(cmd, "interface", "json", "quiet")
	flags.Lookup("interface").Usage = "record `NAME|INDEX|ADDRESS`; several: each of them"
	flags.BoolVar(&r.join, "join", true, "join the groups that are named, so that switches send them here")
	bytesFlag(flags, &r.options.Rotate, "rotate", 0, "begin a new file when one reaches this size, such as 64MiB, at least 64KiB; 0: one file")
	flags.IntVar(&r.options.Keep, "keep", 0, "with --rotate: keep only this many files, the latest; 0: all")
	bytesFlag(flags, &r.max, "max", record.DefaultMax, "end when all files together reach this size, at least 64KiB; 0: no limit")
	timeoutFlag(flags, &r.timeout)
	countFlag(flags, &r.count, 0, "end after this many frames; 0: no limit")
	return cmd
}

// everyPort reads a group. One without a port is meant with every port.
func everyPort(text string) (mcast.Group, error) {
	g, err := mcast.ParseGroup(text)
	if err != nil {
		return g, err
	}
	name := text[strings.LastIndex(text, "@")+1:]
	ported := strings.Count(name, ":") == 1
	if strings.HasPrefix(name, "[") {
		ported = strings.Contains(name, "]:")
	}
	if !ported {
		g.Port = 0
	}
	return g, nil
}

// frameRecorder writes the frames of interfaces to a file.
type frameRecorder struct {
	set       *settings
	options   record.CaptureOptions
	words     []string // FILE and the groups, as they were typed
	join      bool
	max       int64
	count     int
	timeout   time.Duration
	out, errs io.Writer
}

// check looks at the command line alone.
func (r *frameRecorder) check(file string) error {
	toOutput := file == "-"
	switch {
	case file == "":
		return errors.New("want the name of a file")
	case isGroup(file):
		return &mcast.Advised{Err: fmt.Errorf("%s is a group: the file comes first, such as groupcast record talk.pcapng %s", file, shellWord(file)),
			Advice: "a file of that name: ./" + shellWord(file)}
	case toOutput && (r.set.json || isTerminal(r.out)):
		return errors.New("-: a recording goes to a pipe or a file, not to a terminal, and not together with --json")
	case toOutput && r.options.Rotate > 0:
		return errors.New("- and --rotate: standard output is one file")
	case r.count < 0 || r.timeout < 0 || r.options.Keep < 0:
		return errors.New("--count, --timeout and --keep: want 0 (no limit) or more")
	case r.options.Rotate > 0 && r.options.Rotate < leastFile:
		return fmt.Errorf("--rotate %s: want %s or more", bytesText(r.options.Rotate), bytesText(leastFile))
	case r.max > 0 && r.max < leastFile:
		return fmt.Errorf("--max %s: want %s or more, or 0 for no limit", bytesText(r.max), bytesText(leastFile))
	case r.options.Keep > 0 && r.options.Rotate == 0:
		return errors.New("--keep: there is one file; say when to begin another with --rotate 64MiB")
	case slices.Contains(r.set.interfaces, host.KernelDefault):
		return errors.New("-i default: frames are seen on an interface; name one")
	}
	return nil
}

func (r *frameRecorder) run(parent context.Context) error {
	ctx, cancel := within(parent, r.timeout)
	defer cancel()
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	for _, name := range r.set.interfaces {
		i, err := host.Find(list, name)
		if err == nil && !i.Up() {
			err = fmt.Errorf("%s: %w", i.Name, host.ErrInterfaceDown)
		}
		if err != nil {
			return err
		}
		if _, twice := host.ByIndex(r.options.Interfaces, i.Index); !twice {
			r.options.Interfaces = append(r.options.Interfaces, i)
		}
	}
	r.options.Count = int64(r.count)
	if r.options.Max = r.max; r.max == 0 {
		r.options.Max = -1
	}
	r.options.Stopped = func(err error) {
		r.remark(fmt.Sprintf("recording stopped: %v", err))
		cancel()
	}
	var capture *record.Capture
	begun := make(chan struct{})
	r.options.Followed = func(ch host.Change) {
		<-begun
		r.followed(capture, ch)
	}
	if r.options.File == "-" {
		r.options.Output = r.out
	}
	capture, err = record.BeginCapture(ctx, r.options)
	close(begun)
	if err != nil {
		return r.refused(err)
	}
	r.began(capture)
	began := time.Now()
	keep := &session.Keeper{Open: r.open(ctx), Tell: tellOn(r.errs, r.remark)}
	defer keep.Close()
	if r.join {
		for _, g := range r.options.Groups {
			r.joinGroup(keep, list, g)
		}
	}
	go func() {
		<-capture.Done()
		cancel()
	}()
	failed := keep.Listen(ctx, session.Listener{Heard: func(*mcast.Conn, []mcast.Datagram) bool { return true }})
	sum, _ := capture.Close() // the Summary has the error
	r.tell(sum, time.Since(began))
	return cmp.Or(failed, r.ended(parent, sum))
}

// open opens a socket that joins. It is bound to a port of the kernel's choice, so
// that next to nothing arrives there: the frames are seen without it.
func (r *frameRecorder) open(ctx context.Context) func(mcast.Group) (*mcast.Conn, error) {
	return func(g mcast.Group) (*mcast.Conn, error) {
		return mcast.Listen(ctx, mcast.Config{Addr: host.Unspecified(g.Addr), ReadBuffer: 16 << 10})
	}
}

// joinGroup joins a group where it is recorded. That it cannot is no end: others may
// have joined it.
func (r *frameRecorder) joinGroup(keep *session.Keeper, list []host.Interface, g mcast.Group) {
	g.Port = 0
	c, err := host.ChooseToListen(list, r.set.interfaces, g.Addr)
	var on []host.Interface
	if err == nil {
		on, err = keep.Join(g, c)
	}
	name := strings.TrimSuffix(g.Label(), ":0")
	if err != nil {
		r.remark(fmt.Sprintf("%s is not joined (%s): it arrives only if other hosts behind this port have joined it", name, mcast.Reason(err)))
		return
	}
	r.remark(fmt.Sprintf("joined %s on %s", name, chat.InterfaceList(on)))
}

// refused is the error of a capture that did not begin, with what to do.
func (r *frameRecorder) refused(err error) error {
	var i string
	for _, name := range r.set.interfaces {
		i += "-i " + shellWord(name) + " "
	}
	words := make([]string, len(r.words))
	for n, w := range r.words {
		words[n] = shellWord(w)
	}
	groups := strings.Join(words[1:], " ")
	if groups == "" {
		groups = mcast.DefaultGroup.Addr.String()
	}
	heard := "groupcast listen " + i + "--record " + words[0] + " " + groups
	_, mixed := errors.AsType[*record.LinkTypesError](err)
	switch {
	case errors.Is(err, fs.ErrPermission) && !errors.As(err, new(*fs.PathError)):
		return &mcast.Advised{Err: errFramesNeedRaw, Advice: "without it, record what a socket receives, with made-up headers: " + heard + "; with it: sudo groupcast record " + i + strings.Join(words, " ") +
			"; or " + rawCopy + "; or in a host of a lab: groupcast lab enter NAME HOST"}
	case errors.Is(err, errors.ErrUnsupported):
		return &mcast.Advised{Err: errFramesNeedLinux, Advice: "record what a socket receives, with made-up headers: " + heard}
	case errors.As(err, new(*fs.PathError)):
		after := strings.Join(words[1:], " ")
		if after != "" {
			after = " " + after
		}
		return unmade(r.options.File, "groupcast record "+i, after, err)
	case mixed:
		return &mcast.Advised{Err: err, Advice: "record them one by one, each with -i and a file of its own"}
	}
	return err
}

// began says what is recorded.
func (r *frameRecorder) began(capture *record.Capture) {
	on := capture.Interfaces()
	what := "UDP to every group"
	if len(r.options.Groups) > 0 {
		var names []string
		for _, g := range r.options.Groups {
			names = append(names, strings.TrimSuffix(g.Label(), ":0"))
		}
		what = strings.Join(names, ", ")
	}
	r.remark(fmt.Sprintf("recording frames of %s: %s, IGMP, MLD, ICMP unreachable; ctrl+c ends it", chat.InterfaceList(on), what))
	if len(r.options.Groups) == 0 {
		r.remark("nothing is joined: a snooping switch sends only groups that hosts behind this port have joined; name a group to join it")
	}
	if left := chat.InterfaceNames(capture.LeftOut()); len(left) > 0 {
		r.remark(fmt.Sprintf("left out, because packets without Ethernet frames need a file of their own: %s; -i %s records it", strings.Join(left, ", "), left[0]))
	}
	r.capturing(on)
}

// followed says that an interface went or came.
func (r *frameRecorder) followed(capture *record.Capture, ch host.Change) {
	name := chat.Clean(ch.Interface.Name)
	if ch.Kind == host.Gone {
		r.remark(name + " is gone; it is recorded again when it comes back")
	} else {
		r.remark(name + " is recorded from now on")
	}
	r.capturing(capture.Interfaces())
}

func (r *frameRecorder) remark(text string) {
	if !r.set.quiet && !r.set.json {
		fmt.Fprintf(r.errs, "groupcast: %s\n", chat.Clean(text))
	}
}

// jsonCapturing says of which interfaces frames are recorded from now on. Fields are only
// added.
type jsonCapturing struct {
	jsonHead            // capturing
	Interfaces []string `json:"interfaces"`
}

func (r *frameRecorder) capturing(on []host.Interface) {
	if r.set.json {
		writeJSON(r.out, jsonCapturing{headOf("capturing"), chat.InterfaceNames(on)})
	}
}

// jsonFrames is what was recorded, the last object. Fields are only added.
type jsonFrames struct {
	jsonHead                     // recorded
	Files       []string         `json:"files"`             // that are there, the oldest first; -: standard output
	Frames      int64            `json:"frames"`            // how many
	Bytes       int64            `json:"bytes"`             // of the files
	Lost        int64            `json:"lost"`              // for want of room on the disk, or by the kernel; with stopped at least: what came later is not counted
	DroppedHere int64            `json:"kernel_dropped"`    // of them: frames came faster than they were written
	ByInterface map[string]int64 `json:"by_interface"`      // frames by each, by its name
	Seconds     float64          `json:"seconds"`           // how long it took
	Stopped     string           `json:"stopped,omitempty"` // why it ended early
}

// tell says what was recorded.
func (r *frameRecorder) tell(sum record.Summary, took time.Duration) {
	lost := sum.After + sum.KernelLost
	if r.set.json {
		o := jsonFrames{jsonHead: headOf("recorded"), Frames: sum.Recorded, Bytes: sum.Bytes, Lost: lost, DroppedHere: sum.KernelLost, ByInterface: map[string]int64{}, Seconds: took.Seconds()}
		for _, f := range sum.Files {
			o.Files = append(o.Files, chat.Clean(f))
		}
		for name, n := range sum.Interfaces {
			o.ByInterface[chat.Clean(name)] += n
		}
		if sum.Stopped != nil {
			o.Stopped = sum.Stopped.Error()
		}
		writeJSON(r.out, o)
		return
	}
	to := "standard output"
	if len(sum.Files) > 0 && r.options.File != "-" {
		to = sum.Files[0]
	}
	if n := len(sum.Files); n > 1 {
		to += fmt.Sprintf(" and %d more", n-1)
	}
	var by []string
	for _, name := range slices.Sorted(maps.Keys(sum.Interfaces)) {
		by = append(by, fmt.Sprintf("%s %d", name, sum.Interfaces[name]))
	}
	text := fmt.Sprintf("recorded %s to %s", chat.Count(int(sum.Recorded), "frame"), to)
	if len(by) > 0 {
		text += " (" + strings.Join(by, ", ") + ")"
	}
	if sum.Stopped != nil {
		text += ", at least"
	} else {
		text += ","
	}
	text += fmt.Sprintf(" %d lost", lost)
	if sum.KernelLost > 0 {
		text += fmt.Sprintf(", %d of them because they came faster than they were written", sum.KernelLost)
	}
	if sum.Stopped != nil {
		text += fmt.Sprintf("; recording stopped early: %v; what came later is not counted", sum.Stopped)
	}
	r.remark(text)
}

// ended is the exit status.
func (r *frameRecorder) ended(parent context.Context, sum record.Summary) error {
	switch {
	case sum.Stopped != nil, sum.After+sum.KernelLost > 0:
		return status(exitDoubt)
	case r.count > 0 && sum.Recorded < int64(r.count) && parent.Err() != nil:
		return status(exitInterrupted)
	case r.count > 0 && sum.Recorded < int64(r.count):
		return fmt.Errorf("recorded %s in %s, not %d", chat.Count(int(sum.Recorded), "frame"), r.timeout, r.count)
	case sum.Recorded == 0:
		return status(exitNot)
	}
	return nil
}
