// Main writes a question into a file that a child process waits for; the child answers through a pipe. Who reads the answer comes
// after what main did before it wrote: another process carries the order from the file to the pipe.
//
//hb:case clean row=22 pattern=result
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
)

func main() {
	file, err := os.CreateTemp("", "question")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	child := exec.Command("sh", "-c", `until grep -q why "$1"; do sleep 0.01; done; echo because`, "sh", file.Name())
	out, err := child.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := child.Start(); err != nil {
		panic(err)
	}
	var asked string
	answered := make(chan string)
	go func() {
		answer, _ := bufio.NewReader(out).ReadString('\n')
		answered <- asked + " " + answer
	}()
	asked = "why"
	file.WriteString("why\n")
	fmt.Print(<-answered)
	child.Wait()
}
