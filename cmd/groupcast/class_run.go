package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab"
)

// classRun is a class while it runs.
type classRun struct {
	name      string
	arg       string // that names what it is of
	at        netip.AddrPort
	cfg       class.Config
	set       *settings
	tls       bool
	resultsTo string // a file; "": none

	class   *class.Class
	cert    *classCertificate // nil: plain HTTP
	key     string            // of the teacher's page
	urls    []string          // of the students' page
	own     string            // the same by this computer's own address
	results *resultsKeeper    // nil: none
}

// run is the life of a class.
func (r *classRun) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	console, err := lab.Listen(r.name)
	if errors.Is(err, lab.ErrRunning) {
		return runsAlready(r.name, err)
	}
	if err != nil {
		return err
	}
	defer console.Close()
	listener, err := listenAt(ctx, r.at)
	if err != nil {
		return err
	}
	defer listener.Close()
	r.at = netip.AddrPortFrom(r.at.Addr(), portOf(listener))
	if r.cert, err = r.certified(); err != nil {
		return err
	}
	if r.results, err = r.keeps(cmd.ErrOrStderr()); err != nil {
		return err
	}
	begin := time.Now()
	if r.class, err = class.Start(ctx, r.cfg); err != nil {
		r.results.discard()
		return err
	}
	defer r.class.Close()
	took := time.Since(begin)
	r.urls, r.own, r.key = urlsOf(r.scheme(), r.at), ownURL(r.scheme(), r.at), newTeacherKey()

	p := &classPrinter{out: cmd.OutOrStdout(), json: r.set.json, quiet: r.set.quiet, run: r}
	told := make(chan bool, 1)
	p.ready(took)
	go func() { told <- r.tell(p) }()
	server := serveClass(listener, r.class, r.cert, r.key, cmd.ErrOrStderr())
	kept := r.results.follow(r.class)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	served, answered := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(answered)
		served <- lab.Serve(serving, console, r.service())
	}()

	err = r.wait(cmd, served, server.failed)
	p.over(time.Now())
	r.class.Close()
	inFile := kept()
	p.outcome(r.class.Results(), inFile)
	if !inFile && err == nil {
		err = status(exitDoubt)
	}
	if labEnded := <-told; labEnded && err == nil {
		err = errLabEnded
	}
	server.end()
	stop()
	<-answered // who has ordered its end is told that it has ended
	return err
}

// scheme is that of its URLs.
func (r *classRun) scheme() string {
	if r.tls {
		return "https"
	}
	return "http"
}

// certified is the certificate of a class that is to be served by TLS.
func (r *classRun) certified() (*classCertificate, error) {
	if !r.tls {
		return nil, nil
	}
	file, err := certificateFile()
	if err != nil {
		return nil, fmt.Errorf("class: --tls: %w", err)
	}
	c, err := certificate(file, time.Now(), certifiedNames(), certifiedAddrs(r.at.Addr()), certifiedAddrs(netip.IPv6Unspecified()))
	if err != nil {
		return nil, fmt.Errorf("class: --tls: %w", err)
	}
	return c, nil
}

// newTeacherKey has 128 random bits, in base64 (RFC 4648, section 5).
func newTeacherKey() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// board is where everybody can look at the board, and teacher the same with the key.
func (r *classRun) board() string   { return r.urls[0] + "/board" }
func (r *classRun) teacher() string { return r.own + "/board#key=" + r.key }

// runsAlready says how to get rid of what has the name of a class.
func runsAlready(name string, err error) error {
	what := "lab"
	if running, e := lab.Dial(name); e == nil && running.Kind() == classKind {
		what, err = "class", fmt.Errorf("class: a class of the name %s is running", name)
	}
	return &mcast.Advised{Err: err, Advice: fmt.Sprintf("end it: groupcast %s down %s; or give this one another name: --name NAME", what, name)}
}

var errLabEnded = errors.New("class: the process of its LAN was ended by somebody else, and the class with it")

func portOf(l net.Listener) uint16 { return uint16(l.Addr().(*net.TCPAddr).Port) }

// tell prints what happens, until the class is over, and reports whether its LAN ended
// by itself.
func (r *classRun) tell(p *classPrinter) (labEnded bool) {
	for {
		e, err := r.class.Next(context.Background())
		if err != nil {
			return labEnded
		}
		labEnded = labEnded || e.Kind == "lab-ended"
		p.event(e)
	}
}

// askAgain is how long a question whether to end a class stands.
const askAgain = 10 * time.Second

// wait waits for the end of a class, or for what is to end it.
func (r *classRun) wait(cmd *cobra.Command, served, failed <-chan error) error {
	ctx := cmd.Context()
	ended := ctx.Done()
	again := make(chan os.Signal, 1)
	defer time.AfterFunc(blink, func() { signal.Stop(again) }) // from then on a signal ends it at once
	var asked time.Time
	for {
		select {
		case <-r.class.Done():
			return nil
		case err := <-failed:
			return err
		case err := <-served:
			if err != nil {
				return err
			}
			served = nil // it was ended by an order
		case <-ended:
			ended = nil
			cause, _ := errors.AsType[signalled](context.Cause(ctx))
			if r.means(cmd, cause.Signal, asked) == meansEnd {
				return status(exitInterrupted)
			}
			asked = time.Now()
			signal.Notify(again, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
		case s := <-again:
			switch r.means(cmd, s, asked) {
			case meansEnd:
				return status(exitInterrupted)
			case meansAsk:
				asked = time.Now()
			}
		}
	}
}

// meaning is what a signal means to a class.
type meaning int

const (
	meansEnd  meaning = iota
	meansAsk          // whether it was meant, as students would lose their screens
	meansSame         // it is the one before
)

// meaningOf is what a signal means that comes so long after a question. asks says that
// there is somebody to ask, and a reason.
func meaningOf(s os.Signal, asks bool, since time.Duration) meaning {
	switch {
	case s != os.Interrupt:
		return meansEnd
	case since < blink:
		return meansSame
	case !asks || since < askAgain:
		return meansEnd
	}
	return meansAsk
}

// means is what a signal means now. It asks.
func (r *classRun) means(cmd *cobra.Command, s os.Signal, asked time.Time) meaning {
	errs, taken := cmd.ErrOrStderr(), len(r.taken())
	m := meaningOf(s, taken > 0 && isTerminal(cmd.InOrStdin()) && isTerminal(errs), time.Since(asked))
	if !asked.IsZero() && s == os.Interrupt && m != meansSame {
		leaveCtrlC()
	}
	if m == meansAsk {
		fmt.Fprintf(errs, "class: %s taken; ctrl+c again within %d s ends the class\n", isAre(taken), int(askAgain.Seconds()))
	}
	return m
}

func isAre(seats int) string {
	if seats == 1 {
		return "1 seat is"
	}
	return chat.Count(seats, "seat") + " are"
}

// taken are the seats where somebody sits.
func (r *classRun) taken() (list []class.State) {
	for _, s := range r.class.Seats() {
		if s.Name != "" {
			list = append(list, s)
		}
	}
	return list
}
