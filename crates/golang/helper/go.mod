module hbtree

go 1.25
