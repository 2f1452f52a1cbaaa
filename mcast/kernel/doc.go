// Package kernel shows the way that a datagram takes through the kernel: which
// functions handle it, in which order, what is decided in each, and where and
// why it is dropped.
//
// [Run] makes one send or connect on Linux with tracefs switched on for the
// calling thread alone, and returns its [Path]. It needs root. [Recorded] is a
// path that was traced once, on another kernel, for those who may not trace.
// [Watch] reports the drops of datagrams of a marked length, whichever thread
// handles them.
//
// [Parse] and [Follow] are pure: text of ftrace in, a path out.
//
// Only static trace events are used, no kprobes and no function tracer: many
// kernels have neither. So a function is seen where an event lies in it, or as
// a frame of the stack of one. A function that the compiler has merged into its
// caller is not seen. Receives are seen where they run on the sending thread: the
// loopback copy does, and a datagram over a veth. The receive of a network card,
// on another CPU or another host, does not.
//
// Times include the tracing, several microseconds for an event: they give an
// order, never a speed.
package kernel
