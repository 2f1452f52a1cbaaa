package record

import (
	"encoding/binary"
	"strings"
	"time"
)

// mostNotes is how many notes wait for a frame.
const mostNotes = 16

// note is a comment that waits for a frame.
type note struct {
	at   time.Time
	text string
}

// Note writes a comment into the file, at the first frame that the kernel has after
// it: the first 1,024 bytes, and of notes that no frame is between the latest 16.
func (c *Capture) Note(text string) {
	n := note{time.Now(), shortComment(text)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, n)
	c.notes = c.notes[max(0, len(c.notes)-mostNotes):]
	c.noted.Store(true)
}

// shortComment is as much of a comment as a file is given.
func shortComment(text string) string {
	if len(text) <= commentBytes {
		return text
	}
	return strings.ToValidUTF8(text[:commentBytes], "")
}

// notesFor takes the notes that were made before a frame.
func (c *Capture) notesFor(at time.Time) (list []string) {
	if !c.noted.Load() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.notes) > 0 && !c.notes[0].at.After(at) {
		list = append(list, c.notes[0].text)
		c.notes = c.notes[1:]
	}
	c.noted.Store(len(c.notes) > 0)
	return list
}

// commentsSize is how many bytes comments have as options of a packet.
func commentsSize(list []string) (n int) {
	for _, text := range list {
		n += 4 + (len(text)+3)&^3
	}
	return n
}

// appendComments appends comments as options of a packet (draft-ietf-opsawg-pcapng,
// section 3.5).
func appendComments(b []byte, list []string) []byte {
	const optionComment = 1
	for _, text := range list {
		b = binary.LittleEndian.AppendUint16(b, optionComment)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
		b = append(b, text...)
		b = append(b, 0, 0, 0)[:len(b)+(4-len(text)&3)&3]
	}
	return b
}
