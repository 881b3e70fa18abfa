// Command hbtree turns a Go program into a typed tree for hb outcomes, by Go's own parser and type checker.
//
// usage: hbtree FILE.go... | DIR
//
// Standard output is one JSON object: the tree (crates/golang/src/tree.rs says what it holds), or
// {"error": {"kind", "file", "line", "column", "text"}}. The packages that a program may import are those of the
// prelude, which stands beside this file, and those of the program's own module.
package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
)

//go:embed prelude
var prelude embed.FS

type failure struct {
	Kind   string `json:"kind"` // syntax, type, unsupported, input
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"`
}

func (f *failure) Error() string { return f.Text }

// source is where packages come from.
type source struct {
	fset     *token.FileSet
	packages map[string]*loaded
	order    []*loaded // each after those it imports
	module   string    // module path, if there is a go.mod
	root     string    // its directory
}

type loaded struct {
	pkg     *types.Package
	info    *types.Info
	files   []*ast.File
	prelude bool
}

func main() {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	tree, err := load(os.Args[1:])
	if err != nil {
		var f *failure
		if !errors.As(err, &f) {
			f = &failure{Kind: "input", Text: err.Error()}
		}
		out.Encode(map[string]any{"error": f})
		return
	}
	out.Encode(tree)
}

func load(args []string) (tree any, err error) {
	if len(args) == 0 {
		return nil, errors.New("no file named")
	}
	var names []string
	for _, arg := range args {
		stat, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !stat.IsDir() {
			names = append(names, arg)
			continue
		}
		found, _ := filepath.Glob(filepath.Join(arg, "*.go"))
		var plain, tests []string
		for _, name := range found {
			if strings.HasSuffix(name, "_test.go") {
				tests = append(tests, name)
			} else {
				plain = append(plain, name)
			}
		}
		names = append(names, plain...)
		if len(plain) == 0 {
			names = append(names, tests...)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s holds no Go files", arg)
		}
	}
	s := &source{fset: token.NewFileSet(), packages: map[string]*loaded{}}
	s.findModule(filepath.Dir(names[0]))
	// Runtime errors have a type of it.
	if _, err := s.Import("runtime"); err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := s.parse(name, text)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	main, err := s.check("main", files, false)
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			f, ok := p.(*failure)
			if !ok {
				panic(p)
			}
			err = f
		}
	}()
	return build(s, main), nil
}

func (s *source) findModule(directory string) {
	directory, err := filepath.Abs(directory)
	for err == nil {
		text, readErr := os.ReadFile(filepath.Join(directory, "go.mod"))
		if readErr == nil {
			for _, line := range strings.Split(string(text), "\n") {
				if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
					s.module, s.root = strings.Trim(strings.TrimSpace(rest), `"`), directory
				}
			}
			return
		}
		up := filepath.Dir(directory)
		if up == directory {
			return
		}
		directory = up
	}
}

func (s *source) parse(name string, text []byte) (*ast.File, error) {
	file, err := parser.ParseFile(s.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		first := list[0]
		return nil, &failure{"syntax", first.Pos.Filename, first.Pos.Line, first.Pos.Column, first.Msg}
	}
	return file, err
}

// Import is for the type checker.
func (s *source) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if found := s.packages[path]; found != nil {
		return found.pkg, nil
	}
	if entries, err := prelude.ReadDir("prelude/" + path); err == nil {
		var files []*ast.File
		for _, entry := range entries {
			if !strings.HasSuffix(entry.Name(), ".go") {
				continue
			}
			name := "prelude/" + path + "/" + entry.Name()
			text, err := prelude.ReadFile(name)
			if err != nil {
				return nil, err
			}
			file, err := s.parse("$hb/"+name, text)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
		if len(files) > 0 {
			found, err := s.check(path, files, true)
			if err != nil {
				return nil, err
			}
			return found.pkg, nil
		}
	}
	if s.module != "" && (path == s.module || strings.HasPrefix(path, s.module+"/")) {
		found, _ := filepath.Glob(filepath.Join(s.root, strings.TrimPrefix(path, s.module), "*.go"))
		var files []*ast.File
		for _, name := range found {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			file, err := s.parse(name, text)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
		if len(files) > 0 {
			found, err := s.check(path, files, false)
			if err != nil {
				return nil, err
			}
			return found.pkg, nil
		}
	}
	return nil, &failure{Kind: "unsupported", Text: "package " + path + " is not one that hb outcomes knows"}
}

func (s *source) check(path string, files []*ast.File, isPrelude bool) (*loaded, error) {
	info := &types.Info{
		Types:        map[ast.Expr]types.TypeAndValue{},
		Defs:         map[*ast.Ident]types.Object{},
		Uses:         map[*ast.Ident]types.Object{},
		Selections:   map[*ast.SelectorExpr]*types.Selection{},
		Implicits:    map[ast.Node]types.Object{},
		Instances:    map[*ast.Ident]types.Instance{},
		FileVersions: map[*ast.File]string{},
	}
	var first error
	config := types.Config{
		Importer:                 s,
		IgnoreFuncBodies:         false,
		Sizes:                    types.SizesFor("gc", "amd64"),
		DisableUnusedImportCheck: isPrelude,
		GoVersion:                languageVersion(runtime.Version()),
		Error: func(err error) {
			if first == nil {
				first = err
			}
		},
	}
	pkg, err := config.Check(path, s.fset, files, info)
	if first != nil {
		err = first
	}
	if err != nil {
		return nil, s.explain(err, files)
	}
	found := &loaded{pkg, info, files, isPrelude}
	s.packages[path] = found
	s.order = append(s.order, found)
	return found, nil
}

// languageVersion is go1.N of a toolchain's version; empty for a development build.
func languageVersion(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if !strings.HasPrefix(version, "go1.") || len(parts) < 2 {
		return ""
	}
	minor := parts[1]
	for i, c := range minor {
		if c < '0' || c > '9' {
			minor = minor[:i]
			break
		}
	}
	return "go1." + minor
}

// explain makes a failure of a type error: one of the program, or a name that the prelude does not have.
func (s *source) explain(err error, files []*ast.File) error {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var te types.Error
	if !errors.As(err, &te) {
		return err
	}
	at := s.fset.Position(te.Pos)
	kind, text := "type", te.Msg
	if rest, ok := strings.CutPrefix(text, "could not import "); ok {
		kind = "unsupported"
		text = rest
		if _, why, ok := strings.Cut(rest, " ("); ok {
			text = strings.TrimSuffix(why, ")")
		}
	} else if rest, ok := strings.CutPrefix(text, "undefined: "); ok && strings.Contains(rest, ".") {
		kind = "unsupported"
		text = rest + " is not one of the functions and types that hb outcomes knows"
	} else if strings.Contains(text, "undefined (type") && mentionsPrelude(text, s) {
		kind = "unsupported"
		text = strings.Split(text, " undefined")[0] + " is not a method or field that hb outcomes knows"
	}
	return &failure{kind, at.Filename, at.Line, at.Column, text}
}

func mentionsPrelude(text string, s *source) bool {
	var paths []string
	for path, p := range s.packages {
		if p.prelude {
			paths = append(paths, p.pkg.Name()+".", path+".")
		}
	}
	sort.Strings(paths)
	_, of, _ := strings.Cut(text, "undefined (type ")
	of = strings.TrimLeft(of, "*")
	for _, path := range paths {
		if strings.HasPrefix(of, path) {
			return true
		}
	}
	return false
}
