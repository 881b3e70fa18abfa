// A command's output buffer belongs to os/exec until Wait returns.
//
//hb:case clean row=22
package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
)

func main() {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("cat")
	cmd.Stdin = strings.NewReader("through a child process")
	cmd.Stdout = &stdout
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	if err := cmd.Wait(); err != nil {
		panic(err)
	}
	fmt.Println(stdout.String(), stderr.Len())
}
