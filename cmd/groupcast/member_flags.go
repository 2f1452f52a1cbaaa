package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/history"
	"github.com/groupcast/groupcast/mcast/identity"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/session"
)

// memberFlags are the flags of those that are members of a group.
type memberFlags struct {
	name      string
	ephemeral bool
	plainOnly bool
	framePort uint16
	secrets   []secretFile
	history   string
	share     bool // give members facts of this host
	seat      bool // of a class: there is no shell
	lesson    bool // of the demonstration: no other terminal gets into its lab
}

// secretFile is a file with what a sealed room's key is made of.
type secretFile struct{ flag, name string }

// membership is what a session is told of members, and what is to be closed after it.
type membership struct {
	config  *session.MembersConfig // nil: plain text only
	remarks []identity.Remark
	pins    *identity.Pins
	history *history.History
}

const secretUsage = "; given several times: the first encrypts what you say, all of them decrypt (to change a key: everybody gives the new one second, and then everybody gives it first)"

// add gives a command the flags.
func (m *memberFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&m.name, "name", "", "your `NAME` among members, 32 characters at most (default: the host's name)")
	flags.BoolVar(&m.ephemeral, "ephemeral", false, "use a new key for this run, which nobody knows (the default in a lab)")
	flags.BoolVar(&m.plainOnly, "plain-only", false, "send plain text only, and no frames for members (the default from a pipe without a key or --history, and in groups that a standard uses; =false sends frames there, too)")
	flags.Var((*portValue)(&m.framePort), "frame-port", "send and receive frames on this `PORT` (default: the group's port + 1)")
	flags.Var(&secretValue{"key-file", &m.secrets}, "key-file", "talk in a sealed room, with the key in `FILE`"+secretUsage)
	flags.Var(&secretValue{"passphrase-file", &m.secrets}, "passphrase-file", "talk in a sealed room, with the passphrase in `FILE` (or "+identity.EnvName+")"+secretUsage)
	flags.StringVar(&m.history, "history", "", "keep what members say in `FILE`, and show it again in the next run; anybody who has the file of an open room can read it")
	flags.BoolVar(&m.share, "share-facts", false, "send facts of this host (interfaces, addresses, routes, memberships, findings) to members that ask with doctor --with: in a sealed room to all, in an open one to those that you verified")
}

// membership makes of the flags what a session is told. The group is the first one;
// person says that somebody is there to read, and not a pipe.
func (m *memberFlags) membership(cmd *cobra.Command, set *settings, group mcast.Group, person bool) (_ *membership, err error) {
	if m.name == "" && cmd.Flags().Changed("name") {
		return nil, usageError{errors.New("--name: want a name")}
	}
	nick, err := m.nick()
	if err != nil {
		return nil, err
	}
	if err := m.contradiction(cmd, set, group); err != nil {
		return nil, err
	}
	in := &membership{}
	defer func() {
		if err != nil {
			err = errors.Join(err, in.close())
		}
	}()
	asked := cmd.Flags().Changed("plain-only")
	if m.plainOnly || !asked && !person && len(m.secrets) == 0 && set.passphrase == nil && m.history == "" {
		if m.plainOnly && set.passphrase != nil {
			in.remark(identity.EnvName+" is not used: --plain-only sends plain text", "")
		}
		return in, nil
	}
	in.config = &session.MembersConfig{Nick: nick, HostName: m.name == "", FramePort: m.framePort, Anyway: asked, Pings: echo.ForMember(), Invite: m.invitation, ShareFacts: m.share}
	if err := in.seal(cmd, m.secrets, set.passphrase); err != nil {
		return nil, err
	}
	ephemeral := m.ephemeral
	_, inLab := lab.InHost()
	if inLab && !cmd.Flags().Changed("ephemeral") {
		ephemeral = true
	}
	if err := in.identify(ephemeral, inLab); err != nil {
		return nil, err
	}
	if m.seat && inLab {
		in.takeSeat()
	}
	return in, in.remember(m.history)
}

// invitation is what makes a second member of a group.
func (m *memberFlags) invitation(g mcast.Group) string {
	switch {
	case m.seat:
		return "in another browser, open the page of this class, with its code"
	case m.lesson: // in a lab without a name, which no other terminal enters
		return "end this demonstration, and build its LAN for several terminals: groupcast lab up article"
	}
	command := "groupcast " + shellWord(g.String())
	if m.framePort != 0 {
		command += fmt.Sprintf(" --frame-port %d", m.framePort)
	}
	if _, inLab := lab.InHost(); inLab {
		command = fmt.Sprintf("groupcast lab enter %s HOST %s", cmp.Or(os.Getenv(labNameEnv), "NAME"), command)
	}
	return "on another host, or in another terminal, start: " + command
}

// contradiction is what the flags cannot mean together. What was to be sealed is never
// sent as plain text instead.
func (m *memberFlags) contradiction(cmd *cobra.Command, set *settings, group mcast.Group) error {
	if m.framePort != 0 && m.framePort == group.Port {
		return usageError{fmt.Errorf("--frame-port %d: plain text is on that port", m.framePort)}
	}
	sealed := ""
	switch {
	case len(m.secrets) > 0:
		sealed = "--" + m.secrets[0].flag
	case m.history != "":
		sealed = "--history"
	case set.passphrase != nil && !m.plainOnly:
		sealed = identity.EnvName
	}
	if sealed == "" {
		return nil
	}
	if m.plainOnly {
		return usageError{fmt.Errorf("%s needs frames, and --plain-only sends none", sealed)}
	}
	if r, ok := group.Registered(); ok && !cmd.Flags().Changed("plain-only") {
		return usageError{&mcast.Advised{
			Err:    fmt.Errorf("%s needs frames, and %s is the group of %s, where none are sent", sealed, group, r.Name),
			Advice: "talk in another group; or send them there all the same: --plain-only=false",
		}}
	}
	return nil
}

// nick is the user's nickname.
func (m *memberFlags) nick() (string, error) {
	if m.name != "" {
		nick, err := frame.Nick(m.name)
		if err != nil {
			return "", usageError{badName(m.name, err)}
		}
		return nick, nil
	}
	name, inLab := lab.InHost()
	if !inLab {
		name, _ = os.Hostname()
		name, _, _ = strings.Cut(name, ".")
	}
	if long := []rune(name); len(long) > frame.MaxNick {
		name = string(long[:frame.MaxNick])
	}
	if nick, err := frame.Nick(name); err == nil && nick != "" && nick != "localhost" {
		return nick, nil
	}
	return "somebody", nil
}

// badName says what a name cannot have, and the name without it.
func badName(name string, err error) error {
	var bad []string
	good := strings.Map(func(r rune) rune {
		if _, err := frame.Nick("a" + string(r) + "a"); err == nil && r != utf8.RuneError {
			return r
		}
		if u := fmt.Sprintf("%U", r); !slices.Contains(bad, u) {
			bad = append(bad, u)
		}
		return -1
	}, name)
	why := strings.TrimPrefix(err.Error(), frame.ErrRange.Error()+": ")
	if len(bad) > 0 {
		why = "a name cannot have " + chat.ShortList(bad)
	}
	good = strings.TrimSpace(good)
	if long := []rune(good); len(long) > frame.MaxNick {
		good = strings.TrimSpace(string(long[:frame.MaxNick]))
	}
	err = fmt.Errorf("--name %s: %s", chat.CleanRow(strconv.Quote(name)), why)
	if _, no := frame.Nick(good); no != nil {
		return err
	}
	return &mcast.Advised{Err: err, Advice: "--name " + shellWord(good)}
}

func (in *membership) remark(text, hint string) {
	in.remarks = append(in.remarks, identity.Remark{Text: text, Hint: hint})
}

// seal reads the secrets: those of the command line, else the one of the environment.
func (in *membership) seal(cmd *cobra.Command, files []secretFile, environment *environmentSecret) error {
	var secrets []identity.Secret
	for _, f := range files {
		read := identity.KeyFile
		if f.flag == "passphrase-file" {
			read = identity.PassphraseFile
		}
		s, err := read(cmd.Context(), f.name)
		if err != nil {
			return fmt.Errorf("--%s %s: %w", f.flag, chat.CleanRow(f.name), cause(err))
		}
		in.remarks = append(in.remarks, s.Remarks()...)
		secrets = append(secrets, s)
	}
	switch {
	case environment == nil:
	case len(files) > 0:
		in.remark(fmt.Sprintf("%s is not used: --%s says what seals", identity.EnvName, files[0].flag), "")
	case environment.err != nil:
		return &mcast.Advised{Err: fmt.Errorf("%s: %w", identity.EnvName, environment.err), Advice: "for an open room: unset " + identity.EnvName}
	default:
		in.remarks = append(in.remarks, environment.secret.Remarks()...)
		secrets = append(secrets, environment.secret)
	}
	in.config.Keys = identity.Keys(secrets)
	return nil
}

// identify says who the user is, and whom the user knows. An ephemeral identity leaves
// nothing behind. In a lab hosts have new ones each time, so that nobody is known.
func (in *membership) identify(ephemeral, inLab bool) (err error) {
	in.pins = &identity.Pins{}
	defer func() { in.config.Pins = in.pins }()
	in.config.Identity, in.config.Brief = identity.Ephemeral(), true
	dir, noDir := identity.Dir()
	switch {
	case ephemeral && (inLab || noDir != nil):
	case ephemeral:
		in.pins = identity.ReadPins(identity.PinsFile(dir))
	case noDir != nil:
		in.remark(fmt.Sprintf("there is no place to keep an identity: %v; this run has one of its own, which nobody knows", noDir), "set HOME, or ask for that: --ephemeral")
	default:
		id, kept, remarks, err := identity.Load(dir)
		if err != nil {
			return &mcast.Advised{Err: err, Advice: "put back a copy of it, or move it away and be somebody new; for now: --ephemeral"}
		}
		in.config.Identity, in.remarks = id, append(in.remarks, remarks...)
		if !kept {
			in.pins = identity.ReadPins(identity.PinsFile(dir))
			return nil
		}
		in.config.Brief = false
		pins, remarks := identity.OpenPins(identity.PinsFile(dir))
		in.pins, in.remarks = pins, append(in.remarks, remarks...)
	}
	return nil
}

// takeSeat takes the key that the class keeps for a student as long as the student sits
// there, if there is one: to others who starts again is the same. They remember it no
// longer than other keys in a lab.
func (in *membership) takeSeat() {
	dir, err := identity.Dir()
	if err != nil {
		return
	}
	if id, kept, _, err := identity.Load(dir); err == nil && kept {
		in.config.Identity = id
	}
}

// tell says the remarks.
func (in *membership) tell(p *linePrinter) {
	for _, r := range in.remarks {
		p.remark(r.Text)
		if r.Hint != "" && !p.quiet && !p.json {
			fmt.Fprintf(p.errs, "  hint: %s\n", chat.Clean(r.Hint))
		}
	}
}

// end closes what a session used, after it. What could not be kept is said, and is the
// status of a conversation that went well otherwise.
func (in *membership) end(err error, errs io.Writer) error {
	e := in.close()
	if e == nil {
		return err
	}
	complain(errs, e)
	return cmp.Or[error](err, status(exitDoubt))
}

// environmentSecret is what was in GROUPCAST_PASSPHRASE.
type environmentSecret struct {
	secret identity.Secret
	err    error
}

// takePassphrase takes it out of the environment: no program that a command starts is
// to have it.
func takePassphrase() *environmentSecret {
	text, ok := identity.TakeEnvironment()
	if !ok {
		return nil
	}
	s, err := identity.Passphrase(text)
	return &environmentSecret{s, err}
}

// secretValue collects the files of secrets of both flags, in their order.
type secretValue struct {
	flag string
	all  *[]secretFile
}

// Set implements pflag.Value.
func (v *secretValue) Set(name string) error {
	if name == "" {
		return errors.New("want a file")
	}
	*v.all = append(*v.all, secretFile{v.flag, name})
	return nil
}

// String implements pflag.Value.
func (v *secretValue) String() string { return "" }

// Type implements pflag.Value.
func (v *secretValue) Type() string { return "file" }

// portValue is a UDP port on the command line.
type portValue uint16

// Set implements pflag.Value.
func (v *portValue) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return errors.New("want a port from 1 to 65535")
	}
	*v = portValue(n)
	return nil
}

// String implements pflag.Value.
func (v *portValue) String() string {
	if *v == 0 {
		return ""
	}
	return strconv.Itoa(int(*v))
}

// Type implements pflag.Value.
func (v *portValue) Type() string { return "port" }
