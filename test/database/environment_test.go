// SPDX-License-Identifier: Apache-2.0

package database_test

import (
	"fmt"
	"strings"
)

// A container is a composed container whose environment says where a database is.
type container struct {
	// component is the name of the component whose database it is.
	component string
	// job is true for a migration's container, else it is the component's own.
	job bool
	// env is the environment, as a process in the container gets it.
	env []string
}

// value returns the value of an environment variable, "" if there is none.
func (c container) value(name string) string {
	for _, pair := range c.env {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}

// containers returns the containers of composed Deployments and Jobs that connect to a database.
func containers(composed, required []object) ([]container, error) {
	var out []container
	for _, o := range composed {
		if o["kind"] != "Deployment" && o["kind"] != "Job" {
			continue
		}
		spec, _ := o["spec"].(object)
		template, _ := spec["template"].(object)
		pod, _ := template["spec"].(object)
		all, _ := pod["containers"].([]any)
		for _, each := range all {
			c, _ := each.(object)
			env, err := environment(c, text(o, "metadata", "namespace"), required)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", o["kind"], text(o, "metadata", "name"), err)
			}
			found := container{component: text(o, "metadata", "name"), env: env}
			if o["kind"] == "Job" {
				found.component, found.job = text(template, "metadata", "labels", "sonataflow.org/migrates"), true
			}
			if strings.Contains(strings.Join(env, "\n"), "_JDBC_URL=") {
				out = append(out, found)
			}
		}
	}
	return out, nil
}

// environment returns the environment that the kubelet gives a container: the values of Secrets
// are taken from the required resources, and references to other variables are replaced.
func environment(c object, namespace string, required []object) ([]string, error) {
	var out []string
	known := map[string]string{}
	list, _ := c["env"].([]any)
	for _, each := range list {
		v, _ := each.(object)
		name, value := text(v, "name"), expand(text(v, "value"), known)
		if ref := text(v, "valueFrom", "secretKeyRef", "name"); ref != "" {
			var found bool
			if value, found = secret(required, namespace, ref, text(v, "valueFrom", "secretKeyRef", "key")); !found {
				return nil, fmt.Errorf("%s: the required resources have no such key of a Secret %s/%s", name, namespace, ref)
			}
		}
		known[name] = value
		out = append(out, name+"="+value)
	}
	return out, nil
}

func secret(required []object, namespace, name, key string) (string, bool) {
	for _, o := range required {
		if o["kind"] != "Secret" || text(o, "metadata", "name") != name || text(o, "metadata", "namespace") != namespace {
			continue
		}
		data, _ := o["stringData"].(object)
		value, found := data[key].(string)
		return value, found
	}
	return "", false
}

// expand replaces $(NAME) in a value by the value of an earlier variable, and $$ by $. A
// reference to an unknown variable stays as it is. The rules are those of the field value in
// Kubernetes' API, k8s.io/api/core/v1.EnvVar.
func expand(value string, known map[string]string) string {
	var out strings.Builder
	for rest := value; rest != ""; {
		before, after, found := strings.Cut(rest, "$")
		out.WriteString(before)
		if !found {
			break
		}
		name, tail, closed := strings.Cut(strings.TrimPrefix(after, "("), ")")
		replacement, defined := known[name]
		switch {
		case strings.HasPrefix(after, "$"):
			out.WriteString("$")
			rest = after[1:]
		case strings.HasPrefix(after, "(") && closed && defined:
			out.WriteString(replacement)
			rest = tail
		default:
			out.WriteString("$")
			rest = after
		}
	}
	return out.String()
}
