package tui

// The cells of a row of the hex dump: offset, two groups of bytes, and the
// same bytes as text.
const (
	fullDump = 72 // cells from which there are 16 bytes in a row,
	halfDump = 44 // 8, and below it 4
)

// hexdump writes bytes in rows of at most that many cells: where they are,
// what they are, and as text where that is printable ASCII.
func hexdump(data []byte, width int) []string {
	each := 4
	switch {
	case width >= fullDump:
		each = 16
	case width >= halfDump:
		each = 8
	}
	rows := make([]string, 0, (len(data)+each-1)/each)
	row := make([]byte, 0, fullDump)
	for at := 0; at < len(data); at += each {
		row = appendDump(row[:0], at, data[at:min(at+each, len(data))], each)
		rows = append(rows, string(row[:min(len(row), max(0, width))]))
	}
	return rows
}

func appendDump(row []byte, at int, data []byte, each int) []byte {
	const digits = "0123456789abcdef"
	top := 12
	if at > 0xffff { // of what was too long to be sent
		top = 16
	}
	for shift := top; shift >= 0; shift -= 4 {
		row = append(row, digits[at>>shift&0xf])
	}
	for i := range each {
		row = append(row, ' ')
		if i%8 == 0 {
			row = append(row, ' ')
		}
		if i < len(data) {
			row = append(row, digits[data[i]>>4], digits[data[i]&0xf])
		} else {
			row = append(row, "  "...)
		}
	}
	row = append(row, "  "...)
	for _, b := range data {
		if b < 0x20 || b > 0x7e {
			b = '.'
		}
		row = append(row, b)
	}
	return row
}
