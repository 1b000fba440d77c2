// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/build"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/devmode"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Workflow is a spec with every default applied and every precedence decided. It never
// changes after that.
type Workflow struct {
	types.NamespacedName

	// Component is what runs the flow.
	Component *component.Component
	// Identity is what the workflow says about its flow; Findings are what is wrong with the
	// flow.
	Identity flow.Identity
	Findings []flow.Finding
	// Platform is the one of the namespace; nil when there is none.
	Platform *v1alpha08.SonataFlowPlatformRef
	// ClusterPlatform is the cluster platform that can be used; nil when there is none.
	ClusterPlatform *v1alpha08.SonataFlowClusterPlatformRefStatus
	// Services are those that the workflow is wired to; nil when there are none. Wiring says
	// so in words, and why it isn't wired to the others.
	Services *v1alpha08.ClusterServicesStatus
	Wiring   string
	// Built says why no image is built.
	Built string
	// Monitored tells that Prometheus is to know the workflow.
	Monitored bool
	// BrokerPending tells that a workflow without Broker may get one yet.
	BrokerPending bool
	// Build is what is built for a workflow in the profile preview; nil for any other. Last is
	// what the last status said.
	Build *build.Order
	Last  build.Last
	// Dev is what a workflow in the profile dev runs; nil for any other. MissingFiles says which
	// ConfigMaps with files aren't there; empty when none is missing. Host and NodePort are where
	// the workflow is reached from outside the cluster, as far as that is known.
	Dev          *devmode.Flow
	MissingFiles string
	Host         string
	NodePort     int32
	// Warnings name what of the spec has no effect, or not the one that it seems to have.
	Warnings []string
}

// A resolver has what the decisions about a workflow depend on.
type resolver struct {
	doc    *document
	input  *v1beta1.Input
	around surroundings
	facts  flow.Facts
	// order is what is built; nil when nothing is.
	order *build.Order
}

// resolve decides everything that follows from the spec, the input and the surroundings. It
// returns everything that is wrong with the spec.
func resolve(doc *document, input *v1beta1.Input, around surroundings) (*Workflow, field.ErrorList) {
	r := resolver{doc: doc, input: input, around: around, facts: flow.Read(doc.flow)}
	if errs := r.validate(); len(errs) > 0 {
		return nil, errs
	}
	document, invalid := r.document()
	if invalid != nil {
		return nil, field.ErrorList{invalid}
	}
	if r.builds() {
		r.order = r.newOrder(document)
		if err := r.order.ValidateSize(); err != nil {
			return nil, field.ErrorList{err}
		}
	}
	dev := r.devFlow(document)
	services := r.services()
	c, warnings, err := r.component(services, dev)
	if err != nil {
		return nil, field.ErrorList{err}
	}
	if errs := r.validateKnative(c); len(errs) > 0 {
		return nil, errs
	}
	last := build.Last{Image: doc.status.Image, Build: doc.status.Build}
	if r.order != nil {
		c.BuildPod = r.order.Needs(last)
	}
	local := around.local
	w := &Workflow{
		NamespacedName:  doc.NamespacedName,
		Component:       c,
		Identity:        doc.identity(),
		Findings:        r.check(document),
		Build:           r.order,
		Last:            last,
		Dev:             dev,
		MissingFiles:    r.around.files.Missing(),
		Host:            r.around.host,
		NodePort:        r.around.nodePort,
		Platform:        local.Ref(doc.Namespace),
		ClusterPlatform: around.offer.Ref,
		Services:        services,
		Wiring:          r.wiring(services),
		Built:           r.built(),
		Monitored:       !r.knative() && local.Spec.Monitoring != nil && local.Spec.Monitoring.Enabled,
		BrokerPending:   local.State == composition.StatePending && !r.dev() || around.offer.BrokerPending && r.mayBorrow(),
	}
	w.Warnings = slices.Concat(warnings, r.warnings(c))
	return w, nil
}

// kind is what runs the flow.
func (r resolver) kind() component.Kind {
	switch {
	case r.dev():
		return component.WorkflowDev()
	case r.knative():
		return component.WorkflowKnative()
	}
	return component.Workflow()
}

// component decides about what runs the flow.
func (r resolver) component(services *v1alpha08.ClusterServicesStatus, dev *devmode.Flow) (*component.Component, []string, *field.Error) {
	kind, name := r.kind(), r.doc.Name
	sink, database := r.sink(), r.database()
	template := &r.doc.spec.PodTemplate.PodTemplateSpec
	var injected []string
	if sink != nil {
		injected = []string{component.VariableSink, component.VariableOverrides}
	}
	own := component.NewPod(component.PodOptions{
		Kind:            kind,
		Image:           r.image(),
		Flow:            kind.Name(name),
		Files:           r.around.files.Mounted(),
		ConfigMap:       kind.ConfigMap(name),
		UserConfigMap:   r.around.properties.configMap,
		Database:        database,
		Env:             r.around.shared.env,
		PullSecrets:     r.pullSecrets(),
		SecurityContext: securityContext(template),
	})
	raw, _ := r.doc.raw["podTemplate"].(map[string]any) // Decoding has checked the types.
	path := field.NewPath("spec", "podTemplate")
	pod, warnings, err := podtemplate.Merge(own, podtemplate.Template{Spec: template, Raw: raw, Path: path, Injected: injected, OwnDatabase: true})
	if err != nil {
		return nil, nil, field.Invalid(path, field.OmitValueType{}, err.Error()+": every volume needs a name, every mount a mountPath")
	}
	subscriptions, unreachable := r.subscriptions()
	c := &component.Component{
		Kind:          kind,
		Owner:         name,
		Namespace:     r.doc.Namespace,
		Inherited:     r.doc.labels,
		PartOf:        r.around.local.Name,
		Image:         r.image(),
		Version:       r.version(),
		Pod:           pod,
		Annotations:   r.podAnnotations(),
		UserConfigMap: r.around.properties.configMap,
		Database:      database,
		Subscriptions: subscriptions,
		Unreachable:   unreachable,
		Sink:          sink,
		Replicas:      template.Replicas,
	}
	if kind.Runner == component.RunnerDeployment && dev == nil {
		c.Budget = podtemplate.Budget(template.PodDisruptionBudget)
	}
	wired := wiring{
		dev: dev != nil, compiled: r.order != nil, persistent: database != nil, host: r.around.host, url: c.URL(), sink: sink != nil, facts: r.facts,
		grouping: r.input.Workflows.EventGrouping, shared: r.around.shared.values, addresses: r.around.addresses.Properties,
		dataIndex: urlOf(services, dataIndexOf), jobsService: urlOf(services, jobsServiceOf),
	}
	unbound := wired
	unbound.sink = false
	c.Properties = component.Properties{Text: wired.managed(), WithoutSink: unbound.managed(), Beside: r.around.properties.text + ","}
	if dev != nil {
		c.Files = append(c.Files, kind.Name(name))
		for _, f := range r.around.files.Mounted() {
			c.Files = append(c.Files, f.ConfigMap)
		}
		c.Properties.Beside += dev.Document + "\n" + r.around.files.Content()
		c.Properties.Live = r.input.Workflows.DevReload != v1beta1.DevReloadRoll
	}
	return c, warnings, nil
}

// image is what the workflow runs: the one that is built, its own image or, in the profile
// dev, that of the platform or of the input.
func (r resolver) image() string {
	switch {
	case r.order != nil:
		return r.order.Image()
	case !r.dev():
		return r.doc.image()
	}
	return cmp.Or(r.doc.image(), r.devBaseImage(), images.Resolve(r.input.Images).WorkflowDevMode)
}

// document is the flow as a runtime reads it; empty for a workflow whose flow is in an image of
// the user's. A flow that isn't JSON can't come from an API server.
func (r resolver) document() (string, *field.Error) {
	if r.doc.profile() == flow.GitOps {
		return "", nil
	}
	out, err := flow.Document(r.doc.flow, r.doc.identity())
	if err != nil {
		return "", field.Invalid(field.NewPath("spec", "flow"), field.OmitValueType{}, err.Error())
	}
	return out, nil
}

// securityContext is the operator's, which meets the restricted Pod Security Standard, less
// what the template decides otherwise.
func securityContext(template *v1alpha08.PodTemplateSpec) *corev1.SecurityContext {
	out := podtemplate.Restricted(template)
	out.Privileged = new(false)
	return out
}

// version is what the label about the version says: the flow's version if it can be a
// label's, else that of the image.
func (r resolver) version() string {
	if v := r.doc.annotations[v1alpha08.AnnotationVersion]; v != "" && len(validation.IsValidLabelValue(v)) == 0 {
		return v
	}
	if r.order != nil {
		return "" // Another build isn't another version.
	}
	return images.Version(r.image())
}

// check finds what is wrong with the flow.
func (r resolver) check(document string) []flow.Finding {
	sources := make([]string, 0, len(r.doc.spec.Sources))
	for _, s := range r.doc.spec.Sources {
		sources = append(sources, s.EventType)
	}
	setting := flow.Setting{Profile: r.doc.profile(), Identity: r.doc.identity(), Sources: sources}
	if document == "" {
		return flow.Check(r.doc.flow, setting)
	}
	setting.Files, setting.FilesKnown = r.around.files.Paths(), r.around.files.Known && r.around.files.Missing() == ""
	return append(flow.CheckSize(document), flow.Check(r.doc.flow, setting)...)
}

// built says why no image is built.
func (r resolver) built() string {
	out := "The workflow has an image, so that none is built"
	switch annotated := r.doc.annotations[v1alpha08.AnnotationProfile]; annotated {
	case "", string(flow.GitOps):
		return out
	default:
		return out + fmt.Sprintf(": the annotation %s: %s has no effect", v1alpha08.AnnotationProfile, annotated)
	}
}
