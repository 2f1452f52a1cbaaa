package main

import (
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
	"rsc.io/qr"
)

// What is around a QR code, in modules: 4 (ISO/IEC 18004, 6.3.8), or the 2 that cameras
// still take where rows are few.
var quietZones = []int{4, 2}

// rowsBesideQR are the rows of a terminal that are kept for what is printed beside the code.
const rowsBesideQR = 6

// qrRows is a text as a QR code, in rows of half blocks, for a terminal of that size. It
// sets its own colours, dark on light, as many cameras take no other. nil: it has no room.
func qrRows(text string, width, height int) []string {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil
	}
	for _, zone := range quietZones {
		side := code.Size + 2*zone
		if side > width || (side+1)/2+rowsBesideQR > height {
			continue
		}
		rows := make([]string, 0, (side+1)/2)
		for y := -zone; y < code.Size+zone; y += 2 {
			var b strings.Builder
			b.WriteString("\x1b[38;5;16;48;5;231m") // black on white, whatever a theme makes of these names
			for x := -zone; x < code.Size+zone; x++ {
				b.WriteString(halfBlocks[code.Black(x, y)][code.Black(x, y+1)])
			}
			rows = append(rows, b.String()+"\x1b[m")
		}
		return rows
	}
	return nil
}

// halfBlocks are the characters of two modules, one above the other, by whether they are dark.
var halfBlocks = map[bool]map[bool]string{
	true:  {true: "█", false: "▀"},
	false: {true: "▄", false: " "},
}

// printQR shows the first URL that other devices can open, where out is a terminal that has
// room and colours.
func printQR(out io.Writer, urls []string) {
	f, ok := file(out).(*os.File)
	if !ok || !isTerminal(out) || !speaksUTF8() || os.Getenv("TERM") == "dumb" || os.Getenv("NO_COLOR") != "" {
		return
	}
	width, height, err := term.GetSize(f.Fd())
	if err != nil {
		return
	}
	for _, u := range urls {
		if !opensElsewhere(u) {
			continue
		}
		for _, row := range qrRows(u, width, height) {
			fmt.Fprintln(out, row)
		}
		return
	}
}

// opensElsewhere reports whether a URL leads other devices to this computer.
func opensElsewhere(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && !a.IsLoopback()
}
