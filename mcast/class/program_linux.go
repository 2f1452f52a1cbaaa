package class

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
)

// program is a command that runs in a pseudo terminal.
type program struct {
	out    io.Writer // where what it writes goes
	master *os.File
	stderr *os.File // its standard error; nil: that goes to out
	queue  *queue
	cancel context.CancelFunc
	ended  chan struct{} // closed when it has ended, and all that it wrote is drawn
	how    string        // it ended, in words; after ended
	size   sizing
}

// startProgram starts a command in a terminal of a size: a program that is told its size
// only later may miss the signal, and draw for another. A plain terminal takes lines and
// echoes none. tells takes the reports that the command writes to its standard error, which
// is then no terminal; nil: it is.
func startProgram(out io.Writer, size Size, plain bool, tells func(report), prepare func(context.Context) *lab.Cmd) (*program, error) {
	master, slave, err := openPty(size.within(), plain)
	if err != nil {
		return nil, fmt.Errorf("class: make a pseudo terminal: %w", err)
	}
	defer slave.Close()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{out: out, master: master, queue: newQueue(), cancel: cancel, ended: make(chan struct{})}
	cmd := prepare(ctx)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.TTY = slave, slave, slave, true
	if tells != nil {
		from, to, err := os.Pipe()
		if err != nil {
			cancel()
			master.Close()
			return nil, fmt.Errorf("class: make a pipe: %w", err)
		}
		defer to.Close()
		cmd.Stderr, p.stderr = to, from
	}
	if err := cmd.Start(); err != nil {
		cancel()
		p.closeFiles()
		return nil, err
	}
	p.size.begin(master)
	var working sync.WaitGroup
	working.Go(p.read)
	working.Go(p.write)
	told := errorOutput{tells: tells}
	if p.stderr != nil {
		working.Go(func() { told.read(p.stderr, p.rest) })
	}
	go func() {
		err := cmd.Wait()
		p.how = howEnded(err)
		p.queue.close()
		_ = master.SetWriteDeadline(time.Unix(1, 0)) // nobody reads
		_ = master.SetReadDeadline(time.Now().Add(lastWords))
		if p.stderr != nil {
			_ = p.stderr.SetReadDeadline(time.Now().Add(lastWords))
		}
		working.Wait()
		if exit, ok := errors.AsType[*lab.ExitError](err); ok && exit.Code > 0 {
			p.say(told.last())
		}
		if screen, ok := p.out.(interface{ unhold() }); ok {
			screen.unhold() // nothing follows
		}
		p.size.end()
		p.closeFiles()
		cancel()
		close(p.ended)
	}()
	return p, nil
}

func (p *program) closeFiles() {
	p.master.Close()
	if p.stderr != nil {
		p.stderr.Close()
	}
}

// say shows lines behind all that the program has drawn.
func (p *program) say(list []string) {
	for n, line := range list {
		if n == 0 {
			line = "\r\n" + line
		}
		_, _ = p.out.Write([]byte(line + "\r\n"))
	}
}

// The end of what a program wrote is drawn when it has ended. A terminal holds some 64 kB
// of it, and nothing writes more: with the program, which leads a session, the session
// loses the terminal.
const (
	lastWords   = 20 * time.Second // to wait for it
	lastDrawing = time.Second      // of a processor
)

// openPty makes a pseudo terminal whose master waits in the poller: with a blocking one
// each seat would have a thread that waits in read(2).
func openPty(size Size, plain bool) (master, slave *os.File, err error) {
	blocking, slave, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer blocking.Close()
	if err := pty.Setsize(blocking, &pty.Winsize{Cols: uint16(size.Width), Rows: uint16(size.Height)}); err != nil {
		slave.Close()
		return nil, nil, err
	}
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil && plain {
		err = noEcho(int(slave.Fd()))
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		slave.Close()
		return nil, nil, err
	}
	return os.NewFile(uintptr(fd), "pty"), slave, nil
}

// noEcho lets a terminal take lines without echoing them, and leave output as it is.
func noEcho(fd int) error {
	state, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	state.Lflag &^= unix.ECHO
	state.Oflag &^= unix.OPOST
	return unix.IoctlSetTermios(fd, unix.TCSETS, state)
}

// read draws what the program writes.
func (p *program) read() {
	b := make([]byte, 16<<10)
	budget := newBudget(time.Now())
	last := time.Duration(0)
	for {
		n, err := p.master.Read(b)
		for part, more := atOnce(b[:n]); len(part) > 0; part, more = atOnce(more) {
			drawn := p.draw(part)
			p.rest(budget.spend(time.Now(), drawn))
			select {
			case <-p.queue.over:
				if last += drawn; last > lastDrawing {
					return
				}
			default:
			}
		}
		if err != nil {
			return
		}
	}
}

// draw returns the time of a processor that drawing took: on a busy computer it takes
// longer than that.
func (p *program) draw(b []byte) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := threadTime()
	_, _ = p.out.Write(b)
	return threadTime() - begin
}

// threadTime is the time of a processor that this thread has had (clock_gettime(2)).
func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // which Linux has
	return time.Duration(t.Nano())
}

// rest waits, or until the program has ended.
func (p *program) rest(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.queue.over:
	}
}

// write hands the program what was typed.
func (p *program) write() {
	for {
		b := p.queue.take()
		if b == nil {
			return
		}
		if _, err := p.master.Write(b); err != nil {
			return
		}
	}
}

// input never blocks.
func (p *program) input(b []byte) {
	dropped := p.queue.put(b)
	if screen, ok := p.out.(interface{ tellLost(int) }); ok && dropped > 0 {
		screen.tellLost(dropped)
	}
}

func (p *program) lost() int             { return p.queue.lost() }
func (p *program) over() <-chan struct{} { return p.ended }
func (p *program) reason() string        { return p.how }

// resize tells the program another size.
func (p *program) resize(s Size) { p.size.tell(s.within()) }

// kill ends the program, and returns when it has ended.
func (p *program) kill() {
	p.cancel()
	<-p.ended
}

// howEnded is the end of a program in words.
func howEnded(err error) string {
	exit, ok := errors.AsType[*lab.ExitError](err)
	switch {
	case err == nil:
		return "it has ended"
	case ok && exit.Exceeded != "":
		return "it was ended: it used more " + exit.Exceeded + " than a seat may"
	case ok && exit.Signal != 0:
		return "it was ended by a signal: " + exit.Signal.String()
	case ok:
		return fmt.Sprintf("it has ended, with exit status %d", exit.Code)
	case errors.Is(err, context.Canceled):
		return "it was ended"
	}
	return hostEnded
}
