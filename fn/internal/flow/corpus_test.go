// SPDX-License-Identifier: Apache-2.0

package flow_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
)

// corpusWant has all that is found in the documents, by the first two characters of their names:
// two flows can't run, and two say something else about themselves than the SonataFlow does.
var corpusWant = map[string][]string{
	"29": {
		`warning id: the flow says "MTAAnalysis" and the SonataFlow says "mta": the one in the image counts; remove it from the flow, or make both equal`,
		`warning version: the flow says "1.0v" and the SonataFlow says "0.0.6": the one in the image counts; remove it from the flow, or make both equal`,
	},
	"33": {
		`warning version: the flow says "1.0" and the SonataFlow says "1.0.0": the SonataFlow's counts; remove it from the flow, or make both equal`,
	},
	"35": {
		`error states[AppointmentRequestReceived].onEvents[0].actions[0].functionRef: function "checkAccountInfo" isn't defined in flow.functions; define it, or name one that is defined: "StoreNewPatientInfo"`,
	},
	"46": {
		"error states: no list of states is there, so that the workflow does nothing; write one state or more",
	},
}

// TestCorpus checks SonataFlows that users published. They aren't part of this repository:
// `make corpus` says where they are. Any other finding is a mistake of Check.
func TestCorpus(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("SONATAFLOW_CORPUS")
	if folder == "" {
		t.Skip("only `make corpus` runs this test, on machines that have the documents")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d documents in %s, error %v", len(files), folder, err)
	}
	got := map[string][]string{}
	for _, file := range files {
		for _, object := range sonataFlows(t, file) {
			if findings := published(object); len(findings) > 0 {
				got[filepath.Base(file)[:2]] = findings
			}
		}
	}
	if diff := cmp.Diff(corpusWant, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// sonataFlows reads the SonataFlows of a file.
func sonataFlows(t *testing.T, file string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for documents := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), len(text)); ; {
		var object map[string]any
		if err := documents.Decode(&object); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if object["kind"] == "SonataFlow" {
			out = append(out, object)
		}
	}
}

// published returns what is found in a SonataFlow, as texts.
func published(object map[string]any) []string {
	at := func(object map[string]any, fields ...string) any {
		var value any = object
		for _, field := range fields {
			object, _ := value.(map[string]any)
			value = object[field]
		}
		return value
	}
	text := func(value any) string {
		text, _ := value.(string)
		return text
	}
	body, _ := at(object, "spec", "flow").(map[string]any)
	in := flow.Setting{
		Profile: flow.Profile(text(at(object, "metadata", "annotations", "sonataflow.org/profile"))),
		Identity: flow.Identity{
			ID:      text(at(object, "metadata", "name")),
			Version: text(at(object, "metadata", "annotations", "sonataflow.org/version")),
		},
	}
	sources, _ := at(object, "spec", "sources").([]any)
	for _, source := range sources {
		source, _ := source.(map[string]any)
		in.Sources = append(in.Sources, text(source["eventType"]))
	}
	var out []string
	for _, f := range flow.Check(body, in) {
		out = append(out, f.Level.String()+" "+f.String())
	}
	return out
}
