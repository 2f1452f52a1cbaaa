// Package browse reads a recording for a screen: who was heard in it, and the
// datagrams around any place of it.
//
// [New] makes a [Book] of a capture. [Book.Survey] reads the capture once, to its
// end, and counts. [Book.Serve] carries out what [Book.Turn] asks for: a [Page] of
// datagrams around a number, a time, or a text. [Book.Snapshot] is what is known now.
//
// A capture of any size takes a bounded memory: a page is a few thousand datagrams,
// and for each page the file is read anew from its first byte. A million datagrams
// are read in less than a second, and nothing has to be kept of where they stand:
// an index of offsets could not lead into a compressed file, nor into a pcapng,
// whose blocks need those before them.
//
// The package has no socket and no screen. Text in a page is what a stranger wrote:
// to a terminal it goes through chat.Sanitize.
package browse
