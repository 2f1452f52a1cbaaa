package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/session"
)

// recording is the file that --record names, if it does. What passes the sockets of
// a command comes to it by their Trace: see trace. Its methods may be called by
// several goroutines once it has begun.
type recording struct {
	file   string
	rotate int64
	keep   int

	goesOn  string                                            // what goes on if it stops: "listening"
	stopped func(error)                                       // is told that it did; nil: complain
	strays  bool                                              // datagrams of groups that only others have joined are heard, too
	way     func(*mcast.Conn, mcast.Departure) session.Egress // by which way a datagram left; nil: routed

	wished uint64                          // datagrams that the kernel dropped as it was asked to
	talk   atomic.Pointer[session.Session] // that is recorded, once it has started
	output io.Writer                       // for the file "-"
	to     *record.Recorder
	ended  bool
	sum    record.Summary // when it has ended
	drops  *record.Drops
	ways   session.Ways
}

// takeOutput takes standard output for the recording where that is "-", and gives
// what the command prints to instead.
func (r *recording) takeOutput(out io.Writer) io.Writer {
	if r.file != "-" {
		return out
	}
	r.output = out
	return io.Discard
}

// begin makes the file, if one is named. It describes interfaces in it, and others
// when they are first seen. errs is where it complains.
func (r *recording) begin(on []host.Interface, errs io.Writer) error {
	if r.file == "" {
		return nil
	}
	if r.stopped == nil {
		r.stopped = func(err error) { complain(errs, err) }
	}
	o := record.Options{
		File: r.file, Output: r.output, Rotate: r.rotate, Keep: r.keep, Interfaces: each(on),
		Stopped: func(err error) { r.tellStopped(err) },
	}
	if r.keep > 0 {
		o.Max = -1 // it is bounded by that
	}
	to, err := record.Create(o)
	if err != nil {
		return r.refused(err)
	}
	r.to, r.drops = to, record.NewDrops(to)
	return nil
}

// tellStopped says that nothing more is recorded. A standard output that takes no more
// ends the command, which says so.
func (r *recording) tellStopped(err error) {
	limited := errors.Is(err, record.ErrLimit)
	if r.file == "-" && !limited {
		return
	}
	err = fmt.Errorf("recording stopped: %w; %s goes on", plainCause(err), r.goesOn)
	if r.file == "-" {
		err = &mcast.Advised{Err: err, Advice: "a recording of several files may be larger: --record talk.pcapng --rotate 256MiB --keep 16 keeps the last 4 GiB"}
	}
	r.stopped(err)
}

// each leaves out interfaces that are there already, or are none.
func each(list []host.Interface) (out []host.Interface) {
	for _, i := range list {
		if _, known := host.ByIndex(out, i.Index); !known && i.Index != 0 {
			out = append(out, i)
		}
	}
	return out
}

// chosen are the interfaces that a command may use: those of a choice, or, where the
// kernel decides, those that are up.
func chosen(list []host.Interface, c host.Choice) []host.Interface {
	on := each(append(slices.Clone(c.Joins), c.Send))
	for _, i := range list {
		if len(c.Joins) == 0 && c.Send.Index == 0 && i.Up() {
			on = append(on, i)
		}
	}
	return on
}

// refused is the error of a file that cannot be made, with what to do.
func (r *recording) refused(err error) error {
	return unmade(r.file, "--record ", "", err)
}

// unmade is the error of a recording's file that cannot be made, with what to do. command is
// what stands before the name of a file where the advice is typed, and after what stands
// behind it.
func unmade(file, command, after string, err error) error {
	name, why, advice := file, err, "name a file that can be made, such as "+command+"/tmp/talk.pcapng"+after
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		name, why = path.Path, path.Err
	}
	info, statErr := os.Lstat(name)
	switch {
	case !errors.Is(err, fs.ErrExist):
	case statErr == nil && info.IsDir():
		why, advice = errors.New("a directory"), "name a file in it: "+command+shellWord(strings.TrimSuffix(name, "/")+"/talk.pcapng")+after
	case statErr == nil && !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0:
		why, advice = errNoFile, "to write to a pipe or a device, use standard output: "+command+"-"+after+" >"+shellWord(name)
	default:
		advice = "name another file: a recording overwrites none"
	}
	if !strings.HasPrefix(command, "--") { // FILE is an argument, which has no name
		command = ""
	}
	return &mcast.Advised{Err: fmt.Errorf("%s%s: %w", command, chat.CleanRow(name), why), Advice: advice}
}

// plainCause is why a file could not be written, without its name, unless that is
// another one than the user named.
func plainCause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok && path.Op != "open" {
		return path.Err
	}
	return err
}

// trace adds a recording to the Trace of sockets; nil is none.
func (r *recording) trace(other *mcast.Trace) *mcast.Trace {
	if r.file == "" {
		return other
	}
	all := mcast.Trace{Received: r.batch, Sent: r.sent}
	if other != nil {
		all.Call = other.Call
	}
	return &all
}

// batch records what was read from a socket.
func (r *recording) batch(conn *mcast.Conn, batch []mcast.Datagram) {
	if r.to == nil {
		return
	}
	r.drops.Read(conn, len(batch))
	port := conn.LocalAddr().Port()
	for _, d := range batch {
		if !d.Stray || r.strays {
			r.received(d, port)
		}
	}
}

func (r *recording) received(d mcast.Datagram, port uint16) {
	if r.to != nil {
		r.to.Received(record.Of(d, port))
	}
}

// close ends the recording, if there is one that has not ended.
func (r *recording) close() {
	if r.to != nil && !r.ended {
		r.drops.End()
		r.sum, _ = r.to.Close() // the Summary has the error
		r.ended = true
	}
}

// discard leaves nothing of a recording whose run did not begin.
func (r *recording) discard() {
	if r.to != nil && !r.ended {
		r.to.Discard() // what cannot be deleted is an empty recording
		r.to = nil
	}
}

// end ends the recording, if there is one, has its text told or its object printed,
// and gives the exit status of a command that ended with err: where something is not
// recorded a run that went well did not. Nothing is left of one that never began.
func (r *recording) end(err error, json io.Writer, tell func(text string)) error {
	if r.to == nil {
		return err
	}
	if r.sparing(err); r.to == nil {
		return err
	}
	r.close()
	if json != nil {
		writeJSON(json, jsonRecordingEnd{headOf("recording"), r.object()})
	} else {
		tell(r.text())
	}
	return r.verdict(err)
}

// sparing is the error of a command whose run may never have begun, of which nothing
// is left then.
func (r *recording) sparing(err error) error {
	if r.to != nil && !r.ended && err != nil && r.neverBegan(err) {
		r.discard()
	}
	return err
}

// neverBegan reports whether a command failed before a datagram passed.
func (r *recording) neverBegan(err error) bool {
	s := r.to.Summary()
	_, told := errors.AsType[status](err)
	return !told && !isAny(err, context.Canceled, context.DeadlineExceeded) && s.Recorded+s.Lost+s.After+s.Unfit == 0
}

// verdict is the exit status of a command that ended with err.
func (r *recording) verdict(err error) error {
	if err == nil && r.doubtful() {
		return status(exitDoubt)
	}
	return err
}

// lost is how many datagrams passed and are not in the file.
func (r *recording) lost() int64 { return r.sum.Lost + r.sum.Unfit + r.sum.After }

// kernelLost is how many datagrams the kernel dropped and should not have.
func (r *recording) kernelLost() int64 { return max(0, r.sum.KernelLost-int64(r.wished)) }

// doubtful reports whether something that passed is not recorded.
func (r *recording) doubtful() bool {
	return r.ended && (r.lost() > 0 || r.kernelLost() > 0 || r.sum.Stopped != nil)
}

// state is what a screen says of it: "" where there is none.
func (r *recording) state() string {
	if r.to == nil {
		return ""
	}
	if why := r.to.Summary().Stopped; why != nil {
		return "recording stopped: " + chat.CleanRow(plainCause(why).Error())
	}
	return "recording"
}
