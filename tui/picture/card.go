package picture

import (
	"errors"
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Card is a page about one surprise of a network: what happens, where the datagram goes
// and where its way ends, what is seen, why, and what helps. It fits on a sheet of A4 or
// Letter.
type Card struct {
	Name     string
	Surprise string // a sentence
	Network  Network
	Way      *Way
	Unsent   bool     // nothing goes the way: it is the one that was wanted
	Place    string   // a host or a switch where the way ends; "": none, or a wire, as the way says
	Ends     string   // what happens there, a sentence
	Lost     bool     // it is lost there
	Seen     []string // lines of a terminal; one that begins with # is a remark
	Why      string
	Helps    []string // commands, and remarks that begin with #
	Proved   string   // how that is known, in a line
}

// The size of a card, in units of 1/96 inch, and what it is made of.
const (
	cardWidth, cardHeight = 720.0, 960.0
	cardPad               = 24.0
	cardInside            = cardWidth - 2*cardPad
	boxPad                = 16.0
	leastDrawing          = 190.0 // the height of the panel with the drawing
	mostScale             = 1.45
	leastScale            = 0.8
	mostMono, leastMono   = 15.0, 12.5 // the sizes of a terminal's text
	monoAdvance           = 0.6021     // of a character, of its size
)

// The colours of a card, which is for paper.
const (
	cardPaper, cardInk   = "#fffdf6", "#1f2630"
	cardHead             = "#22314f"
	cardBubble           = "#ffe28a"
	cardScreen, cardText = "#161b24", "#e6edf3"
	cardHelp             = "#e3f4e3"
	cardQuiet            = "#5b6472"
	cardRemark           = "#9fb0c3"
	cardPrompt           = "#8fd18f"
)

// cardLine is a line of text on a card, with the room that it has.
type cardLine struct {
	x, y, size float64
	room       float64
	text       string
	colour     string
	bold, mono bool
	right      bool // it ends at x
}

func (l cardLine) width() float64 {
	if l.mono {
		return float64(ansi.StringWidth(l.text)) * l.size * monoAdvance
	}
	return textWidth(l.text, l.size, l.bold)
}

// cardLayout is a card with everything in its place.
type cardLayout struct {
	card    Card
	diagram Diagram
	lines   []cardLine
	bubble  float64 // the height of the surprise
	panel   float64 // where the drawing begins
	drawing float64 // its height
	legend  float64 // of what happens where the way ends, in it
	seen    float64 // where what is seen begins
	screen  float64 // the height of its box
	helps   float64
	help    float64
	scale   float64
	cross   float64 // where the cross of the legend is
}

// wrapText breaks a text into lines of that width.
func wrapText(text string, width, size float64, bold bool) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && textWidth(longer, size, bold) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	return append(lines, line)
}

const (
	surpriseSize, surpriseStep = 24.0, 31.0
	whySize, whyStep           = 17.0, 24.0
	endsSize, endsStep         = 16.0, 21.0
	monoStep                   = 21.0
	titleStep                  = 26.0 // of a title above a box
	headHeight                 = 72.0
	footHeight                 = 34.0
	cardGap                    = 14.0
)

func (c Card) layout() *cardLayout {
	l := &cardLayout{card: c}
	c.Network.Notes = nil
	l.diagram = NewDiagram(c.Network, c.Way, DiagramOptions{})
	add := func(line cardLine) { l.lines = append(l.lines, line) }
	title := func(y float64, text, colour string) {
		add(cardLine{x: cardPad, y: y + 17, size: 15, room: cardInside, text: text, colour: colour, bold: true})
	}

	name := 30.0
	for name > 18 && textWidth(c.Name, name, true) > cardInside-190 {
		name--
	}
	add(cardLine{x: cardPad, y: 46, size: name, room: cardInside - 190, text: c.Name, colour: "#ffffff", bold: true})
	add(cardLine{x: cardWidth - cardPad, y: 44, size: 13, room: 180, text: "one page, one surprise", colour: "#cfd8ea", right: true})

	surprise := wrapText(c.Surprise, cardInside-2*boxPad, surpriseSize, true)
	y := headHeight + cardGap
	for i, text := range surprise {
		add(cardLine{x: cardPad + boxPad, y: y + 33 + float64(i)*surpriseStep, size: surpriseSize, room: cardInside - 2*boxPad, text: text, colour: cardInk, bold: true})
	}
	l.bubble = float64(len(surprise))*surpriseStep + 22
	l.panel = y + l.bubble + cardGap + 8

	// What stands below the drawing is placed from the bottom up.
	y = cardHeight - footHeight
	add(cardLine{x: cardPad, y: cardHeight - 14, size: 12.5, room: cardInside, text: c.Proved, colour: cardQuiet})

	l.help = float64(len(c.Helps))*monoStep + 20
	l.helps = y - l.help
	l.box(c.Helps, l.helps, cardInk, cardQuiet, cardInk)
	y = l.helps - titleStep
	title(y, "What helps", "#1d6b2f")

	why := wrapText(c.Why, cardInside, whySize, false)
	y -= float64(len(why))*whyStep + cardGap
	for i, text := range why {
		add(cardLine{x: cardPad, y: y + 17 + float64(i)*whyStep, size: whySize, room: cardInside, text: text, colour: cardInk})
	}
	y -= titleStep
	title(y, "Why", cardHead)

	l.screen = float64(len(c.Seen))*monoStep + 22
	y -= l.screen + cardGap
	l.seen = y
	l.box(c.Seen, l.seen+1, cardText, cardRemark, cardPrompt)
	y -= titleStep
	title(y, "What you see", cardHead)

	l.drawing = y - cardGap + 4 - l.panel
	ends := wrapText(c.Ends, cardInside-2*boxPad-26, endsSize, true)
	l.legend = float64(len(ends))*endsStep + 16
	colour := Light.paints().way
	if c.Lost {
		colour = Light.paints().lost
	}
	top := l.panel + l.drawing - l.legend
	l.cross = top + 10
	for i, text := range ends {
		add(cardLine{x: cardPad + boxPad + 26, y: top + 15 + float64(i)*endsStep, size: endsSize, room: cardInside - 2*boxPad - 26, text: text, colour: colour, bold: true})
	}
	columns, rows := l.diagram.Size()
	l.scale = min(mostScale, (cardInside-24)/(float64(columns)*cellWidth+2*margin), (l.drawing-l.legend-8)/(float64(rows)*cellHeight+2*margin))
	return l
}

// box places the lines of a box that begins at y, as large as they fit.
func (l *cardLayout) box(lines []string, y float64, plain, remark, command string) {
	size := mostMono
	for _, text := range lines {
		if !strings.HasPrefix(text, "# ") {
			size = min(size, (cardInside-2*boxPad)/(float64(ansi.StringWidth(text))*monoAdvance))
		}
	}
	size = math.Floor(2*max(size, leastMono)) / 2
	for i, text := range lines {
		line := cardLine{x: cardPad + boxPad, y: y + 24 + float64(i)*monoStep, size: size, room: cardInside - 2*boxPad, text: text, colour: plain, mono: true}
		if rest, ok := strings.CutPrefix(text, "# "); ok {
			line.text, line.colour, line.mono, line.size = rest, remark, false, 15
		} else if strings.Contains(text, "$ ") {
			line.colour = command
		}
		l.lines = append(l.lines, line)
	}
}

// Fits reports what has too little room: a text that is too wide, or the drawing.
func (c Card) Fits() error {
	l := c.layout()
	var errs []error
	for _, line := range l.lines {
		if w := line.width(); w > line.room {
			errs = append(errs, fmt.Errorf("%q is %.0f wide, and has room for %.0f", line.text, w, line.room))
		}
		if line.y > cardHeight {
			errs = append(errs, fmt.Errorf("%q is below the card", line.text))
		}
	}
	if l.drawing < leastDrawing || l.scale < leastScale {
		errs = append(errs, fmt.Errorf("the drawing has a height of %.0f and is scaled by %.2f: the texts are too long", l.drawing, l.scale))
	}
	if _, _, ok := l.end(); c.Place != "" && !ok {
		errs = append(errs, fmt.Errorf("%q is no host and no switch of the drawing", c.Place))
	}
	return errors.Join(errs...)
}

// end is where the cross is, in the drawing: at the right border of a host, or at the
// right end of a switch.
func (l *cardLayout) end() (x, y float64, ok bool) {
	s := l.diagram.scene
	for _, label := range s.labels {
		switch {
		case label.kind == hostLabel && (label.Text == l.card.Place || label.Text == l.card.Place+" (router)"):
			for _, b := range s.boxes {
				if b.x <= label.X && label.X < b.x+b.width && b.y <= label.Y && label.Y < b.y+b.height {
					x, y = center(b.x+b.width-1, b.y+1)
					return x + 1, y, true
				}
			}
		case label.kind == switchLabel && label.Text == l.card.Place:
			best := -1
			for _, line := range s.lines {
				if line.kind == barLine && line.y1 == label.Y && line.x2 > best {
					best = line.x2
				}
			}
			if best >= 0 {
				x, y = center(best, label.Y)
				return x, y, true
			}
		}
	}
	return 0, 0, false
}

const cardFont = `'DejaVu Sans',Verdana,'Segoe UI',Helvetica,Arial,sans-serif`

// SVG is the card as a picture that needs no other file. It has a ground of its own, so
// that it can be read on a dark page too. Its text is text.
func (c Card) SVG() string {
	l := c.layout()
	v := &vectors{theme: Light, paints: Light.paints(), dashed: c.Unsent}
	v.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img">`, cardWidth, cardHeight, cardWidth, cardHeight)
	v.add(`<title>%s</title>`, html.EscapeString(c.Name+": "+c.Surprise))
	v.add(`<desc>%s</desc>`, html.EscapeString(c.words(l)))
	v.add(`<rect x="1" y="1" width="%.0f" height="%.0f" rx="14" fill="%s" stroke="%s" stroke-width="2"/>`, cardWidth-2, cardHeight-2, cardPaper, cardHead)
	v.add(`<path d="M1 %.0fV15Q1 1 15 1H%.0fQ%.0f 1 %.0f 15V%.0fZ" fill="%s"/>`, headHeight, cardWidth-15, cardWidth-1, cardWidth-1, headHeight, cardHead)
	y := headHeight + cardGap
	v.add(`<path d="M%.0f %.0fh40l-28 20z" fill="%s"/>`, cardPad+60, y+l.bubble-1, cardBubble)
	v.add(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="14" fill="%s"/>`, cardPad, y, cardInside, l.bubble, cardBubble)
	v.add(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="12" fill="%s" stroke="%s" stroke-width="1.5"/>`, cardPad, l.panel, cardInside, l.drawing, Light.Ground, cardHead)
	v.add(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="10" fill="%s"/>`, cardPad, l.seen, cardInside, l.screen, cardScreen)
	v.add(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="10" fill="%s"/>`, cardPad, l.helps, cardInside, l.help, cardHelp)

	columns, rows := l.diagram.Size()
	w, h := (float64(columns)*cellWidth+2*margin)*l.scale, (float64(rows)*cellHeight+2*margin)*l.scale
	v.add(`<g transform="translate(%.2f %.2f) scale(%.4f)">`, (cardWidth-w)/2, l.panel+(l.drawing-l.legend-h)/2, l.scale)
	l.diagram.shapes(v)
	if x, y, ok := l.end(); ok && c.Lost {
		v.cross(x, y, 9)
	}
	v.add(`</g>`)
	if c.Lost {
		v.cross(cardPad+boxPad+8, l.cross, 7)
	} else {
		v.add(`<path d="M%.2f %.2fh11v-5l8 8l-8 8v-5h-11z" fill="%s"/>`, cardPad+boxPad, l.cross-3, v.paints.way)
	}
	v.add(`<g font-family="%s">`, cardFont)
	for _, line := range l.lines {
		attrs := ""
		if line.bold {
			attrs += ` font-weight="bold"`
		}
		if line.right {
			attrs += ` text-anchor="end"`
		}
		if line.mono {
			attrs += fmt.Sprintf(` font-family="'DejaVu Sans Mono','Cascadia Mono','SF Mono',Menlo,Consolas,monospace" textLength="%.2f" xml:space="preserve"`, line.width())
		}
		v.add(`<text x="%.2f" y="%.2f" font-size="%.1f" fill="%s"%s>%s</text>`, line.x, line.y, line.size, line.colour, attrs, html.EscapeString(line.text))
	}
	v.add("</g>\n</svg>")
	return v.String()
}

func (v *vectors) cross(x, y, size float64) {
	d := fmt.Sprintf("M%.2f %.2fl%.1f %.1fm0 %.1fl%.1f %.1f", x-size, y-size, 2*size, 2*size, -2*size, -2*size, 2*size)
	v.add(`<path d="%s" fill="none" stroke="%s" stroke-width="8"/>`, d, v.theme.Ground)
	v.add(`<path d="%s" fill="none" stroke="%s" stroke-width="4.5"/>`, d, v.paints.lost)
}

// words say what the card shows to those who do not see it.
func (c Card) words(l *cardLayout) string {
	list := []string{l.diagram.words(), c.Ends, "What you see: " + strings.Join(c.Seen, "; "), "Why: " + c.Why, "What helps: " + strings.Join(c.Helps, "; "), c.Proved}
	if c.Unsent {
		list[0] = "The way that was wanted: " + list[0]
	}
	return strings.Join(list, " ")
}

// textWidth is how wide a text is in DejaVu Sans, which is wider than the other usual
// fonts without serifs.
func textWidth(text string, size float64, bold bool) (width float64) {
	widths := &plainWidths
	if bold {
		widths = &boldWidths
	}
	for _, r := range text {
		if i := int(r) - ' '; 0 <= i && i < len(widths) {
			width += widths[i]
		} else {
			width += 1000
		}
	}
	return width * size / 1000
}

// The widths of the characters from the space to the tilde, in thousandths of the size.
var plainWidths = [...]float64{
	318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
	636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
	575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
	611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
	278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
}

var boldWidths = [...]float64{
	348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696,
	696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683,
	683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771,
	724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665,
	343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
}
