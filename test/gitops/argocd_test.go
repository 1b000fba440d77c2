// SPDX-License-Identifier: Apache-2.0

package gitops_test

import (
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// An argo is Argo CD's scripts by kind.
type argo map[string]string

// A verdict is what a script returns.
type verdict struct {
	Status  health
	Message string
}

// String returns the verdict in one line, for messages.
func (v verdict) String() string { return fmt.Sprintf("%s (%s)", v.Status, v.Message) }

// newArgo reads the scripts.
func newArgo(t *testing.T) argo {
	t.Helper()
	out := argo{}
	for key, value := range load(t, examples+"argocd-cm.yaml")[0]["data"].(document) {
		if kind, ok := strings.CutPrefix(key, "resource.customizations.health.sonataflow.org_"); ok {
			out[kind] = value.(string)
		}
	}
	return out
}

// health runs the script of a document's kind as Argo CD does: with the libraries package,
// base and table, and with the document as the global variable obj.
func (a argo) health(t *testing.T, doc document) verdict {
	t.Helper()
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	l.SetContext(t.Context())
	for name, open := range map[string]lua.LGFunction{lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	l.SetGlobal("obj", toLua(l, doc))
	if err := l.DoString(a[doc["kind"].(string)]); err != nil {
		t.Fatalf("the script of %s: %v", doc["kind"], err)
	}
	result, ok := l.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script of %s returns a %s", doc["kind"], l.Get(-1).Type())
	}
	return verdict{Status: health(lua.LVAsString(result.RawGetString("status"))), Message: lua.LVAsString(result.RawGetString("message"))}
}

// toLua makes Lua's value of a document's.
func toLua(l *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case float64:
		return lua.LNumber(v)
	case []any:
		out := l.NewTable()
		for _, item := range v {
			out.Append(toLua(l, item))
		}
		return out
	case document:
		out := l.NewTable()
		for key, item := range v {
			out.RawSetString(key, toLua(l, item))
		}
		return out
	}
	return lua.LNil
}
