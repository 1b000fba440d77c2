// SPDX-License-Identifier: Apache-2.0

package names_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

func TestValidateNames(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		validate func(string, *field.Path) field.ErrorList
		name     string
		// says is in the error; none is wanted when it is empty.
		says string
	}{
		"Empty":             {reason: "Whether a name is needed is for the caller to say.", validate: names.ValidateSubdomain},
		"Subdomain":         {reason: "Most kinds may have dots in their names.", validate: names.ValidateSubdomain, name: "my.secret-1"},
		"SubdomainBlank":    {reason: "No name has a blank.", validate: names.ValidateSubdomain, name: "my secret", says: "not a name that Kubernetes accepts"},
		"SubdomainUnder":    {reason: "No name has an underscore.", validate: names.ValidateSubdomain, name: "my_secret", says: "not a name that Kubernetes accepts"},
		"Namespace":         {reason: "A namespace may begin with a digit.", validate: names.ValidateNamespace, name: "1st"},
		"NamespaceDots":     {reason: "A namespace has no dots.", validate: names.ValidateNamespace, name: "my.ns", says: "not a namespace that Kubernetes accepts"},
		"Service":           {reason: "A Service's name is a label.", validate: names.ValidateService, name: "postgres"},
		"ServiceDots":       {reason: "A host name isn't the name of a Service.", validate: names.ValidateService, name: "db.example.com", says: "not a name of a Service that Kubernetes accepts"},
		"Key":               {reason: "A key may have underscores and dots.", validate: names.ValidateKey, name: "POSTGRESQL_USER.1"},
		"KeyBlank":          {reason: "A key has no blanks.", validate: names.ValidateKey, name: "the user", says: "not a key that Kubernetes accepts"},
		"ShellPlaceholder":  {reason: "A script forgot to fill in a value.", validate: names.ValidateSubdomain, name: "${SECRET}", says: "holds the placeholder ${SECRET}"},
		"MakePlaceholder":   {reason: "So did a makefile.", validate: names.ValidateNamespace, name: "$(NAMESPACE)", says: "holds the placeholder $(NAMESPACE)"},
		"HelmPlaceholder":   {reason: "So did a chart.", validate: names.ValidateKey, name: "{{ .Values.key }}", says: "holds the placeholder {{ .Values.key }}"},
		"PartlyPlaceholder": {reason: "A placeholder can be a part of the name.", validate: names.ValidateService, name: "db-${ENV}", says: "holds the placeholder ${ENV}"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := tc.validate(tc.name, field.NewPath("path"))
			switch {
			case tc.says == "" && len(errs) > 0:
				t.Errorf("%s\n%q is refused: %v", tc.reason, tc.name, errs)
			case tc.says != "" && (len(errs) != 1 || !strings.Contains(errs[0].Error(), tc.says)):
				t.Errorf("%s\n%q: want an error that says %q, got %v", tc.reason, tc.name, tc.says, errs)
			}
		})
	}
}
