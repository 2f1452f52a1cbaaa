package main

import (
	"fmt"
	"io"
	"os"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/tui/picture"
)

// diagramOptions are how a network is drawn on a stream.
func diagramOptions(out io.Writer) picture.DiagramOptions {
	return picture.DiagramOptions{
		Columns: min(columns(out), lessonWidth),
		ASCII:   !speaksUTF8(),
		Colour:  isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
}

// drawDiagram draws a network with the way of a datagram, or nil.
func drawDiagram(out io.Writer, n picture.Network, way *picture.Way, o picture.DiagramOptions) {
	for _, row := range picture.NewDiagram(n, way, o).Rows() {
		fmt.Fprintln(out, row)
	}
}

// wayOf is the way of a lesson as it is drawn.
func wayOf(w lesson.Way) *picture.Way {
	drawn := &picture.Way{Label: chat.CleanRow(w.Label)}
	for _, h := range w.Hops {
		drawn.Hops = append(drawn.Hops, picture.WayHop(h))
	}
	return drawn
}

// The objects of a lesson's predictions and ways. Fields are only added.
type (
	jsonPrediction struct {
		jsonHead          // prediction
		Line     int      `json:"line"`
		Text     string   `json:"text"`
		Choices  []string `json:"choices"` // two or more
		Right    int      `json:"right"`   // the index of the right choice, from 0
	}
	jsonWay struct {
		jsonHead           // way
		Line     int       `json:"line"`
		Text     string    `json:"text"`  // what is sent
		Wires    []jsonHop `json:"wires"` // each LAN that it crosses, in order
	}
	jsonHop struct {
		From string `json:"out_of"` // HOST.INTERFACE
		To   string `json:"into"`   // HOST.INTERFACE, or a switch: the datagram gets no further
		Lost bool   `json:"lost"`   // whether, on the last wire before it
	}
)

func predictionJSON(p lesson.Prediction) jsonPrediction {
	return jsonPrediction{headOf("prediction"), p.Line, chat.Clean(p.Text), cleaned(p.Choices), p.Right}
}

func wayJSON(w lesson.Way) jsonWay {
	way := jsonWay{headOf("way"), w.Line, chat.Clean(w.Label), nil}
	for _, h := range w.Hops {
		way.Wires = append(way.Wires, jsonHop(h))
	}
	return way
}

func cleaned(list []string) []string {
	clean := make([]string, len(list))
	for i, text := range list {
		clean[i] = chat.Clean(text)
	}
	return clean
}
