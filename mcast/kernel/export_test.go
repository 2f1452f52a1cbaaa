package kernel

// Recording and ParseRecording are what the tests keep traces by.
var (
	Recording      = recording
	ParseRecording = parseRecording
)

// DropsOf are the drops of datagrams of a length in a trace, which comes in two
// pieces.
func DropsOf(ipLen int, text string) Watched {
	f := newDropFollower(ipLen)
	rest := f.text([]byte(text[:len(text)/2]))
	if rest = f.text(append(rest, text[len(text)/2:]...)); len(rest) > 0 {
		f.seen.Skipped++
	}
	return f.seen
}
