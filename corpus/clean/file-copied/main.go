// A goroutine copies a file as soon as there is something in it (io.Copy between files, which is copy_file_range), and a child
// process copies that to a third. Who finds the third file filled comes after what main did before it wrote the first.
//
//hb:case clean row=22 pattern=result
//hb:stock reports no order is drawn from what one copies to what another finds
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// filled waits until the file has something in it, and opens it.
func filled(name string) *os.File {
	for {
		if info, err := os.Stat(name); err == nil && info.Size() > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	file, err := os.Open(name)
	if err != nil {
		panic(err)
	}
	return file
}

func main() {
	dir, err := os.MkdirTemp("", "copies")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	first, second, third := filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3")
	go func() {
		to, err := os.Create(second)
		if err != nil {
			panic(err)
		}
		io.Copy(to, filled(first))
		to.Close()
	}()
	copier := exec.Command("sh", "-c", `until test -s "$1"; do sleep 0.01; done; cp "$1" "$2"`, "sh", second, third)
	if err := copier.Start(); err != nil {
		panic(err)
	}
	var revision int
	arrived := make(chan int)
	go func() {
		filled(third)
		arrived <- revision
	}()
	revision = 7
	if err := os.WriteFile(first, []byte("seventh\n"), 0o600); err != nil {
		panic(err)
	}
	fmt.Println(<-arrived)
	copier.Wait()
}
