// Rows of a matrix are summed while a cell is set.
//
//hb:expect variable=grid what=element missing=unjoined|siblings fits=mutex|channel
package main

import "fmt"

func main() {
	grid := [][]int{{1, 2}, {3, 4}}
	done := make(chan bool)
	go func() {
		grid[1][0] = 5 // race: a
		done <- true
	}()
	sum := grid[1][0] + 1 // race: b
	<-done
	fmt.Println(sum > 0)
}
