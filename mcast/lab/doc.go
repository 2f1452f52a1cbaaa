// Package lab builds a LAN inside one computer, without root: hosts with
// interfaces, addresses and routes, joined by switches. It needs Linux with
// user namespaces; elsewhere every function returns [errors.ErrUnsupported].
//
// A program calls [Enter] first, which runs it again in a user and a network
// namespace of its own, then [Up] with a [Topology]:
//
//	func main() {
//		if err := lab.Enter(); err != nil {
//			log.Fatal(err)
//		}
//		l, err := lab.Up(ctx, lab.Article)
//		...
//		defer l.Close()
//		out, err := l.Host("A").Command(ctx, "python3", "talk.py").Output()
//	}
//
// A test calls labtest.RunTests instead. It may then send anything: no datagram
// leaves the namespace that it runs in.
//
//	func TestMain(m *testing.M) { os.Exit(labtest.RunTests(m)) }
//
//	func TestBHearsA(t *testing.T) {
//		l, err := lab.Up(t.Context(), lab.Article)
//		if err != nil {
//			t.Fatal(err)
//		}
//		defer l.Close()
//		var conn *net.UDPConn
//		err = l.Host("B").Do(func() (err error) { // a socket of B
//			conn, err = net.ListenUDP("udp4", &net.UDPAddr{Port: 1234})
//			return err
//		})
//		...
//		l.Host("B").Link("eth0").Drop(30) // and 30 % of what reaches it is lost
//	}
//
// [Topologies] lists topologies that are ready to be built, [ParseTopology] reads
// others from text, and [Lab.Apply] makes things go wrong in a lab that runs:
//
//	f, err := lab.ParseFault([]string{"delay", "B.eth0", "200ms"})
//	...
//	err = l.Apply(f)
//
// [Lab.Now] tells what has gone wrong and still does, what each interface has counted, and
// which groups are joined.
//
// [UpWatched] lets a program see everything from the first frame on; package wires
// records a lab by it.
//
// Another process of the same user finds a lab by its name: [Listen] takes a
// name, [Lab.Serve] answers, and [Dial] returns a [Remote].
//
// Each host is a process, and the commands that run in a host ([Node.Command])
// are children of that process, in its network namespace: /proc/net and
// [net.Interfaces] show the host, and the program runs unchanged. Its hostname is
// the host's, and so is /sys/class/net, where the system allows that to be
// mounted ([Cmd.Lacks]). Each [Lab] has a namespace for its switches, so several
// can exist at once.
//
// [UpApart] builds a lab in a process of its own, so that a program which is not to be in a
// namespace can have one: a server, whose clients are in the computer's network. The lab
// has no name, and nobody but its program reaches it. [StartApart] is for processes that
// hold more than a lab, as those of package apart do, which hold exercises.
//
// People who are not trusted with the computer get a command that is confined, in a host
// of any lab: [Node.ConfinedCommand], [Remote.ConfinedCommand], and [Confinement] for what
// it cannot do. [Confines] says beforehand whether the system can confine one.
//
// In its user namespace the program has every capability, and is the user that
// it is outside: with it go the commands in the hosts, which may then do
// anything to their host and no more to files than before. When the first
// process ends, even by SIGKILL, everything in the lab ends with it.
//
// A host's process is the program itself, started again: the init function of
// this package sees by os.Args[0] that it is a host and never returns, so
// nothing of the program runs in it but what was initialised before.
package lab
