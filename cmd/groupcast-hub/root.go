package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/hub"
	"github.com/groupcast/groupcast/mcast/lab"
)

// settings are the flags.
type settings struct {
	sites   []string
	remove  []string
	list    bool
	listen  string
	url     string
	dir     string
	out     string
	quiet   bool
	history int64 // bytes
	timeout time.Duration
}

const usage = " [--site NAME]..."

func newRoot() *cobra.Command {
	set := &settings{history: hub.DefaultHistory}
	root := &cobra.Command{
		Use:         "groupcast-hub" + usage,
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: called},
		Short:       "Run the server that the bridges of several LANs connect to",
		Long: `Run the server that the bridges of several LANs connect to: groupcast bridge --hub FILE joins a LAN to it. Each --site
is a LAN. For each the hub makes a key, and writes it to NAME.hub, which goes to the host that runs the bridge there, by
a safe way: scp, a USB stick. The hub itself keeps no copy. It has NATS in it, with TLS, and needs no other program.

Who can do what:
  Whoever has a hub file can hear every bridged group, and speak into every bridged LAN. That is its own site's voice: the
  hub refuses what names another site. --remove NAME takes a key back, and cuts its connections off.
  Whoever can run programs as this user, and root, can do all that, and can read and forge plain datagrams on their way.
  Everybody else can reach the port and try. Without a key, and without TLS, nothing is let in.

While a hub runs, the same command with --site adds a site to it, --remove removes one, and --sites lists them.

On a server:
  Let TCP port 4222 in: ufw allow 4222/tcp, or the security group of the cloud. Bridges connect to the hub, never the hub
  to a bridge: nothing is to be opened at the sites.
  Say by which name or address the sites reach it: --url hub.example.org. It is in the hub files.
  As a service of systemd, the lines of the unit's [Service] are:
    Type=notify
    ExecStart=/usr/local/bin/groupcast-hub --dir /var/lib/groupcast-hub --url hub.example.org
    DynamicUser=yes
    StateDirectory=groupcast-hub
    StateDirectoryMode=0700
    Restart=on-failure
    RestartSec=5
  Then, as root: ` + called + ` --dir /var/lib/groupcast-hub --site room-1

Lines of members (groupcast chat) are kept for 24 hours, so that a site that was away has them, and a newcomer can read
them. Lines of sealed rooms are kept sealed. The hub's files contain the others as text. --history 0 keeps nothing.

Bounds: 1,024 sites and connections, 256 MiB of history, 2,048 frames of each LAN and group. A site that does not read 1 MiB of what others send is cut off.

Exit status: 0 ended by --timeout, SIGTERM or SIGHUP, or a site was added, removed or listed; 1 if it could not; 2 if the
command line makes no sense; 130 if ctrl+c ended it.`,
		// "groupcast hub" is as long as "groupcast-hub".
		Example: strings.ReplaceAll(`  groupcast-hub --site room-1 --site room-2    a hub for two rooms; the key of each is in room-1.hub, room-2.hub
  groupcast-hub                                the same hub another time
  groupcast-hub --site room-3                  beside it, in another terminal: one room more
  groupcast-hub --remove room-2                the file room-2.hub opens nothing any more`, "groupcast-hub", called),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := fmt.Errorf("%q: it takes flags only", args[0])
			if bridge.CheckSite(args[0]) != nil {
				return usageError{err}
			}
			return usageError{&mcast.Advised{Err: err, Advice: "did you mean --site " + args[0] + "?"}}
		},
		PreRunE: func(cmd *cobra.Command, _ []string) error { return set.check(cmd.Flags()) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return set.run(cmd) },

		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.Version = builtFrom(debug.ReadBuildInfo()) // shown without a template: these would add 5 MB to the program
	root.SetFlagErrorFunc(flagError)
	flags := root.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&set.sites, "site", nil, "make a key for the site `NAME`, 1 to 32 of a-z, 0-9 and \"-\"; may be repeated. A site that has its file already keeps it")
	flags.StringArrayVar(&set.remove, "remove", nil, "take the key of the site `NAME` back; may be repeated")
	flags.BoolVar(&set.list, "sites", false, "list the sites")
	flags.StringVar(&set.listen, "listen", ":4222", "listen on this `[ADDRESS]:PORT`")
	flags.StringVar(&set.url, "url", "", "the `HOST[:PORT]` by which sites reach the hub; without it the address of this host, and the port of --listen")
	flags.StringVar(&set.dir, "dir", "", "keep the hub's certificate, sites and leases in this `DIR` (default ~/.local/state/groupcast/hub)")
	flags.Var((*sizeValue)(&set.history), "history", "keep frames of members for 24 hours, in files of at most this `SIZE`, 1MiB to 64GiB, the newest if they are more; 0: keep none, and delete what is there")
	flags.StringVar(&set.out, "out", ".", "write hub files into this `DIR`")
	flags.BoolVarP(&set.quiet, "quiet", "q", false, "print no remarks, only errors")
	flags.BoolP("version", "V", false, "print the version")
	flags.VarP((*timeValue)(&set.timeout), "timeout", "t", "end after this time, such as 5 (seconds) or 1m30s; 0: no limit")
	return root
}

// builtFrom is the version that go build has put in, and what built it.
func builtFrom(info *debug.BuildInfo, ok bool) string {
	v := "devel"
	if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		v = info.Main.Version
	}
	return fmt.Sprintf("%s, %s, %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// check is the mistake on the command line, if there is one.
func (set *settings) check(flags *pflag.FlagSet) error {
	for _, names := range []*[]string{&set.sites, &set.remove} {
		for _, name := range *names {
			if err := bridge.CheckSite(name); err != nil {
				return usageError{err}
			}
		}
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	var what []string
	for _, name := range []string{"site", "remove", "sites"} {
		if flags.Changed(name) {
			what = append(what, "--"+name)
		}
	}
	if len(what) > 1 {
		return usageError{fmt.Errorf("%s and %s cannot be together", what[0], what[1])}
	}
	if len(set.remove) > 0 || set.list {
		if name := ofStart(flags); name != "" {
			return usageError{fmt.Errorf("%s starts nothing: --%s would do nothing", what[0], name)}
		}
	}
	if err := checkListen(set.listen); err != nil {
		return usageError{err}
	}
	if set.url != "" {
		url, err := checkURL(set.url)
		if err != nil {
			return usageError{err}
		}
		set.url = url
	}
	if set.history != 0 && (set.history < leastHistory || set.history > mostHistory) {
		return usageError{fmt.Errorf("--history %s: want 0 (keep nothing), or 1MiB to 64GiB", (*sizeValue)(&set.history))}
	}
	if set.timeout < 0 {
		return usageError{fmt.Errorf("--timeout %s: want a time that is not negative", set.timeout)}
	}
	return nil
}

// ofStart is the first flag that was named and is for a hub that starts; "": none was.
func ofStart(flags *pflag.FlagSet) string {
	for _, name := range []string{"listen", "url", "history", "timeout"} {
		if flags.Changed(name) {
			return name
		}
	}
	return ""
}

// flagError is what was wrong with the flags, with the one that was most likely meant.
func flagError(cmd *cobra.Command, err error) error {
	if unknown, ok := err.(*pflag.NotExistError); ok {
		typed := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			typed = "-" + unknown.GetSpecifiedName()
		}
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		advice := cmd.CommandPath() + " --help lists its flags"
		if near := lab.Nearest(unknown.GetSpecifiedName(), names); len(typed) > 3 && len(near) > 0 {
			advice = "did you mean --" + strings.Join(near, " or --") + "?"
		}
		err = &mcast.Advised{Err: fmt.Errorf("%s has no flag %s", cmd.CommandPath(), typed), Advice: advice}
	}
	if invalid, ok := err.(*pflag.InvalidValueError); ok {
		err = fmt.Errorf("--%s %q: %w", invalid.GetFlag().Name, invalid.GetValue(), invalid.Unwrap())
	}
	return usageError{err}
}
