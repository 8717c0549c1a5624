// Writes schema/go-types.json: how the messages of Go's JSON decoder name fields. In a module that requires
// k8s.io/client-go v0.35: go run go-types.go schema/kinds.json > schema/go-types.json
// Per type and field: the Go type where it is a named one that is no struct, and the embedded structs the field is in.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

var found = map[string]map[string][]string{}
var seen = map[reflect.Type]bool{}

// openAPIName of k8s.io/api/core/v1.Pod is io.k8s.api.core.v1.Pod
func openAPIName(t reflect.Type) string {
	path := strings.Split(t.PkgPath(), "/")
	host := strings.Split(path[0], ".")
	for i, j := 0, len(host)-1; i < j; i, j = i+1, j-1 {
		host[i], host[j] = host[j], host[i]
	}
	return strings.Join(append(host, path[1:]...), ".") + "." + t.Name()
}

func inner(t reflect.Type, named bool) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		if named && t.PkgPath() != "" {
			return t
		}
		t = t.Elem()
	}
	return t
}

func fields(owner string, t reflect.Type, embedded []string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		name := strings.Split(f.Tag.Get("json"), ",")[0]
		if f.Anonymous && name == "" {
			if f.Name != "TypeMeta" {
				fields(owner, f.Type, append(embedded, f.Name))
			}
			continue
		}
		if name == "-" || name == "" {
			continue
		}
		goType := ""
		if n := inner(f.Type, true); n.PkgPath() != "" && n.Kind() != reflect.Struct {
			goType = strings.TrimLeft(f.Type.String(), "*")
		}
		if goType != "" || len(embedded) > 0 {
			if found[owner] == nil {
				found[owner] = map[string][]string{}
			}
			found[owner][name] = []string{goType}
			if len(embedded) > 0 {
				found[owner][name] = []string{goType, strings.Join(embedded, ".")}
			}
		}
		walk(f.Type)
	}
}

func walk(t reflect.Type) {
	t = inner(t, false)
	if t.Kind() != reflect.Struct || t.Name() == "" || seen[t] {
		return
	}
	seen[t] = true
	if _, ok := reflect.New(t).Interface().(json.Unmarshaler); !ok {
		fields(openAPIName(t), t, nil)
	}
}

func main() {
	var kinds struct{ Types map[string]any }
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(text, &kinds)
	}
	if err != nil {
		panic(err)
	}
	for _, t := range scheme.Scheme.AllKnownTypes() {
		walk(t)
	}
	walk(reflect.TypeOf(metav1.DeleteOptions{}))
	lines := []string{}
	for name, fields := range found {
		if _, ok := kinds.Types[name]; ok {
			line, _ := json.Marshal(fields)
			lines = append(lines, fmt.Sprintf("%q: %s", name, line))
		}
	}
	sort.Strings(lines)
	fmt.Printf("{\n%s\n}\n", strings.Join(lines, ",\n"))
}
