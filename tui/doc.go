// Package tui is the terminal UI: the screen of a conversation, and those of a
// ping, of IGMP, of a watch of streams and of a recording.
//
// [Run] shows a [Session] until the user quits, [RunPing] shows a [Pinging],
// [RunIGMP] an [IGMPView], [RunWatch] a [Watching], and [RunRecording] a [Recording].
// [Command] reads the screen's commands for a program that has no screen.
// [Options] say how to draw; their zero value is the terminal of the process.
//
// The screen of a conversation is one Bubble Tea model. Each region of it is a
// plain struct that draws rows from values: the title, the panes of
// memberships, senders and pitfalls, the talk, the lists of datagrams and
// calls, the map of the host, the hearing matrix, the pickers, the lesson, the input. The table of
// bindings says what every key does; the help and docs/keys.md are made of it.
//
// The package opens no socket and decides nothing about groups: it shows what a
// [session.Snapshot] and a [session.Batch] say, and asks for a [session.Action].
// Calls that may block run in commands outside of the model's Update. Text from
// the network reaches it as [chat.Text]; other text is made safe before it is
// drawn. The package catches no signals, and writes no files.
package tui
