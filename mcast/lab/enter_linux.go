package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/kernel"
)

// enteredEnv tells the program that it runs for the second time. Its value is
// the network namespace of the first, so that one left over or set by hand is
// not believed where it would matter.
const enteredEnv = "GROUPCAST_LAB_ENTERED"

var entered bool

func init() {
	if os.Args[0] == hostProcess {
		runHost() // does not return
	}
	if os.Args[0] == seatProcess {
		runSeat()
	}
	if outside, ok := os.LookupEnv(enteredEnv); ok {
		// Commands that run in a host are not to take the host for the lab.
		os.Unsetenv(enteredEnv)
		takeTracefs()
		here, err := os.Readlink("/proc/self/ns/net")
		entered = err == nil && here != outside
		// A goroutine of Node.Do takes its thread along into a host. It must
		// never be the first thread, the one that /proc/self shows: main has it.
		runtime.LockOSThread()
	}
	if os.Args[0] == labProcess {
		ServeApart(buildApart)
	}
}

// Enter runs the program again, with the same arguments, environment and
// standard files, in a user and a network namespace of its own, and exits
// with its status (128 and the signal's number if a signal ended it). In that
// second run it returns nil. The first process passes signals on to the
// second, which cannot outlive it.
//
// Run by root, the programs of the lab may trace this machine's kernel: Enter opens
// tracefs first, and names it in [kernel.TracefsEnv]. Whatever root runs in the lab
// can reach it there, as root can outside.
//
// The error is a *ForbiddenError where the system does not allow it.
func Enter() error {
	if entered {
		return loopbackUp()
	}
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	// Pdeathsig means the death of the thread that forked (prctl(2)).
	runtime.LockOSThread()
	signals := make(chan os.Signal, 8)
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2} {
		if !signal.Ignored(s) { // nohup(1) stays in force
			signal.Notify(signals, s)
		}
	}
	cmd, err := startAgain(here)
	if err != nil {
		signal.Stop(signals)
		runtime.UnlockOSThread()
		return forbidden(err, readSetting)
	}
	go func() {
		for s := range signals {
			if !fromKeyboard(s) {
				_ = cmd.Process.Signal(s)
			}
		}
	}()
	_ = cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		os.Exit(128 + int(status.Signal()))
	}
	os.Exit(status.ExitStatus())
	return nil
}

// startAgain starts the second run in its namespaces.
func startAgain(here string) (cmd *exec.Cmd, err error) {
	tracefs := openTracefs()
	defer closeAll(tracefs)
	for _, who := range identities() {
		cmd = exec.Command("/proc/self/exe", os.Args[1:]...)
		cmd.Args[0] = os.Args[0]
		cmd.Env = append(os.Environ(), enteredEnv+"="+here)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		if cmd.ExtraFiles = tracefs; len(tracefs) > 0 {
			cmd.Env = append(cmd.Env, kernel.TracefsEnv+"="+handedTracefs)
		}
		cmd.SysProcAttr = who.namespaces()
		if err = cmd.Start(); err == nil {
			break
		}
	}
	return cmd, err
}

// fromKeyboard reports whether the terminal has sent the signal to the second
// process already, because both are in its foreground. Once more would end a
// program that takes the first as a request and the second as an order.
func fromKeyboard(s os.Signal) bool {
	if s != syscall.SIGINT && s != syscall.SIGQUIT {
		return false
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}

// loopbackUp switches lo on in the namespace that was entered. It is also the
// first thing there that asks for privileges: AppArmor lets a namespace be
// made and then refuses to let it be used.
func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return forbidden(err, readSetting)
	}
	if err != nil {
		return fmt.Errorf("lab: switch lo on: %w", err)
	}
	return nil
}
