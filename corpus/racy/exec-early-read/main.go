// The progress of a running command is read from the writer that os/exec fills in a goroutine of its own.
//
//hb:case racy row=22
//hb:expect variable=progress.bytes what=field missing=unjoined fits=atomic|mutex
package main

import (
	"fmt"
	"os/exec"
	"strings"
)

type progress struct {
	bytes int
}

func (p *progress) Write(b []byte) (int, error) {
	p.bytes += len(b) // race: a
	return len(b), nil
}

func main() {
	p := &progress{}
	cmd := exec.Command("cat")
	cmd.Stdin = strings.NewReader("some input")
	cmd.Stdout = p
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	early := p.bytes // race: b
	if err := cmd.Wait(); err != nil {
		panic(err)
	}
	fmt.Println(early <= p.bytes)
}
