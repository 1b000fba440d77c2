// SPDX-License-Identifier: Apache-2.0

package references_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/references"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// podOf reads a pod in YAML.
func podOf(t *testing.T, text string) corev1.PodSpec {
	t.Helper()
	out := corev1.PodSpec{}
	if err := yaml.UnmarshalStrict([]byte(text), &out); err != nil {
		t.Fatalf("cannot read YAML: %v\n%s", err, text)
	}
	return out
}

// with is a component whose pod refers to something, in YAML.
func with(t *testing.T, k component.Kind, pod string) *component.Component {
	t.Helper()
	return &component.Component{Kind: k, Owner: "plat", Namespace: "ns1", Pod: podOf(t, pod)}
}

// object is a Secret or a ConfigMap as it comes from the API server, without keys.
func object(kind, name, uid, version string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: %s, metadata: {name: %s, namespace: ns1, uid: %s, resourceVersion: %q}}", kind, name, uid, version)
}

// queryOf is the name of the query for a Secret or a ConfigMap.
func queryOf(kind, name string) string { return strings.ToLower(kind) + "-" + name }

// TestPlaces holds every place in a pod that can refer to a Secret or a ConfigMap: what is
// looked for, what is said when it isn't there or has no keys, and whether pods are rolled
// when it changes.
func TestPlaces(t *testing.T) {
	t.Parallel()
	const (
		secret    = "Secret"
		configMap = "ConfigMap"
	)
	// A use is what a place in a pod refers to.
	type use struct {
		Kind string
		// Required tells that the pod can't do without. Keys are those that are named when the
		// object has none.
		Required bool
		Keys     string
		// Rolls tells that the pod is rolled when the object changes.
		Rolls bool
	}
	env := func(ref string) string {
		return `containers: [{name: c, env: [{name: A, value: a}, {name: B, valueFrom: {` + ref + `}}]}]`
	}
	envFrom := func(ref string) string { return `containers: [{name: c, envFrom: [{` + ref + `}]}]` }
	volume := func(source string) string { return `volumes: [{name: v, ` + source + `}]` }
	all := func(kind string) *use { return &use{Kind: kind, Required: true, Rolls: true} }
	keys := func(kind, keys string) *use { return &use{Kind: kind, Required: true, Keys: keys, Rolls: true} }
	optional := func(kind string) *use { return &use{Kind: kind, Rolls: true} }
	mounted := &use{Kind: secret, Required: true}
	cases := map[string]struct {
		reason string
		pod    string
		// want is nil where nothing is looked for.
		want *use
	}{
		"Nothing":    {reason: "A pod may refer to nothing.", pod: `containers: [{name: c, env: [{name: A, value: a}]}]`},
		"OtherValue": {reason: "A variable may have the value of something else.", pod: env(`fieldRef: {fieldPath: metadata.name}`)},
		"OtherVolumes": {
			reason: "Most volumes refer to neither kind.",
			pod:    `volumes: [{name: v, emptyDir: {}}, {name: w, csi: {driver: d}}, {name: x, projected: {sources: [{serviceAccountToken: {path: t}}, {downwardAPI: {}}]}}]`,
		},
		"EmptyNames": {
			reason: "A reference without name refers to nothing.",
			pod:    `{imagePullSecrets: [{}], containers: [{name: c, envFrom: [{secretRef: {}}, {configMapRef: {}}]}], volumes: [{name: v, secret: {}}]}`,
		},
		"OwnConfigMap": {
			reason: "The component's own ConfigMap is composed, so it isn't looked for.",
			pod:    volume(`configMap: {name: plat-data-index-service-props}`),
		},

		"EnvSecret":            {reason: "A variable needs its key.", pod: env(`secretKeyRef: {name: x, key: k}`), want: keys(secret, "k")},
		"EnvConfigMap":         {reason: "A variable needs its key.", pod: env(`configMapKeyRef: {name: x, key: k}`), want: keys(configMap, "k")},
		"EnvSecretOptional":    {reason: "A variable may be optional.", pod: env(`secretKeyRef: {name: x, key: k, optional: true}`), want: optional(secret)},
		"EnvConfigMapOptional": {reason: "A variable may be optional.", pod: env(`configMapKeyRef: {name: x, key: k, optional: true}`), want: optional(configMap)},
		"EnvNotOptional":       {reason: "A reference may say that it is needed.", pod: env(`configMapKeyRef: {name: x, key: k, optional: false}`), want: keys(configMap, "k")},

		"EnvFromSecret":            {reason: "All keys become variables, so that none is needed.", pod: envFrom(`secretRef: {name: x}`), want: all(secret)},
		"EnvFromConfigMap":         {reason: "All keys become variables, so that none is needed.", pod: envFrom(`configMapRef: {name: x}`), want: all(configMap)},
		"EnvFromSecretOptional":    {reason: "Variables may be optional.", pod: envFrom(`secretRef: {name: x, optional: true}`), want: optional(secret)},
		"EnvFromConfigMapOptional": {reason: "Variables may be optional.", pod: envFrom(`configMapRef: {name: x, optional: true}`), want: optional(configMap)},

		"InitContainer":  {reason: "An init container has to start, too.", pod: `initContainers: [{name: i, env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: k}}}]}]`, want: keys(secret, "k")},
		"Sidecar":        {reason: "So has a container beside the component's.", pod: `containers: [{name: c}, {name: s, envFrom: [{configMapRef: {name: x}}]}]`, want: all(configMap)},
		"SeveralKeys":    {reason: "Each key is named once, in the order of the pod.", pod: `containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: l}}}, {name: B, valueFrom: {secretKeyRef: {name: x, key: k}}}, {name: C, valueFrom: {secretKeyRef: {name: x, key: l}}}]}]`, want: keys(secret, "l and k")},
		"OptionalAndNot": {reason: "What one place needs is needed.", pod: `containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: k, optional: true}}}, {name: B, valueFrom: {secretKeyRef: {name: x, key: l}}}]}]`, want: keys(secret, "l")},

		"VolumeSecret":            {reason: "All keys become files.", pod: volume(`secret: {secretName: x}`), want: all(secret)},
		"VolumeConfigMap":         {reason: "All keys become files.", pod: volume(`configMap: {name: x}`), want: all(configMap)},
		"VolumeSecretItems":       {reason: "Keys that become files by name are needed.", pod: volume(`secret: {secretName: x, items: [{key: k, path: p}, {key: l, path: q}]}`), want: keys(secret, "k and l")},
		"VolumeConfigMapItems":    {reason: "Keys that become files by name are needed.", pod: volume(`configMap: {name: x, items: [{key: k, path: p}]}`), want: keys(configMap, "k")},
		"VolumeSecretOptional":    {reason: "Files may be optional, and so are their keys then.", pod: volume(`secret: {secretName: x, items: [{key: k, path: p}], optional: true}`), want: optional(secret)},
		"VolumeConfigMapOptional": {reason: "Files may be optional.", pod: volume(`configMap: {name: x, optional: true}`), want: optional(configMap)},

		"ProjectedSecret":            {reason: "A volume may be made of several sources.", pod: volume(`projected: {sources: [{serviceAccountToken: {path: t}}, {secret: {name: x}}]}`), want: all(secret)},
		"ProjectedConfigMap":         {reason: "A volume may be made of several sources.", pod: volume(`projected: {sources: [{configMap: {name: x}}]}`), want: all(configMap)},
		"ProjectedSecretItems":       {reason: "Keys that become files by name are needed.", pod: volume(`projected: {sources: [{secret: {name: x, items: [{key: k, path: p}]}}]}`), want: keys(secret, "k")},
		"ProjectedConfigMapItems":    {reason: "Keys that become files by name are needed.", pod: volume(`projected: {sources: [{configMap: {name: x, items: [{key: k, path: p}]}}]}`), want: keys(configMap, "k")},
		"ProjectedSecretOptional":    {reason: "A source may be optional.", pod: volume(`projected: {sources: [{secret: {name: x, optional: true}}]}`), want: optional(secret)},
		"ProjectedConfigMapOptional": {reason: "A source may be optional.", pod: volume(`projected: {sources: [{configMap: {name: x, optional: true}}]}`), want: optional(configMap)},

		"PullSecret": {reason: "An image is pulled with a Secret that the pod doesn't read.", pod: `imagePullSecrets: [{name: x}]`, want: &use{Kind: secret}},
		"CSI":        {reason: "A volume is mounted with a Secret that the pod doesn't read.", pod: volume(`csi: {driver: d, nodePublishSecretRef: {name: x}}`), want: mounted},
		"ISCSI":      {reason: "A volume is mounted with a Secret that the pod doesn't read.", pod: volume(`iscsi: {targetPortal: p, iqn: q, lun: 0, secretRef: {name: x}}`), want: mounted},
		"AzureFile":  {reason: "A volume is mounted with a Secret that the pod doesn't read.", pod: volume(`azureFile: {shareName: s, secretName: x}`), want: mounted},
		"FlexVolume": {reason: "A volume is mounted with a Secret that the pod doesn't read.", pod: volume(`flexVolume: {driver: d, secretRef: {name: x}}`), want: mounted},
		"CephFS":     {reason: "A volume is mounted with a Secret that the pod doesn't read.", pod: volume(`cephfs: {monitors: [m], secretRef: {name: x}}`), want: mounted},
		"RBD":        {reason: "A volume is mounted with a Secret that the pod doesn't read.", pod: volume(`rbd: {image: i, monitors: [m], secretRef: {name: x}}`), want: mounted},
		"ScaleIO":    {reason: "A volume is mounted with a Secret that the pod doesn't read.", pod: volume(`scaleIO: {gateway: g, system: s, secretRef: {name: x}}`), want: mounted},
		"StorageOS":  {reason: "A volume is mounted with a Secret that the pod doesn't read.", pod: volume(`storageos: {secretRef: {name: x}}`), want: mounted},
		"PullAndRead": {
			reason: "A pod may read a Secret that an image is pulled with, too.",
			pod:    `{imagePullSecrets: [{name: x}], volumes: [{name: v, secret: {secretName: x}}]}`,
			want:   all(secret),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := with(t, component.DataIndex(), tc.pod)
			// plan plans with the object there, or absent (nil).
			plan := func(objects ...string) (references.Plan, []string) {
				cluster := compositiontest.Cluster{}
				if tc.want != nil {
					cluster.Required = map[string][]string{queryOf(tc.want.Kind, "x"): objects}
				}
				req := request(t, cluster)
				plan := references.For(req, []*component.Component{c}, v1beta1.SecretsCheck)
				var asked []string
				queries, _ := req.Queries()
				for _, q := range queries {
					asked = append(asked, q.Kind+" "+q.Namespace+"/"+q.ResourceName)
				}
				return plan, asked
			}
			without, asked := plan()
			if tc.want == nil {
				if without.Condition != nil || len(asked) > 0 || len(without.Versions(c)) > 0 {
					t.Errorf("%s\nFor(...): want nothing, got %v, %v and %v", tc.reason, without.Condition, asked, without.Versions(c))
				}
				return
			}
			if diff := cmp.Diff([]string{tc.want.Kind + " ns1/x"}, asked); diff != "" {
				t.Errorf("%s\nFor(...): -want queries, +got queries:\n%s", tc.reason, diff)
			}
			got := use{Kind: tc.want.Kind, Required: without.Condition != nil && without.Condition.Status == metav1.ConditionFalse}
			if got.Required {
				want := tc.want.Kind + " x doesn't exist in namespace ns1, where the pods of Data Index look for it"
				if diff := cmp.Diff(want, without.Condition.Message); diff != "" {
					t.Errorf("%s\nFor(...): message about what doesn't exist: -want, +got:\n%s", tc.reason, diff)
				}
			}
			empty, _ := plan(object(tc.want.Kind, "x", "u", "7"))
			if empty.Condition != nil && empty.Condition.Reason == v1alpha08.ReasonKeyNotFound {
				_, after, _ := strings.Cut(empty.Condition.Message, " lacks ")
				got.Keys, _, _ = strings.Cut(after, ", which the pods of Data Index read; add what is missing")
			}
			later, _ := plan(object(tc.want.Kind, "x", "u", "8"))
			got.Rolls = empty.Versions(c)[component.AnnotationReferencesVersion] != later.Versions(c)[component.AnnotationReferencesVersion]
			if diff := cmp.Diff(*tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestPodCondition holds what a user reads about the Secrets and ConfigMaps that
// podTemplates refer to.
func TestPodCondition(t *testing.T) {
	t.Parallel()
	const (
		configMapKeys = `containers: [{name: c, env: [{name: A, valueFrom: {configMapKeyRef: {name: x, key: k}}}, {name: B, valueFrom: {configMapKeyRef: {name: x, key: l}}}]}]`
		both          = `{volumes: [{name: v, secret: {secretName: x}}, {name: w, configMap: {name: x}}]}`
	)
	condition := func(status metav1.ConditionStatus, reason, message string) string {
		alarm := ""
		if status == metav1.ConditionFalse {
			alarm = ", an alarm"
		}
		return fmt.Sprintf("%s%s, %s: %s", status, alarm, reason, message)
	}
	found := condition(metav1.ConditionTrue, v1alpha08.ReasonSecretsFound, "")
	dataIndex := func(pod string) []*component.Component {
		return []*component.Component{with(t, component.DataIndex(), pod)}
	}
	migrated := with(t, component.DataIndex(), ``)
	migrated.Migration = &component.Migration{Pod: podOf(t, `{volumes: [{name: v, secret: {secretName: x}}], containers: [{}]}`)}
	credentials := reader(component.JobsService(), "db")
	credentials.Pod.Volumes = append(credentials.Pod.Volumes, podOf(t, both).Volumes...)
	cases := map[string]struct {
		reason     string
		components []*component.Component
		secrets    v1beta1.Secrets
		required   map[string][]string
		// want is the condition in one line; empty for none.
		want string
	}{
		"Data": {
			reason: "A key may be in data.", components: dataIndex(configMapKeys),
			required: map[string][]string{"configmap-x": {`{kind: ConfigMap, data: {k: "", l: v}}`}}, want: found,
		},
		"BinaryData": {
			reason: "A key may be in binaryData, too.", components: dataIndex(configMapKeys),
			required: map[string][]string{"configmap-x": {`{kind: ConfigMap, data: {k: v}, binaryData: {l: dg==}}`}}, want: found,
		},
		"KeyNotFound": {
			reason: "A key that is in neither is named.", components: dataIndex(configMapKeys),
			required: map[string][]string{"configmap-x": {`{kind: ConfigMap, data: {k: v}}`}},
			want:     condition(metav1.ConditionFalse, v1alpha08.ReasonKeyNotFound, "ConfigMap x in namespace ns1 lacks l, which the pods of Data Index read; add what is missing"),
		},
		"ConfigMapNotFound": {
			reason: "A ConfigMap that isn't there has a reason of its own.", components: dataIndex(configMapKeys),
			required: map[string][]string{"configmap-x": nil},
			want:     condition(metav1.ConditionFalse, v1alpha08.ReasonConfigMapNotFound, "ConfigMap x doesn't exist in namespace ns1, where the pods of Data Index look for it"),
		},
		"OneName": {
			reason: "A Secret and a ConfigMap may have one name; the first problem gives the reason.", components: dataIndex(both),
			required: map[string][]string{"secret-x": nil, "configmap-x": nil},
			want: condition(metav1.ConditionFalse, v1alpha08.ReasonSecretNotFound, "Secret x doesn't exist in namespace ns1, where the pods of Data Index look for it; "+
				"ConfigMap x doesn't exist in namespace ns1, where the pods of Data Index look for it"),
		},
		"OneNameOneFound": {
			reason: "One of them says nothing about the other.", components: dataIndex(both),
			required: map[string][]string{"secret-x": {object("Secret", "x", "u", "7")}, "configmap-x": nil},
			want:     condition(metav1.ConditionFalse, v1alpha08.ReasonConfigMapNotFound, "ConfigMap x doesn't exist in namespace ns1, where the pods of Data Index look for it"),
		},
		"NotChecked": {
			reason: "What isn't known is said only when nothing is known to be wrong.", components: dataIndex(both),
			required: map[string][]string{"secret-x": {object("Secret", "x", "u", "7")}},
			want:     condition(metav1.ConditionUnknown, v1alpha08.ReasonNotChecked, "Whether the Secrets exist isn't known yet: Crossplane was asked, and hasn't answered"),
		},
		"PullSecret": {
			reason: "A node pulls an image without a Secret that isn't there, and many registries let it.", components: dataIndex(`{imagePullSecrets: [{name: x}], containers: [{name: c}]}`),
			required: map[string][]string{"secret-x": nil},
			want:     condition(metav1.ConditionTrue, v1alpha08.ReasonSecretsFound, "Secret x doesn't exist in namespace ns1, so that images of Data Index are pulled without it; create it if the registry asks for credentials"),
		},
		"PullSecretFound": {
			reason: "A pull secret that is there needs no word.", components: dataIndex(`{imagePullSecrets: [{name: x}], containers: [{name: c}]}`),
			required: map[string][]string{"secret-x": {object("Secret", "x", "u", "7")}}, want: found,
		},
		"PullSecretRead": {
			reason: "A pull secret that the pod reads, too, is needed.", components: dataIndex(`{imagePullSecrets: [{name: x}], containers: [{name: c, envFrom: [{secretRef: {name: x}}]}]}`),
			required: map[string][]string{"secret-x": nil},
			want:     condition(metav1.ConditionFalse, v1alpha08.ReasonSecretNotFound, "Secret x doesn't exist in namespace ns1, where the pods of Data Index look for it"),
		},
		"OptionalAlone": {
			reason: "There is nothing to say about what pods can do without.", components: dataIndex(`containers: [{name: c, envFrom: [{secretRef: {name: x, optional: true}}]}]`),
			required: map[string][]string{"secret-x": nil},
		},
		"OptionalKey": {
			reason: "A key that a pod can do without may be missing.", components: dataIndex(`containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: k, optional: true}}}, {name: B, valueFrom: {secretKeyRef: {name: x, key: l}}}]}]`),
			required: map[string][]string{"secret-x": {`{kind: Secret, data: {l: dg==}}`}}, want: found,
		},
		"CredentialsFirst": {
			reason: "Without the Secret of a database nothing works, so it comes first.", components: []*component.Component{with(t, component.DataIndex(), both), credentials},
			required: map[string][]string{"secret-x": nil, "configmap-x": nil, "secret-db": nil},
			want: condition(metav1.ConditionFalse, v1alpha08.ReasonSecretNotFound, "Secret db doesn't exist in namespace ns1, where the pods of Jobs Service look for it; "+
				"Secret x doesn't exist in namespace ns1, where the pods of Data Index and Jobs Service look for it; "+
				"ConfigMap x doesn't exist in namespace ns1, where the pods of Data Index and Jobs Service look for it"),
		},
		"Migration": {
			reason: "The pod of a migration refers to objects, too.", components: []*component.Component{migrated},
			required: map[string][]string{"secret-x": nil},
			want:     condition(metav1.ConditionFalse, v1alpha08.ReasonSecretNotFound, "Secret x doesn't exist in namespace ns1, where the pods of Data Index look for it"),
		},
		"OwnOfTheOther": {
			reason: "The ConfigMap of another component isn't a component's own.", components: dataIndex(`volumes: [{name: v, configMap: {name: plat-jobs-service-props}}]`),
			required: map[string][]string{"configmap-plat-jobs-service-props": nil},
			want:     condition(metav1.ConditionFalse, v1alpha08.ReasonConfigMapNotFound, "ConfigMap plat-jobs-service-props doesn't exist in namespace ns1, where the pods of Data Index look for it"),
		},
		"SecretLikeOwnConfigMap": {
			reason: "A Secret with the name of the component's own ConfigMap isn't composed.", components: dataIndex(`volumes: [{name: v, secret: {secretName: plat-data-index-service-props}}]`),
			required: map[string][]string{"secret-plat-data-index-service-props": nil},
			want:     condition(metav1.ConditionFalse, v1alpha08.ReasonSecretNotFound, "Secret plat-data-index-service-props doesn't exist in namespace ns1, where the pods of Data Index look for it"),
		},
		"Ignore": {
			reason: "A Composition may leave Secrets and ConfigMaps alone.", components: dataIndex(both), secrets: v1beta1.SecretsIgnore,
			required: map[string][]string{"secret-x": nil, "configmap-x": nil},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, compositiontest.Cluster{Required: tc.required})
			got := ""
			if c := references.For(req, tc.components, tc.secrets).Condition; c != nil {
				got = condition(c.Status, c.Reason, c.Message)
				if c.Alarm != (c.Status == metav1.ConditionFalse) || c.Type != v1alpha08.ConditionSecretsReady {
					t.Errorf("%s\nFor(...): got condition %+v", tc.reason, *c)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want condition, +got condition:\n%s", tc.reason, diff)
			}
			if queries, _ := req.Queries(); tc.secrets == v1beta1.SecretsIgnore && len(queries) > 0 {
				t.Errorf("%s\nFor(...): asks for %v", tc.reason, queries)
			}
		})
	}
}

// TestReferencesVersion holds when pods are rolled because of what they refer to.
func TestReferencesVersion(t *testing.T) {
	t.Parallel()
	const (
		// pod refers to a Secret and a ConfigMap that it reads, and to a Secret that its image is
		// pulled with.
		pod      = `{imagePullSecrets: [{name: pull}], containers: [{name: c, envFrom: [{secretRef: {name: s}}]}], volumes: [{name: v, configMap: {name: m}}]}`
		optional = `{containers: [{name: c, envFrom: [{secretRef: {name: s, optional: true}}]}], volumes: [{name: v, configMap: {name: m}}]}`
	)
	// cluster has a Deployment that was started with a version, and objects. An object that is
	// empty is absent.
	cluster := func(objects map[string]string) compositiontest.Cluster {
		deployment := &appsv1.Deployment{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}}
		deployment.Spec.Template.Annotations = map[string]string{component.AnnotationReferencesVersion: "before", component.AnnotationSecretVersion: "before"}
		out := compositiontest.Cluster{
			Observed: map[string]string{"data-index-deployment": compositiontest.Text(t, compositiontest.Observe(t, deployment, compositiontest.Ready))},
			Required: map[string][]string{},
		}
		for query, object := range objects {
			out.Required[query] = nil
			if object != "" {
				out.Required[query] = []string{object}
			}
		}
		return out
	}
	objects := func(changes map[string]string) map[string]string {
		out := map[string]string{"secret-s": object("Secret", "s", "u", "7"), "configmap-m": object("ConfigMap", "m", "v", "8"), "secret-pull": object("Secret", "pull", "w", "9")}
		maps.Copy(out, changes)
		return out
	}
	version := func(t *testing.T, c *component.Component, in compositiontest.Cluster, others ...*component.Component) string {
		t.Helper()
		plan := references.For(request(t, in), append(others, c), v1beta1.SecretsCheck)
		return plan.Versions(c)[component.AnnotationReferencesVersion]
	}
	base := version(t, with(t, component.DataIndex(), pod), cluster(objects(nil)))
	withDatabase := func(pod string) *component.Component {
		c := with(t, component.DataIndex(), pod)
		c.Database = &postgres.Database{Secret: postgres.Secret{Name: "db", UserKey: "u", PasswordKey: "p"}}
		return c
	}
	onlyPulls := with(t, component.DataIndex(), `imagePullSecrets: [{name: pull}]`)
	unasked, old := cluster(objects(nil)), cluster(nil)
	delete(unasked.Required, "configmap-m")
	old.Required, old.Old = nil, true
	gone := cluster(objects(nil))
	gone.Observed = nil
	delete(gone.Required, "configmap-m")
	const (
		same    = "the same"
		another = "another one"
		before  = "before"
		none    = ""
	)
	cases := map[string]struct {
		reason string
		// pod is the one above unless a component is given.
		in      *component.Component
		others  []*component.Component
		cluster compositiontest.Cluster
		want    string
	}{
		"Same":             {reason: "The same objects have the same version.", cluster: cluster(objects(nil)), want: same},
		"SecretChanged":    {reason: "Another version of the Secret rolls the pods.", cluster: cluster(objects(map[string]string{"secret-s": object("Secret", "s", "u", "70")})), want: another},
		"ConfigMapChanged": {reason: "Another version of the ConfigMap rolls the pods.", cluster: cluster(objects(map[string]string{"configmap-m": object("ConfigMap", "m", "v", "80")})), want: another},
		"MadeAnew":         {reason: "An object that was made anew is another one.", cluster: cluster(objects(map[string]string{"configmap-m": object("ConfigMap", "m", "vv", "8")})), want: another},
		"PullSecret":       {reason: "Running pods have their images already.", cluster: cluster(objects(map[string]string{"secret-pull": object("Secret", "pull", "w", "90")})), want: same},
		"PullSecretAbsent": {reason: "A Secret for images that isn't there doesn't matter to them either.", cluster: cluster(objects(map[string]string{"secret-pull": ""})), want: same},

		"Missing":     {reason: "Pods keep running while an object isn't there.", cluster: cluster(objects(map[string]string{"configmap-m": ""})), want: before},
		"NotAskedYet": {reason: "Pods keep running until Crossplane has looked for all of them.", cluster: unasked, want: before},
		"Unknown":     {reason: "Pods keep running under a Crossplane that never looks.", cluster: old, want: before},
		"MissingNew":  {reason: "New pods have no earlier version that they could keep.", cluster: gone, want: none},
		"Manifests": {
			reason:  "Manifests that no API server has seen have no version.",
			cluster: cluster(objects(map[string]string{"secret-s": `{kind: Secret}`, "configmap-m": `{kind: ConfigMap}`})), want: none,
		},

		"OptionalFound":    {reason: "What a pod can do without rolls the pod, too, when it changes.", in: with(t, component.DataIndex(), optional), cluster: cluster(objects(nil)), want: same},
		"OptionalMissing":  {reason: "What a pod can do without may be missing: the others still count.", in: with(t, component.DataIndex(), optional), cluster: cluster(objects(map[string]string{"secret-s": ""})), want: another},
		"OptionalAlone":    {reason: "Without any object there is no version.", in: with(t, component.DataIndex(), `volumes: [{name: v, secret: {secretName: s, optional: true}}]`), cluster: cluster(objects(map[string]string{"secret-s": ""})), want: none},
		"OptionalNotAsked": {reason: "Pods keep running until it is known whether it is there.", in: with(t, component.DataIndex(), `volumes: [{name: v, secret: {secretName: s, optional: true}}]`), cluster: cluster(nil), want: before},

		"NoReferences":  {reason: "A pod without references has no version.", in: with(t, component.DataIndex(), ``), cluster: cluster(objects(nil)), want: none},
		"OnlyPulls":     {reason: "Nor has one that refers to what images are pulled with alone.", in: onlyPulls, cluster: cluster(objects(nil)), want: none},
		"OfTheDatabase": {reason: "The Secret of the database has an annotation of its own.", in: withDatabase(`volumes: [{name: v, secret: {secretName: db}}]`), cluster: cluster(map[string]string{"secret-db": object("Secret", "db", "u", "7")}), want: none},
		"AndOthers":     {reason: "Beside it, the others count as ever.", in: withDatabase(`{containers: [{name: c, envFrom: [{secretRef: {name: db}}, {secretRef: {name: s}}]}], volumes: [{name: v, configMap: {name: m}}]}`), cluster: cluster(objects(map[string]string{"secret-db": object("Secret", "db", "u", "7")})), want: same},

		"OtherComponent": {
			reason:  "What another component refers to doesn't roll the pods, nor does its order.",
			others:  []*component.Component{with(t, component.JobsService(), `volumes: [{name: u, secret: {secretName: s}}, {name: v, configMap: {name: m}}, {name: w, secret: {secretName: other}}]`)},
			cluster: cluster(objects(map[string]string{"secret-other": object("Secret", "other", "x", "1")})), want: same,
		},
		"OtherComponentMissing": {
			reason:  "Nor does an object that only another component needs.",
			others:  []*component.Component{with(t, component.JobsService(), `volumes: [{name: w, secret: {secretName: other}}]`)},
			cluster: cluster(objects(map[string]string{"secret-other": ""})), want: same,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.in == nil {
				tc.in = with(t, component.DataIndex(), pod)
			}
			got := version(t, tc.in, tc.cluster, tc.others...)
			switch got {
			case none, before:
			case base:
				got = same
			default:
				got = another
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nVersions(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
