package picture

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Room that a board needs, in cells: rows in the box of a host below its name, for who sits
// there, what is joined and what is wrong; and one row at each wire, for its state.
const (
	boardRows  = 3
	boardWidth = 18
	boardState = 14
)

// makeRoom makes it.
func (l *layout) makeRoom() {
	l.board = true
	for _, h := range l.hosts {
		h.room = boardRows
		for _, e := range h.ends {
			e.add(strings.Repeat(" ", boardState), roomLabel)
		}
	}
}

// height is that of the box, in rows.
func (h *drawnHost) height() int { return 3 + h.room }

// plainWidth is that of the box with what is in it, and no wires.
func (h *drawnHost) plainWidth() int {
	width := ansi.StringWidth(h.text())
	if h.room > 0 {
		width = max(width, boardWidth)
	}
	return width + 4
}

// inEachRow is how many hosts of a comb there may be in a row, so that the rows of a board
// have equally many.
func (l *layout) inEachRow(hosts []*drawnHost, x0 int) int {
	if !l.board {
		return len(hosts)
	}
	rows, x := 1, x0
	for _, h := range hosts {
		if x > x0 && x+h.width > l.columns {
			rows, x = rows+1, x0
		}
		x += h.width + 1
	}
	return (len(hosts) + rows - 1) / rows
}

// Geometry is where the parts of a drawing are, in pixels from its upper left corner, for a
// page that draws them and changes them. Texts are in a monospaced font of 14 pixels, whose
// characters are 8.43 wide; their places are those of the first baseline's left end.
type Geometry struct {
	Width    float64          `json:"width"`
	Height   float64          `json:"height"`
	Switches []GeometrySwitch `json:"switches"`
	Hosts    []GeometryHost   `json:"hosts"`
	Wires    []GeometryWire   `json:"wires"`
}

// GeometrySwitch is a switch: bars, and the cable to another one.
type GeometrySwitch struct {
	Name   string         `json:"name"`
	Bars   []GeometryLine `json:"bars"`
	Cables []GeometryLine `json:"cables"`
	Texts  []GeometryText `json:"texts"`
}

// GeometryHost is the box of a host.
type GeometryHost struct {
	Name    string         `json:"name"`
	Router  bool           `json:"router,omitempty"`
	X       float64        `json:"x"`
	Y       float64        `json:"y"`
	Width   float64        `json:"width"`
	Height  float64        `json:"height"`
	Columns int            `json:"columns"` // characters that there is room for in a row
	Texts   []GeometryText `json:"texts"`   // the name
	Rows    []GeometryText `json:"rows"`    // empty ones, with DiagramOptions.Board
	Stem    []GeometryLine `json:"stem"`    // that its wires begin at, where the network is drawn as a list
}

// GeometryWire is an interface and its wire, from the host on.
type GeometryWire struct {
	Name   string         `json:"name"` // HOST.INTERFACE
	Host   string         `json:"host"`
	Switch string         `json:"switch"` // "": it is on none
	Lines  []GeometryLine `json:"lines"`
	Texts  []GeometryText `json:"texts"` // the interface and its addresses; in a list the switch, too
	Room   *GeometryText  `json:"room"`  // an empty row of 14 characters, with DiagramOptions.Board
}

// GeometryLine is x and y of both its ends.
type GeometryLine [4]float64

// GeometryText is a text and its place.
type GeometryText struct {
	Text string  `json:"text"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// Geometry is that of the drawing, without ways.
func (d Diagram) Geometry() Geometry {
	s := d.scene
	g := Geometry{
		Width: hundredths(float64(s.width)*cellWidth + 2*margin), Height: hundredths(float64(s.height)*cellHeight + 2*margin),
		Switches: []GeometrySwitch{}, Hosts: []GeometryHost{}, Wires: []GeometryWire{},
	}
	for _, sw := range d.network.Switches {
		g.Switches = append(g.Switches, GeometrySwitch{
			Name: sw.Name, Bars: s.linesOf(sw.Name, barLine), Cables: s.linesOf(sw.Name, cableLine), Texts: s.textsOf(sw.Name, switchLabel),
		})
	}
	for _, h := range d.network.Hosts {
		if box, ok := s.boxOf(h.Name); ok {
			g.Hosts = append(g.Hosts, s.host(h, box))
		}
		for _, i := range h.Interfaces {
			name := h.Name + "." + i.Name
			w := GeometryWire{
				Name: name, Host: h.Name, Switch: i.Switch, Lines: s.linesOf(name, wireLine, looseLine),
				Texts: s.textsOf(name, interfaceLabel, addressLabel, switchLabel),
			}
			if room := s.textsOf(name, roomLabel); len(room) > 0 {
				w.Room = &GeometryText{X: room[0].X, Y: room[0].Y}
			}
			if len(w.Lines) > 0 {
				g.Wires = append(g.Wires, w)
			}
		}
	}
	return g
}

// host places the box of a host. Its lines are in the middle of cells.
func (s *scene) host(h NetworkHost, box sceneBox) GeometryHost {
	x1, y1 := center(box.x, box.y)
	x2, y2 := center(box.x+box.width-1, box.y+box.height-1)
	g := GeometryHost{
		Name: h.Name, Router: h.Router, X: hundredths(x1), Y: hundredths(y1), Width: hundredths(x2 - x1), Height: hundredths(y2 - y1),
		Columns: box.width - 4, Texts: s.textsOf(h.Name, hostLabel), Rows: []GeometryText{}, Stem: s.linesOf(h.Name, wireLine),
	}
	for row := 2; row < box.height-1; row++ {
		x, y := place(box.x+2, box.y+row)
		g.Rows = append(g.Rows, GeometryText{X: hundredths(x), Y: hundredths(y + baseline)})
	}
	return g
}

func (s *scene) boxOf(name string) (sceneBox, bool) {
	for _, b := range s.boxes {
		if b.of == name {
			return b, true
		}
	}
	return sceneBox{}, false
}

func (s *scene) linesOf(name string, kinds ...lineKind) []GeometryLine {
	list := []GeometryLine{}
	for _, l := range s.lines {
		for _, k := range kinds {
			if l.of == name && l.kind == k {
				x1, y1 := center(l.x1, l.y1)
				x2, y2 := center(l.x2, l.y2)
				list = append(list, GeometryLine{hundredths(x1), hundredths(y1), hundredths(x2), hundredths(y2)})
			}
		}
	}
	return list
}

func (s *scene) textsOf(name string, kinds ...labelKind) []GeometryText {
	list := []GeometryText{}
	for _, l := range s.labels {
		for _, k := range kinds {
			if l.of == name && l.kind == k {
				x, y := place(l.X, l.Y)
				list = append(list, GeometryText{l.Text, hundredths(x), hundredths(y + baseline)})
			}
		}
	}
	return list
}

// hundredths rounds as the numbers in an SVG are.
func hundredths(n float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'f', 2, 64), 64)
	return rounded
}
