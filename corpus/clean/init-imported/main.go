// The init of an imported package comes before the importer's; what it wrote in a goroutine it waited for is ordered too.
//
//hb:case clean row=2
package main

import (
	"fmt"

	"corpus/clean/init-imported/registry"
)

func init() {
	registry.Codecs["xml"] = 3
}

func main() {
	done := make(chan int)
	go func() { done <- len(registry.Codecs) }()
	fmt.Println(<-done, "codecs")
}
