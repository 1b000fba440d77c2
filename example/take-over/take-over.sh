#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Takes platforms and workflows over from the SonataFlow operator, and gives them back.
# README.md in this folder says when to run which command. The script needs bash, kubectl and the rights of a
# cluster administrator.
set -euo pipefail

readonly GROUP=sonataflow.org
readonly PLATFORMS=sonataflowplatforms.$GROUP
readonly CLUSTER_PLATFORMS=sonataflowclusterplatforms.$GROUP
readonly WORKFLOWS=sonataflows.$GROUP
readonly TRIGGERS=triggers.eventing.knative.dev
readonly BINDINGS=sinkbindings.sources.knative.dev
readonly KNATIVE_SERVICES=services.serving.knative.dev
readonly MONITORS=servicemonitors.monitoring.coreos.com

# The manager of the operator's former fields, between `release` and `finish`.
readonly MANAGER=sonataflow-take-over

usage() {
  cat <<'END'
usage: take-over.sh COMMAND [--yes] [--operator=NAMESPACE/DEPLOYMENT]

From the operator, in this order:

  check        check that platforms and workflows can be taken over; changes nothing
  save DIR     write the platforms into DIR and the workflows into DIR/workflows, as
               claims
  release DIR  remove the operator's platforms and workflows and their definitions, but
               keep all objects of theirs; all services and workflows go on running
               ... then install the Configuration, and: kubectl apply -f DIR
               ... and when the platforms are ready: kubectl apply -f DIR/workflows
  finish       when the claims are ready: delete the operator's Triggers and Jobs that
               the claims have replaced

The way back:

  back DIR     write the claims into DIR and DIR/workflows, as the operator's platforms
               and workflows, and remove the claims, but keep their composed objects; all
               services and workflows go on running
               ... then uninstall the Configuration, install the operator, and:
               kubectl apply -f DIR, and then -f DIR/workflows
  back-finish  when the operator's Triggers are ready: delete the Triggers and Jobs of
               the claims that the operator has replaced

  --yes        don't ask for confirmation
  --operator   the Deployment of the operator, if its name is unusual
  --composition=NAME
               for save: the Composition that the claims of platforms use
  --workflow-composition=NAME
               for save: the Composition that the claims of workflows use

A command that changes the cluster shows its steps and asks for confirmation first.
Every command can be run again.
END
}

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  warn "take-over.sh: $*"
  exit 1
}

# --- Steps are collected, shown, and then taken. ---

what=()
how=()

# step notes a step: its description, and its command.
step() {
  what+=("$1")
  shift
  how+=("$(printf '%q ' "$@")")
}

# carry_out shows the noted steps, asks, and runs them.
carry_out() {
  local i answer
  if [ "${#what[@]}" -eq 0 ]; then
    say "There is nothing to do."
    return
  fi
  say "In $(kubectl config current-context 2>/dev/null || say 'the cluster'), this will"
  printf '  %s\n' "${what[@]}"
  if [ -z "$yes" ]; then
    read -r -p "Go on? [y/N] " answer || true
    case "$answer" in
    y | Y | yes) ;;
    *) die "nothing was changed" ;;
    esac
  fi
  for i in "${!what[@]}"; do
    eval "${how[i]}" >/dev/null || die "cannot ${what[i]}; remove the cause, and run this command again"
  done
  say "Done."
}

# --- What the cluster has. ---

# defined tells whether the cluster knew a kind when the script began.
defined() { grep -qx "customresourcedefinition.apiextensions.k8s.io/$1" <<<"$definitions"; }

# maker prints who made a definition: crossplane, operator, or none if there is no
# definition.
maker() {
  local owners
  if ! defined "$1"; then
    say none
    return
  fi
  owners=$(kubectl get crd "$1" --output go-template='{{range .metadata.ownerReferences}}{{.kind}} {{end}}') || return
  case "$owners" in
  *CompositeResourceDefinition*) say crossplane ;;
  *) say operator ;;
  esac
}

# adopted_one prints the objects that a platform or a workflow owns as the operator lets it: kind,
# namespace, name and UID. What Crossplane composes has a label of Crossplane's.
adopted_one() {
  local kinds
  kinds=$(kinds)
  # shellcheck disable=SC2016 # These are the template's own variables.
  kubectl get "$kinds" --namespace="$2" --output go-template='{{range $o := .items}}{{$composed := false}}{{range $k, $v := .metadata.labels}}{{if eq $k "crossplane.io/composite"}}{{$composed = true}}{{end}}{{end}}{{range .metadata.ownerReferences}}{{if and (eq .uid "'"$4"'") (not $composed)}}  {{$o.kind}} {{$o.metadata.name}} in namespace '"$2"'
{{end}}{{end}}{{end}}'
}

# not_adopted ends the command if Crossplane manages the kinds while objects are still the
# operator's: then the deletion of a platform or workflow, or of a definition, deletes them.
not_adopted() {
  local kind all found=
  for kind in "$PLATFORMS" "$WORKFLOWS"; do
    all=$(all_of "$kind")
    found+=$(on_each_line "$all" adopted_one "$kind")
  done
  if [ -n "$found" ]; then
    die "Crossplane has taken over the operator's definitions, because the Configuration was installed before release. Uninstall nothing, and don't run back: that would delete these objects, which still belong to the operator's platforms and workflows. Remove their owner references:
$found"
  fi
}

# kinds lists the kinds of objects that a platform or a workflow may own and that the
# cluster knows.
kinds() {
  local kind list=deployments.apps,services,configmaps,poddisruptionbudgets.policy,jobs.batch,persistentvolumeclaims,pods
  for kind in "$BINDINGS" "$TRIGGERS" "$KNATIVE_SERVICES" "$MONITORS"; do
    if defined "$kind"; then list+=,$kind; fi
  done
  say "$list"
}

# word is how messages call an object of a kind: platform or workflow.
word() {
  case "$1" in
  "$PLATFORMS") say platform ;;
  "$WORKFLOWS") say workflow ;;
  esac
}

# labels prints the selector of the objects of a platform or workflow: kind, namespace and
# name.
labels() {
  case "$1" in
  "$PLATFORMS") say "app=$3,app-namespace=$2,$GROUP/service" ;;
  "$WORKFLOWS") say "$GROUP/workflow-app=$3,$GROUP/workflow-namespace=$2" ;;
  esac
}

# all_of lists namespace, name and UID of the platforms or the workflows.
all_of() {
  defined "$1" || return 0
  kubectl get "$1" --all-namespaces --output go-template='{{range .items}}{{.metadata.namespace}} {{.metadata.name}} {{.metadata.uid}}
{{end}}'
}

cluster_platforms() {
  defined "$CLUSTER_PLATFORMS" || return 0
  kubectl get "$CLUSTER_PLATFORMS" --output go-template='{{range .items}}{{.metadata.name}}
{{end}}'
}

# operators lists the operator's Deployments: namespace/name, and how many pods it wants
# and has.
operators() {
  local all one='{{.metadata.namespace}}/{{.metadata.name}} {{.spec.replicas}} {{if .status.replicas}}{{.status.replicas}}{{else}}0{{end}}
'
  if [ -n "$operator" ]; then
    kubectl get deployments.apps "${operator#*/}" --namespace="${operator%%/*}" --output go-template="$one"
    return
  fi
  all=$(kubectl get deployments.apps --all-namespaces --output go-template="{{range .items}}$one{{end}}") || return
  grep -E '/(sonataflow|logic|kogito-serverless)-operator[a-z0-9-]*-controller-manager ' <<<"$all" || true
}

# running lists the operator's Deployments that have pods, or that are scaled to more than
# 0 replicas.
running() {
  local all name wanted there
  all=$(operators) || return
  while read -r name wanted there; do
    if [ "${wanted:-0}" != 0 ] || [ "${there:-0}" != 0 ]; then
      say "Deployment $name has $there pods and $wanted desired replicas"
    fi
  done <<<"$all"
}

# stopped ends the command if an operator runs.
stopped() {
  local pods
  pods=$(running) || die "cannot find out whether the operator runs"
  if [ -n "$pods" ]; then die "the operator runs, and would undo the changes of this command; stop the operator: $pods"; fi
}

# on_each_line runs a command with the words of each line of a text that isn't empty.
on_each_line() {
  local text=$1 words
  shift
  while read -r -a words <&3; do
    if [ "${#words[@]}" -gt 0 ]; then "$@" "${words[@]}"; fi
  done 3<<<"$text"
}

# triggers lists Triggers with a label selector, without those that are being deleted:
# namespace, name, what the Trigger does (Broker, type, subscriber), and whether it is
# ready.
triggers() {
  defined "$TRIGGERS" || return 0
  # shellcheck disable=SC2016 # These are the template's own variables.
  kubectl get "$TRIGGERS" --all-namespaces --selector="$1" --output go-template='{{range .items}}{{if .metadata.deletionTimestamp}}{{else}}{{$ready := "False"}}{{range .status.conditions}}{{if eq .type "Ready"}}{{$ready = .status}}{{end}}{{end}}{{.metadata.namespace}} {{.metadata.name}} {{.metadata.namespace}}/{{.spec.broker}}|{{.spec.filter.attributes.type}}|{{.spec.subscriber.ref.namespace}}/{{.spec.subscriber.ref.name}}{{with .spec.subscriber.uri}}{{.}}{{end}} {{$ready}}
{{end}}{{end}}'
}

# --- Templates. ---

# The JSON patches that remove the owner references of an owner: kind, version, namespace,
# name and patch of each object that is owned by UID, which stands for the owner's UID. A patch
# also makes MANAGER the manager of the fields that the owner's controller wrote.
# Otherwise server-side apply could never remove such a field from the object when it
# leaves a platform's spec. Of the object named USERS, the user's properties, only the owner
# changes.
readonly LET_GO='{{define "field"}},{"op":"remove","path":{{.}}}{{end -}}
{{range $o := .items}}{{range $i, $r := .metadata.ownerReferences}}{{if eq $r.uid "UID" -}}
{{$o.kind}} {{$o.apiVersion}} {{$o.metadata.namespace}} {{$o.metadata.name}} [{"op":"test","path":"/metadata/ownerReferences/{{$i}}/uid","value":"UID"},{"op":"remove","path":"/metadata/ownerReferences/{{$i}}"}
{{- range $m, $f := $o.metadata.managedFields}}{{if or $f.subresource (eq $o.metadata.name "USERS")}}{{else}}{{if eq $f.operation "Update"}}{{$fields := printf "/metadata/managedFields/%d/fieldsV1" $m -}}
{{with $f.fieldsV1}}{{$all := .}}{{with index . "f:metadata"}}{{with index . "f:ownerReferences"}}{{range $k, $v := .}}{{if eq $k (printf "k:{%q:%q}" "uid" $r.uid) -}}
,{"op":"test","path":"/metadata/managedFields/{{$m}}/manager","value":{{printf "%q" $f.manager}}},{"op":"replace","path":"/metadata/managedFields/{{$m}}/manager","value":"MANAGER"},{"op":"replace","path":"/metadata/managedFields/{{$m}}/operation","value":"Apply"}
{{- /* Fields that Knative injects stay with Knative. */ -}}
{{with index $all "f:spec"}}{{with index . "f:template"}}{{with index . "f:spec" -}}
{{with index . "f:containers"}}{{range $c, $cv := . -}}
{{with index $cv "f:env"}}{{range $e, $ev := .}}{{if or (eq $e (printf "k:{%q:%q}" "name" "K_SINK")) (eq $e (printf "k:{%q:%q}" "name" "K_CE_OVERRIDES"))}}{{template "field" (printf "%q" (print $fields "/f:spec/f:template/f:spec/f:containers/" $c "/f:env/" $e))}}{{end}}{{end}}{{end -}}
{{with index $cv "f:volumeMounts"}}{{range $e, $ev := .}}{{if eq $e (printf "k:{%q:%q}" "mountPath" "/knative-custom-certs")}}{{template "field" (printf "%q" (print $fields "/f:spec/f:template/f:spec/f:containers/" $c "/f:volumeMounts/k:{\"mountPath\":\"~1knative-custom-certs\"}"))}}{{end}}{{end}}{{end -}}
{{end}}{{end -}}
{{with index . "f:volumes"}}{{range $e, $ev := .}}{{if eq $e (printf "k:{%q:%q}" "name" "kne-bundle-volume")}}{{template "field" (printf "%q" (print $fields "/f:spec/f:template/f:spec/f:volumes/" $e))}}{{end}}{{end}}{{end -}}
{{end}}{{end}}{{end -}}
{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end -}}
]
{{end}}{{end}}{{end}}'

# The JSON patches that remove a composite's owner references from its composed objects,
# and the labels and annotations that Crossplane writes. MANAGER-back becomes the manager
# of the fields that Crossplane applied: the operator overwrites these fields, and a later
# `finish` finds them.
readonly SET_FREE='{{range $o := .items}}{{range $i, $r := .metadata.ownerReferences}}{{if eq $r.uid "UID" -}}
{{$o.kind}} {{$o.apiVersion}} {{$o.metadata.namespace}} {{$o.metadata.name}} [{"op":"test","path":"/metadata/ownerReferences/{{$i}}/uid","value":"UID"},{"op":"remove","path":"/metadata/ownerReferences/{{$i}}"}
{{- range $k, $v := $o.metadata.labels -}}
{{if eq $k "crossplane.io/composite"}},{"op":"remove","path":"/metadata/labels/crossplane.io~1composite"}{{end -}}
{{if eq $k "crossplane.io/claim-name"}},{"op":"remove","path":"/metadata/labels/crossplane.io~1claim-name"}{{end -}}
{{if eq $k "crossplane.io/claim-namespace"}},{"op":"remove","path":"/metadata/labels/crossplane.io~1claim-namespace"}{{end -}}
{{end -}}
{{range $k, $v := $o.metadata.annotations -}}
{{if eq $k "crossplane.io/composition-resource-name"}},{"op":"remove","path":"/metadata/annotations/crossplane.io~1composition-resource-name"}{{end -}}
{{end -}}
{{range $m, $f := $o.metadata.managedFields}}{{if eq (printf "%.36s" $f.manager) "apiextensions.crossplane.io/composed" -}}
,{"op":"test","path":"/metadata/managedFields/{{$m}}/manager","value":"{{$f.manager}}"},{"op":"replace","path":"/metadata/managedFields/{{$m}}/manager","value":"MANAGER-back"}
{{- end}}{{end -}}
]
{{end}}{{end}}{{end}}'

# The merge patch that removes from an object all fields that its user hasn't written:
# fields of the API server and of kubectl, fields about builds and the number of pods that
# the operator writes into specs, and fields that Crossplane writes into the specs of claims.
readonly BARE='{{$written := false}}{"status":null,"metadata":{"uid":null,"resourceVersion":null,"generation":null,"creationTimestamp":null,"deletionTimestamp":null,"deletionGracePeriodSeconds":null,"selfLink":null,"managedFields":null,"ownerReferences":null,"finalizers":null
{{- $kept := false}}{{range $k, $v := .metadata.annotations}}{{if or (eq $k "kubectl.kubernetes.io/last-applied-configuration") (eq $k "crossplane.io/paused")}}{{else}}{{$kept = true}}{{end}}{{end -}}
{{$named := false}}{{range $k, $v := .metadata.labels}}{{if ne $k "crossplane.io/composite"}}{{$named = true}}{{end}}{{end -}}
{{if $named}},"labels":{"crossplane.io/composite":null}{{else}},"labels":null{{end -}}
{{if $kept}},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":null,"crossplane.io/paused":null}{{else}},"annotations":null{{end -}}
},"spec":{"resourceRef":null,"resourceRefs":null,"compositionRef":null,"compositionSelector":null,"compositionRevisionRef":null,"compositionRevisionSelector":null,"compositionUpdatePolicy":null,"compositeDeletePolicy":null,"publishConnectionDetailsTo":null,"writeConnectionSecretToRef":null,"crossplane":null
{{- /* Of a workflow, the replicas that the operator wrote, which is told by its finalizer, or, in the profile dev, by the name of its program. */ -}}
{{range .metadata.managedFields}}{{if .fieldsV1}}{{$operators := eq (printf "%s" .manager) "manager" -}}
{{with index .fieldsV1 "f:metadata"}}{{with index . "f:finalizers"}}{{range $k, $v := .}}{{if eq $k "v:\"workflow-deletion\""}}{{$operators = true}}{{end}}{{end}}{{end}}{{end -}}
{{if $operators}}{{with index .fieldsV1 "f:spec"}}{{with index . "f:podTemplate"}}{{range $k, $v := .}}{{if eq $k "f:replicas"}}{{$written = true}}{{end}}{{end}}{{end}}{{end}}{{end -}}
{{end}}{{end -}}
{{with .spec}}{{with .podTemplate}}{{if and $written (eq (printf "%v" .replicas) "1")}},"podTemplate":{"replicas":null}{{end}}{{end}}{{end -}}
{{with .spec}}{{with .devMode}}{{else}},"devMode":null{{end -}}
{{$build := false}}{{$config := false}}{{$options := false}}{{$timeout := false -}}
{{with .build -}}
{{with .template}}{{$build = true}}{{end -}}
{{with .config -}}
{{if .baseImage}}{{$config = true}}{{end}}{{with .registry}}{{$config = true}}{{end -}}
{{if .timeout}}{{if ne .timeout "5m0s"}}{{$config = true}}{{$timeout = true}}{{end}}{{end -}}
{{range $k, $v := .strategyOptions}}{{if or (ne $k "KanikoBuildCacheEnabled") (ne $v "false")}}{{$config = true}}{{$options = true}}{{end}}{{end -}}
{{end}}{{end -}}
{{if or $build $config}},"build":{{"{"}}{{if $config}}"config":{"strategy":null{{if $timeout}}{{else}},"timeout":null{{end}}{{if $options}}{{else}},"strategyOptions":null{{end}}}{{else}}"config":null{{end}}}{{else}},"build":null{{end -}}
{{end}}}}'

# --- From the operator. ---

# What check says about a platform, and about a workflow.
readonly ABOUT_PLATFORM='{{with .status}}{{range .conditions}}{{if eq .type "Succeed"}}{{if .reason}}{{if eq .reason "Duplicated"}}note    The platform is a duplicate of an older one. Delete the platform or its saved claim, unless you want a duplicate claim.
{{end}}{{end}}{{end}}{{end}}{{end}}{{with .spec.services}}{{range $name, $s := .}}{{with $s.persistence}}{{if .dbMigrationStrategy}}{{if eq .dbMigrationStrategy "job"}}note    dbMigrationStrategy of {{$name}} is job: the service will stop while its schema is migrated again.
{{end}}{{end}}{{end}}{{end}}{{end}}'
readonly ABOUT_WORKFLOW='{{$profile := ""}}{{$image := ""}}{{range $k, $v := .metadata.annotations}}{{if eq $k "sonataflow.org/profile"}}{{$profile = $v}}{{end}}{{end -}}
{{with .spec.podTemplate}}{{with .container}}{{with .image}}{{$image = .}}{{end}}{{end}}{{end -}}
{{if eq $profile "dev"}}note    The workflow has the profile dev. Its pods are replaced, and what they have in memory is lost.
{{else if not $image}}note    The operator has built the image of the workflow. save writes the image that runs into the claim, so that the function builds none.
{{end}}{{with .spec.podTemplate}}{{with .deploymentModel}}{{if eq . "knative"}}note    The workflow runs on Knative Serving. Its claim keeps the Knative Service, and makes one new revision.
{{end}}{{end}}{{end}}{{range $k, $v := .spec}}{{if eq $k "persistence"}}{{if not $v.postgresql}}note    spec.persistence without postgresql means no persistence to the operator. Here it means the database of the platform, if that has one, unless the Composition says compatibility: Operator.
{{end}}{{end}}{{end}}'

# check_owner shows one platform or workflow with the objects that it owns, and sets problems
# if a user must act before the release.
check_owner() {
  local kind=$1 namespace=$2 name=$3 uid=$4 word about lines kinds elsewhere
  word=$(word "$kind")
  case "$word" in
  platform) about=$ABOUT_PLATFORM ;;
  workflow) about=$ABOUT_WORKFLOW ;;
  esac
  say "      $word $name in namespace $namespace"
  lines=$(kubectl get "$kind" "$name" --namespace="$namespace" --output go-template='{{if .metadata.deletionTimestamp}}STOP    The '"$word"' is being deleted, together with all objects that it owns.
{{end}}{{range .metadata.finalizers}}        finalizer {{.}}
{{end}}{{range .metadata.ownerReferences}}note    {{.kind}} {{.name}} owns the '"$word"'. The claim will have no owner.
{{end}}'"$about")
  kinds=$(kinds)
  # shellcheck disable=SC2016 # These are the template's own variables.
  lines+=$'\n'$(kubectl get "$kinds" --namespace="$namespace" --output go-template='{{range $o := .items}}{{range .metadata.ownerReferences}}{{if eq .uid "'"$uid"'"}}        {{$o.kind}} {{$o.metadata.name}}{{if eq $o.kind "Deployment"}}{{range $o.spec.template.spec.containers}}, image {{.image}}{{end}}{{end}}
{{if eq $o.kind "Deployment"}}{{with $o.spec.template.spec}}{{if and (eq (len .containers) 1) (not .initContainers) (or (not .serviceAccountName) (eq .serviceAccountName "default"))}}note    Pods of this Deployment will have no service account token. To keep the token, set podTemplate.automountServiceAccountToken to true.
{{end}}{{end}}{{end}}{{if eq $o.kind "Job"}}{{if $o.status.active}}STOP    The Job runs: wait until it has ended.
{{end}}{{end}}{{end}}{{end}}{{end}}')
  elsewhere=$(triggers "$(labels "$kind" "$namespace" "$name")")
  elsewhere=$(grep . <<<"$elsewhere" | grep -cv "^$namespace " || true)
  if [ "$elsewhere" -gt 0 ]; then lines+=$'\n'"        $elsewhere Triggers in other namespaces"; fi
  grep . <<<"$lines" || true
  if grep -q ^STOP <<<"$lines"; then problems=1; fi
}

check() {
  local made pods kind all names
  problems=
  made=$(maker "$PLATFORMS")
  case "$made" in
  crossplane)
    not_adopted
    say "ok    Crossplane manages the platforms already: run finish when they are ready."
    return
    ;;
  none)
    say "ok    There is no definition of platforms: either release has deleted it, or the operator was never installed."
    return
    ;;
  esac
  if defined "x$PLATFORMS"; then
    say "STOP  The Configuration is installed already, beside the operator's definitions, which Crossplane may take over. Scale Crossplane to 0 replicas, and ask for help before you uninstall the Configuration: the deletion of a definition deletes all platforms."
    problems=1
  fi
  pods=$(running) || die "cannot find out whether the operator runs"
  if [ -n "$pods" ]; then
    say "STOP  The operator runs: $pods. Stop the operator; the services go on running."
    problems=1
  else
    all=$(operators)
    if [ -n "$all" ]; then
      say "ok    The operator is stopped: Deployment ${all%% *} has 0 replicas."
    else
      say "ok    No Deployment of the operator was found. If its name is unusual, give --operator."
    fi
  fi
  if defined clusterserviceversions.operators.coreos.com; then
    names=$(kubectl get clusterserviceversions.operators.coreos.com --all-namespaces --output name)
    if grep -qE '/(sonataflow|logic)-operator' <<<"$names"; then
      say "STOP  OLM would start the operator again: delete the operator's Subscription and ClusterServiceVersion."
      problems=1
    fi
  fi
  if defined compositeresourcedefinitions.apiextensions.crossplane.io; then
    say "ok    Crossplane is installed."
  else
    say "STOP  Crossplane isn't installed."
    problems=1
  fi
  for kind in "$PLATFORMS" "$WORKFLOWS"; do
    all=$(all_of "$kind")
    on_each_line "$all" check_owner "$kind"
  done
  all=$(cluster_platforms)
  on_each_line "$all" say "      cluster platform"
  if [ -n "$problems" ]; then die "platforms and workflows can't be released yet: do what each line with STOP says"; fi
  say "ok    The platforms and workflows can be saved and released."
}

# file_of prints where a platform or a workflow is saved. Workflows have a folder of their own,
# because they are applied after the platforms that they are wired to. No name has an underscore,
# so that no two objects have the same file.
file_of() {
  case "$2" in
  "$PLATFORMS") say "$1/sonataflowplatform-$3_$4.yaml" ;;
  "$WORKFLOWS") say "$1/workflows/sonataflow-$3_$4.yaml" ;;
  esac
}

# original_of prints where the manifest of a platform or a workflow is kept as it was.
original_of() { say "$1/before/$(word "$2")-$3_$4.yaml"; }

file_of_cluster_platform() { say "$1/sonataflowclusterplatform-$2.yaml"; }

# write writes an object as a manifest into a file: without all that its user hasn't written,
# and with the changes of a merge patch. It never overwrites a file, because a user may have
# edited the file.
write() {
  local file=$1 changes=$2 bare
  shift 2
  bare=$(kubectl get "$@" --show-managed-fields --output go-template="$BARE")
  kubectl get "$@" --output yaml |
    kubectl patch --local --filename=- --type=merge --patch="$bare" --output yaml |
    kubectl patch --local --filename=- --type=merge --patch="$changes" --output yaml >"$work/manifest"
  if [ ! -e "$file" ]; then
    mv "$work/manifest" "$file"
    say "Written: $file"
  elif cmp -s "$work/manifest" "$file"; then
    say "Already there, and unchanged: $file"
  elif [ -n "$keep" ]; then
    say "Kept, although the file differs from the object in the cluster: $file"
  else
    die "$file differs from the object in the cluster: remove the file, or give another folder"
  fi
}

# changes prints the merge patch that gives a spec a Composition and an image; either may be
# empty.
changes() {
  local fields=() IFS=,
  if [ -n "$1" ]; then fields+=('"compositionRef":{"name":"'"$1"'"}'); fi
  if [ -n "$2" ]; then fields+=('"podTemplate":{"container":{"image":"'"$2"'"}}'); fi
  say '{"spec":{'"${fields[*]-}"'}}'
}

# built prints the image that the operator has built for a workflow that names none: the image
# of its Deployment or Knative Service. A workflow of the profile dev runs an image that is none of
# its own.
built() {
  local own kind image
  # shellcheck disable=SC2016 # These are the template's own variables.
  own=$(kubectl get "$WORKFLOWS" "$2" --namespace="$1" --output go-template='{{range $k, $v := .metadata.annotations}}{{if and (eq $k "sonataflow.org/profile") (eq $v "dev")}}dev{{end}}{{end}}{{with .spec.podTemplate}}{{with .container}}{{with .image}}{{.}}{{end}}{{end}}{{end}}') || return
  if [ -n "$own" ]; then return; fi
  for kind in deployments.apps "$KNATIVE_SERVICES"; do
    if [ "$kind" = "$KNATIVE_SERVICES" ] && ! defined "$kind"; then continue; fi
    image=$(kubectl get "$kind" "$2" --namespace="$1" --ignore-not-found --output jsonpath='{.spec.template.spec.containers[?(@.name=="workflow")].image}') || return
    if [ -n "$image" ]; then
      say "$image"
      return
    fi
  done
}

# write_one writes a platform or a workflow, and keeps its objects as they are.
write_one() {
  local dir=$1 kind=$2 namespace=$3 name=$4 word file all changes image
  word=$(word "$kind")
  file=$(file_of "$dir" "$kind" "$namespace" "$name")
  all=$(kinds)
  kubectl get "$kind" "$name" --namespace="$namespace" --output yaml >"$(original_of "$dir" "$kind" "$namespace" "$name")"
  kubectl get "$all" --namespace="$namespace" --selector="app=$name" --output yaml >"$dir/before/objects-$word-${namespace}_$name.yaml"
  changes=$(changes "$composition" '')
  if [ "$word" = workflow ]; then
    image=$(built "$namespace" "$name")
    changes=$(changes "$workflow_composition" "$image")
    # The operator gives this ConfigMap no labels.
    kubectl get configmaps "$name-managed-props" --namespace="$namespace" --ignore-not-found --output yaml >"$dir/before/properties-${namespace}_$name.yaml"
  fi
  write "$file" "$changes" "$kind" "$name" --namespace="$namespace"
}

write_cluster_platform() {
  local dir=$1 name=$2 file
  file=$(file_of_cluster_platform "$dir" "$name")
  write "$file" '{"spec":{}}' "$CLUSTER_PLATFORMS" "$name"
  kubectl get "$CLUSTER_PLATFORMS" "$name" --output yaml >"$dir/before/clusterplatform-$name.yaml"
}

# write_all writes all platforms and workflows into a folder, and their original manifests
# into its subfolder before.
write_all() {
  local kind all
  mkdir -p "$1/before"
  all=$(all_of "$WORKFLOWS")
  if [ -n "$all" ]; then mkdir -p "$1/workflows"; fi
  for kind in "$PLATFORMS" "$WORKFLOWS"; do
    all=$(all_of "$kind")
    on_each_line "$all" write_one "$1" "$kind"
  done
  all=$(cluster_platforms)
  on_each_line "$all" write_cluster_platform "$1"
}

save() {
  local dir=$1 made definition keep=1
  made=$(maker "$PLATFORMS")
  case "$made" in
  crossplane)
    not_adopted
    die "Crossplane manages the platforms already; to give them back to the operator, run back"
    ;;
  none)
    say "There are no platforms. The folder $dir stays unchanged."
    return
    ;;
  esac
  write_all "$dir"
  for definition in "$PLATFORMS" "$CLUSTER_PLATFORMS" "$WORKFLOWS"; do
    if defined "$definition"; then kubectl get crd "$definition" --output yaml >"$dir/before/definition-${definition%%.*}.yaml"; fi
  done
}

# resource prints kubectl's name of a kind of an API version.
resource() {
  local group=${2%/*}
  if [ "$group" = "$2" ]; then say "$1"; else say "$1.${2#*/}.$group"; fi
}

plan_patch() {
  local resource
  resource=$(resource "$1" "$2")
  step "remove the owner reference from $1 $4 in namespace $3" kubectl patch "$resource" "$4" --namespace="$3" --type=json --patch="$5"
}

# plan_patches notes the patches that a template makes for the objects that a UID owns.
# The third argument is the name of the object with the user's properties, or empty. The other
# arguments tell kubectl which objects to read: a list of kinds, and the namespaces.
plan_patches() {
  local template=${1//UID/$2} patches
  template=${template//MANAGER/$MANAGER}
  template=${template//USERS/$3}
  shift 3
  patches=$(kubectl get "$@" --show-managed-fields --output go-template="$template") || return
  on_each_line "$patches" plan_patch
}

# remove_definition removes a kind that has no objects left.
remove_definition() {
  local left
  left=$(kubectl get "$1" --all-namespaces --output name) || return
  if [ -n "$left" ]; then
    warn "the definition $1 can't be deleted while there are objects of it: $left"
    return 1
  fi
  kubectl delete crd "$1" --timeout=3m
}

# unchanged tells whether an object still is the one that a file has, with the same spec. The
# other arguments tell kubectl which object.
unchanged() {
  local file=$1 spec='{.metadata.uid} {.metadata.generation}' saved now going
  shift
  going=$(kubectl get "$@" --output jsonpath='{.metadata.deletionTimestamp}') || return
  if [ -n "$going" ]; then return; fi # An earlier release has deleted it.
  [ -f "$file" ] || return
  saved=$(kubectl patch --local --filename="$file" --type=merge --patch='{}' --output jsonpath="$spec") || return
  now=$(kubectl get "$@" --output jsonpath="$spec") || return
  [ "$saved" = "$now" ]
}

# release_one notes how a platform or a workflow is removed without its objects.
release_one() {
  local dir=$1 kind=$2 namespace=$3 name=$4 uid=$5 word file all finalizers properties=
  word=$(word "$kind")
  file=$(file_of "$dir" "$kind" "$namespace" "$name")
  [ -f "$file" ] || die "$word $name of namespace $namespace isn't in $dir: run save first"
  unchanged "$(original_of "$dir" "$kind" "$namespace" "$name")" "$kind" "$name" --namespace="$namespace" ||
    die "$word $name of namespace $namespace has changed since save, or isn't the one that save has seen: take the change over into $file, and run save again"
  all=$(kinds)
  if [ "$word" = workflow ]; then properties=$name-props; fi
  plan_patches "$LET_GO" "$uid" "$properties" "$all" --namespace="$namespace"
  if [ "$word" = workflow ]; then plan_label "$namespace" "$name"; fi
  finalizers=$(kubectl get "$kind" "$name" --namespace="$namespace" --output jsonpath='{.metadata.finalizers}')
  if [ -n "$finalizers" ]; then
    step "remove the finalizers of $word $name in namespace $namespace, and keep its Triggers" \
      kubectl patch "$kind" "$name" --namespace="$namespace" --type=merge --patch='{"metadata":{"finalizers":null}}'
  fi
  step "delete $word $name in namespace $namespace, and keep its objects" \
    kubectl delete "$kind" "$name" --namespace="$namespace" --cascade=orphan --timeout=3m
}

# plan_label notes that the managed properties of a workflow get the label that tells the
# function whose they are. The operator gives that label to all other objects of a workflow.
plan_label() {
  local labels
  # shellcheck disable=SC2016 # These are the template's own variables.
  labels=$(kubectl get configmaps "$2-managed-props" --namespace="$1" --ignore-not-found --output go-template='unlabelled{{range $k, $v := .metadata.labels}}{{if eq $k "'"$GROUP/workflow-app"'"}}, but for its own{{end}}{{end}}')
  if [ "$labels" = unlabelled ]; then
    step "label ConfigMap $2-managed-props in namespace $1 as an object of workflow $2" \
      kubectl label configmaps "$2-managed-props" --namespace="$1" "$GROUP/workflow-app=$2"
  fi
}

release_cluster_platform() {
  local dir=$1 name=$2 file
  file=$(file_of_cluster_platform "$dir" "$name")
  [ -f "$file" ] || die "cluster platform $name isn't in $dir: run save first"
  step "delete cluster platform $name" kubectl delete "$CLUSTER_PLATFORMS" "$name" --cascade=orphan --timeout=3m
}

release() {
  local dir=$1 made kind all definition
  made=$(maker "$PLATFORMS")
  case "$made" in
  crossplane) die "Crossplane manages the platforms already: there is no platform of the operator to release" ;;
  none)
    say "There is nothing to do: the definition of platforms is gone."
    return
    ;;
  esac
  check
  for kind in "$WORKFLOWS" "$PLATFORMS"; do
    all=$(all_of "$kind")
    on_each_line "$all" release_one "$dir" "$kind"
  done
  all=$(cluster_platforms)
  on_each_line "$all" release_cluster_platform "$dir"
  # The definition of platforms is deleted last, because it tells whether anything is left
  # to do.
  for definition in "$WORKFLOWS" "$CLUSTER_PLATFORMS" "$PLATFORMS"; do
    if defined "$definition"; then step "delete the definition $definition" remove_definition "$definition"; fi
  done
  carry_out
}

# ready tells whether a claim is ready: kind, namespace and name.
ready() {
  local conditions wanted='True '
  if [ "$1" = "$PLATFORMS" ]; then wanted='True True '; fi # Succeed and Ready.
  conditions=$(kubectl get "$1" "$3" --namespace="$2" --output go-template='{{with .status}}{{range .conditions}}{{if eq .type "Succeed" "Ready"}}{{.status}} {{end}}{{end}}{{end}}') || return
  [ "$conditions" = "$wanted" ]
}

plan_trigger() {
  local others=$1 namespace=$2 name=$3 does=$4
  if grep -qF " $does True" <<<"$others"; then
    step "delete Trigger $name in namespace $namespace: a ready Trigger has the same Broker, type and subscriber" \
      kubectl delete "$TRIGGERS" "$name" --namespace="$namespace" --ignore-not-found
  else
    warn "Trigger $name in namespace $namespace stays: no ready Trigger has the same Broker, type and subscriber ($does)."
  fi
}

# plan_triggers notes which Triggers with the first selector are deleted: those for which
# a ready Trigger with the second selector has the same Broker, type and subscriber.
plan_triggers() {
  local all others
  all=$(triggers "$1")
  others=$(triggers "$2")
  on_each_line "$all" plan_trigger "$others"
}

plan_job() {
  local namespace=$1 pattern=$2 name=$3 active=$4
  if ! grep -qE "$pattern" <<<"$name"; then return; fi
  if [ "$active" != 0 ]; then
    warn "Job $name in namespace $namespace stays, because the Job runs."
  else
    step "delete Job $name in namespace $namespace" kubectl delete jobs.batch "$name" --namespace="$namespace" --ignore-not-found
  fi
}

# plan_jobs notes which Jobs are deleted. Its arguments are a namespace, a selector, and the
# start of the names of the Jobs.
plan_jobs() {
  local all
  all=$(kubectl get jobs.batch --namespace="$1" --selector="$2" --output go-template='{{range .items}}{{.metadata.name}} {{if .status.active}}{{.status.active}}{{else}}0{{end}}
{{end}}')
  on_each_line "$all" plan_job "$1" "^$3"
}

# nothing_of prints a manifest that names an object and has no other fields.
nothing_of() { printf 'apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n  namespace: %s\n' "$2" "$1" "$4" "$3"; }

# give_up takes a manager's fields of an object away from the manager. The API server
# removes the fields that no other manager has.
give_up() { nothing_of "${@:2}" | kubectl apply --server-side --field-manager="$1" --filename=-; }

plan_to_give_up() {
  local namespace=$1 kind=$2 version=$3 name=$4 manager=$5 change
  # kubectl diff fails when it finds a difference.
  change=$(nothing_of "$kind" "$version" "$namespace" "$name" |
    kubectl diff --server-side --field-manager="$manager" --filename=- 2>/dev/null |
    grep -E '^[+-] ' | grep -vE '^[+-] +(generation|resourceVersion|time):') || true
  step "take the fields of $kind $name in namespace $namespace away from their former manager${change:+, which changes$'\n'$change}" \
    give_up "$manager" "$kind" "$version" "$namespace" "$name"
}

finish_one() {
  local kind=$1 namespace=$2 name=$3 word all labels
  word=$(word "$kind")
  labels=$(labels "$kind" "$namespace" "$name")
  if ! ready "$kind" "$namespace" "$name"; then
    warn "The $word $name in namespace $namespace isn't ready: its objects stay unchanged."
    late=1
    return
  fi
  plan_triggers "$labels,app.kubernetes.io/managed-by=sonataflow-operator" "$labels,app.kubernetes.io/managed-by=crossplane"
  if [ "$word" = platform ]; then
    plan_jobs "$namespace" "app=$name,app.kubernetes.io/managed-by=sonataflow-operator" sonataflow-db-migrator-job
  fi
  all=$(kinds)
  # shellcheck disable=SC2016 # These are the template's own variables.
  all=$(kubectl get "$all" --namespace="$namespace" --selector="$labels,app.kubernetes.io/managed-by=crossplane" --show-managed-fields --output go-template='{{range $o := .items}}{{range .metadata.managedFields}}{{if eq .manager "'"$MANAGER"'" "'"$MANAGER"'-back"}}{{$o.kind}} {{$o.apiVersion}} {{$o.metadata.name}} {{.manager}}
{{end}}{{end}}{{end}}')
  on_each_line "$all" plan_to_give_up "$namespace"
}

finish() {
  local made kind all late=
  made=$(maker "$PLATFORMS")
  [ "$made" = crossplane ] || die "Crossplane hasn't made the definition of platforms: install the Configuration, and apply the claims"
  stopped
  for kind in "$PLATFORMS" "$WORKFLOWS"; do
    all=$(all_of "$kind")
    on_each_line "$all" finish_one "$kind"
  done
  carry_out
  if [ -n "$late" ]; then die "run finish again when all platforms and workflows are ready"; fi
}

# --- The way back. ---

# await waits until a command succeeds, for three minutes at most.
await() {
  local second
  for ((second = 0; second < 180; second++)); do
    if "$@"; then return; fi
    sleep 1
  done
  warn "not done within three minutes: $*"
  return 1
}

# is_paused, is_going and pause are about the composite of a kind of claims: kind and name.
is_paused() {
  local reason
  reason=$(kubectl get "x$1" "$2" --output go-template='{{with .status}}{{range .conditions}}{{if eq .type "Synced"}}{{.reason}}{{end}}{{end}}{{end}}') || return
  [ "$reason" = ReconcilePaused ]
}

is_going() {
  local since
  since=$(kubectl get "x$1" "$2" --output jsonpath='{.metadata.deletionTimestamp}') || return
  [ -n "$since" ]
}

pause() {
  kubectl annotate "x$1" "$2" crossplane.io/paused=true --overwrite && await is_paused "$1" "$2"
}

# free removes a composite's owner references from all objects that it owns. The composite
# is paused, so that Crossplane doesn't write the owner references again.
free() {
  local i all what=() how=()
  all=$(kinds) || return
  plan_patches "$SET_FREE" "$1" '' "$all" --all-namespaces || return
  for i in "${!what[@]}"; do
    eval "${how[i]}" || return
  done
}

# remove_claim deletes a claim and its composite, which owns no objects any more. Crossplane
# doesn't finish the deletion of a paused composite. When the deletion has begun, the pause
# can end, because Crossplane composes nothing for a composite that is being deleted.
remove_claim() {
  kubectl patch "$1" "$3" --namespace="$2" --type=merge --patch='{"spec":{"compositeDeletePolicy":"Background"}}' &&
    kubectl delete "$1" "$3" --namespace="$2" --wait=false &&
    await is_going "$1" "$4" &&
    kubectl annotate "x$1" "$4" crossplane.io/paused- &&
    kubectl wait "$1" "$3" --namespace="$2" --for=delete --timeout=3m
}

# back_one notes how a claim is removed without its objects.
back_one() {
  local kind=$1 namespace=$2 name=$3 word composite uid=
  word=$(word "$kind")
  composite=$(kubectl get "$kind" "$name" --namespace="$namespace" --output jsonpath='{.spec.resourceRef.name}')
  if [ -n "$composite" ]; then
    uid=$(kubectl get "x$kind" "$composite" --ignore-not-found --output jsonpath='{.metadata.uid}')
  fi
  if [ -z "$uid" ]; then
    step "delete $word claim $name in namespace $namespace, which has no composite" \
      kubectl delete "$kind" "$name" --namespace="$namespace" --timeout=3m
    return
  fi
  if ! is_going "$kind" "$composite"; then
    step "pause composite $composite of $word claim $name in namespace $namespace" pause "$kind" "$composite"
    step "remove the owner references from the objects of composite $composite" free "$uid"
  fi
  step "delete $word claim $name in namespace $namespace and composite $composite, and keep their objects" \
    remove_claim "$kind" "$namespace" "$name" "$composite"
}

back_cluster_platform() {
  step "delete cluster platform $1" kubectl delete "$CLUSTER_PLATFORMS" "$1" --timeout=3m
}

back() {
  local made kind all keep=
  made=$(maker "$PLATFORMS")
  case "$made" in
  operator) die "the operator manages the platforms already" ;;
  none)
    say "There is nothing to do: the definition of platforms is gone."
    return
    ;;
  esac
  defined "x$PLATFORMS" || die "back can't be used: this is for the claimed form of the API, and there are no composites x$PLATFORMS"
  stopped
  not_adopted
  write_all "$1"
  for kind in "$WORKFLOWS" "$PLATFORMS"; do
    all=$(all_of "$kind")
    on_each_line "$all" back_one "$kind"
  done
  all=$(cluster_platforms)
  on_each_line "$all" back_cluster_platform
  carry_out
}

# own makes a platform or a workflow the owner of an object, as the operator does with the
# objects that it creates. Its arguments are those of the owner: kind, namespace, name and UID;
# then those of the object: kind, API version and name.
own() {
  local resource owner=SonataFlow
  resource=$(resource "$5" "$6") || return
  if [ "$1" = "$PLATFORMS" ]; then owner=SonataFlowPlatform; fi
  kubectl patch "$resource" "$7" --namespace="$2" --type=merge --field-manager=manager \
    --patch='{"metadata":{"ownerReferences":[{"apiVersion":"sonataflow.org/v1alpha08","kind":"'"$owner"'","name":"'"$3"'","uid":"'"$4"'","controller":true,"blockOwnerDeletion":true}]}}'
}

plan_to_own() {
  local word
  word=$(word "$1")
  step "make $word $3 the owner of $5 $7 in namespace $2" own "$@"
}

back_finish_one() {
  local kind=$1 namespace=$2 name=$3 uid=$4 word labels all kinds
  word=$(word "$kind")
  labels=$(labels "$kind" "$namespace" "$name")
  plan_triggers "$labels,app.kubernetes.io/managed-by=crossplane" "$labels,app.kubernetes.io/managed-by=sonataflow-operator"
  if [ "$word" = platform ]; then
    plan_jobs "$namespace" "app=$name,app.kubernetes.io/managed-by=crossplane,app.kubernetes.io/name=db-migrator" ''
  fi
  # The operator doesn't own the objects of a platform that it finds by name. Jobs and Triggers
  # have other names.
  kinds=deployments.apps,services,configmaps,poddisruptionbudgets.policy
  if defined "$BINDINGS"; then kinds+=,$BINDINGS; fi
  if defined "$KNATIVE_SERVICES"; then kinds+=,$KNATIVE_SERVICES; fi
  if defined "$MONITORS"; then kinds+=,$MONITORS; fi
  # shellcheck disable=SC2016 # These are the template's own variables.
  all=$(kubectl get "$kinds" --namespace="$namespace" --selector="$labels" --output go-template='{{range .items}}{{$owned := false}}{{range .metadata.ownerReferences}}{{if .controller}}{{$owned = true}}{{end}}{{end}}{{if $owned}}{{else}}{{.kind}} {{.apiVersion}} {{.metadata.name}}
{{end}}{{end}}')
  on_each_line "$all" plan_to_own "$kind" "$namespace" "$name" "$uid"
}

back_finish() {
  local made kind all
  made=$(maker "$PLATFORMS")
  [ "$made" = operator ] || die "the operator hasn't made the definition of platforms: install the operator, and apply the platforms"
  for kind in "$PLATFORMS" "$WORKFLOWS"; do
    all=$(all_of "$kind")
    on_each_line "$all" back_finish_one "$kind"
  done
  carry_out
}

# --- The command line. ---

yes=
operator=
composition=
workflow_composition=
arguments=()
for argument in "$@"; do
  case "$argument" in
  --yes | -y) yes=1 ;;
  --operator=*/*) operator=${argument#*=} ;;
  --composition=?*) composition=${argument#*=} ;;
  --workflow-composition=?*) workflow_composition=${argument#*=} ;;
  --help | -h)
    usage
    exit
    ;;
  -*) die "unknown option $argument" ;;
  *) arguments+=("$argument") ;;
  esac
done
set -- ${arguments[@]+"${arguments[@]}"}
case "${1-} $#" in
"check 1" | "finish 1" | "back-finish 1" | "save 2" | "release 2" | "back 2") ;;
*)
  usage >&2
  exit 2
  ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
definitions=$(kubectl get crd --output name)

case "$1" in
back-finish) back_finish ;;
check | finish) "$1" ;;
*) "$1" "${2%/}" ;;
esac
