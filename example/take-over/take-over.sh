#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Takes platforms over from the SonataFlow operator, and gives them back. The README
# beside it says when to run what. It needs bash and kubectl, and whoever runs it must
# be a cluster administrator.
set -euo pipefail

readonly GROUP=sonataflow.org
readonly PLATFORMS=sonataflowplatforms.$GROUP
readonly CLUSTER_PLATFORMS=sonataflowclusterplatforms.$GROUP
readonly COMPOSITES=xsonataflowplatforms.$GROUP
readonly TRIGGERS=triggers.eventing.knative.dev
readonly BINDINGS=sinkbindings.sources.knative.dev

# Who manages the fields that were the operator's, between `release` and `finish`.
readonly MANAGER=sonataflow-take-over

usage() {
  cat <<'END'
usage: take-over.sh COMMAND [--yes] [--operator=NAMESPACE/DEPLOYMENT]

From the operator, in this order:

  check        look whether all is as it must be; changes nothing
  save DIR     write the platforms into DIR, as claims
  release DIR  let go of what the operator made, and remove its platforms and their
               definitions; what runs goes on running
               ... then install the Configuration, and: kubectl apply -f DIR
  finish       when the claims are ready: remove what the operator left

The way back:

  back DIR     write the claims into DIR, as the operator's platforms, let go of what
               they are composed of, and remove them; what runs goes on running
               ... then uninstall the Configuration, install the operator, and:
               kubectl apply -f DIR
  back-finish  when the operator has done its work: remove what the claims left

  --yes        don't ask
  --operator   which Deployment is the operator; it is found by its name else
  --composition=NAME
               of save: which Composition the claims are to use

Every command shows what it will do before it does it, and can be run again.
END
}

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  warn "take-over.sh: $*"
  exit 1
}

# --- What to do is collected, shown, and then done. ---

what=()
how=()

# step notes something to do: what it is, and the command.
step() {
  what+=("$1")
  shift
  how+=("$(printf '%q ' "$@")")
}

# carry_out does what was noted.
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
    eval "${how[i]}" >/dev/null || die "cannot ${what[i]}; mend that, and run this command again"
  done
  say "Done."
}

# --- What the cluster has. ---

# defined tells whether the cluster knows a kind.
defined() { [ -n "$(kubectl get crd "$1" --ignore-not-found --output name)" ]; }

# maker says whose a definition is: Crossplane's, the operator's, or nobody's.
maker() {
  local owners
  if ! defined "$1"; then
    say nobody
    return
  fi
  owners=$(kubectl get crd "$1" --output go-template='{{range .metadata.ownerReferences}}{{.kind}} {{end}}')
  case "$owners" in
  *CompositeResourceDefinition*) say crossplane ;;
  *) say operator ;;
  esac
}

# kinds lists what a platform owns, as far as the cluster knows it.
kinds() {
  local list=deployments.apps,services,configmaps,poddisruptionbudgets.policy,jobs.batch,persistentvolumeclaims,pods
  if defined "$BINDINGS"; then list+=,$BINDINGS; fi
  if defined "$TRIGGERS"; then list+=,$TRIGGERS; fi
  say "$list"
}

# platforms lists namespace, name and UID.
platforms() {
  kubectl get "$PLATFORMS" --all-namespaces --output go-template='{{range .items}}{{.metadata.namespace}} {{.metadata.name}} {{.metadata.uid}}
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
  local list='{{range .items}}{{.metadata.namespace}}/{{.metadata.name}} {{.spec.replicas}} {{if .status.replicas}}{{.status.replicas}}{{else}}0{{end}}
{{end}}'
  if [ -n "$operator" ]; then
    kubectl get deployments.apps --namespace="${operator%%/*}" --output go-template="$list" | grep "^$operator " || true
  else
    kubectl get deployments.apps --all-namespaces --output go-template="$list" |
      grep -E '/(sonataflow-operator|logic-operator|kogito-serverless-operator)[a-z0-9-]*-controller-manager ' || true
  fi
}

# stopped tells whether no operator runs, and complains about the one that does.
stopped() {
  local name wanted there running=0
  while read -r name wanted there; do
    if [ "$wanted" != 0 ] || [ "$there" != 0 ]; then
      warn "The operator runs: Deployment $name has $there pods, and wants $wanted."
      running=1
    fi
  done < <(operators)
  return "$running"
}

# triggers lists Triggers with a label selector, without those that are on their way out:
# namespace, name, what tells one from another, and whether it is ready.
triggers() {
  defined "$TRIGGERS" || return 0
  # shellcheck disable=SC2016 # These are the template's own variables.
  kubectl get "$TRIGGERS" --all-namespaces --selector="$1" --output go-template='{{range .items}}{{if .metadata.deletionTimestamp}}{{else}}{{$ready := "False"}}{{range .status.conditions}}{{if eq .type "Ready"}}{{$ready = .status}}{{end}}{{end}}{{.metadata.namespace}} {{.metadata.name}} {{.metadata.namespace}}/{{.spec.broker}}|{{.spec.filter.attributes.type}}|{{.spec.subscriber.ref.namespace}}/{{.spec.subscriber.ref.name}}{{.spec.subscriber.uri}} {{$ready}}
{{end}}{{end}}'
}

# --- Templates. ---

# Which JSON patch takes an object away from an owner: object, namespace, name and patch of
# each that is owned by the UID in place of UID. The fields that the owner's controller
# wrote become those of a manager that server-side apply can take them away from: else
# nothing that leaves a platform's spec later could ever leave the object.
readonly LET_GO='{{define "field"}},{"op":"remove","path":{{.}}}{{end -}}
{{range $o := .items}}{{range $i, $r := .metadata.ownerReferences}}{{if eq $r.uid "UID" -}}
{{$o.kind}} {{$o.apiVersion}} {{$o.metadata.namespace}} {{$o.metadata.name}} [{"op":"test","path":"/metadata/ownerReferences/{{$i}}/uid","value":"UID"},{"op":"remove","path":"/metadata/ownerReferences/{{$i}}"}
{{- range $m, $f := $o.metadata.managedFields}}{{if $f.subresource}}{{else}}{{if eq $f.operation "Update"}}{{$fields := printf "/metadata/managedFields/%d/fieldsV1" $m -}}
{{with $f.fieldsV1}}{{$all := .}}{{with index . "f:metadata"}}{{with index . "f:ownerReferences"}}{{range $k, $v := .}}{{if eq $k (printf "k:{%q:%q}" "uid" $r.uid) -}}
,{"op":"test","path":"/metadata/managedFields/{{$m}}/manager","value":{{printf "%q" $f.manager}}},{"op":"replace","path":"/metadata/managedFields/{{$m}}/manager","value":"MANAGER"},{"op":"replace","path":"/metadata/managedFields/{{$m}}/operation","value":"Apply"}
{{- /* What Knative injects is Knative s. */ -}}
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

# The same for what a composite owns, without what Crossplane notes on it.
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
]
{{end}}{{end}}{{end}}'

# Which merge patch takes from a platform what its user hasn't written: what the API server
# and kubectl note, and what the operator writes into specs about builds, of which there
# are none here; or what Crossplane writes into those of claims.
readonly BARE='{"status":null,"metadata":{"uid":null,"resourceVersion":null,"generation":null,"creationTimestamp":null,"deletionTimestamp":null,"deletionGracePeriodSeconds":null,"selfLink":null,"managedFields":null,"ownerReferences":null,"finalizers":null
{{- $kept := false}}{{range $k, $v := .metadata.annotations}}{{if or (eq $k "kubectl.kubernetes.io/last-applied-configuration") (eq $k "crossplane.io/paused")}}{{else}}{{$kept = true}}{{end}}{{end -}}
{{$named := false}}{{range $k, $v := .metadata.labels}}{{if ne $k "crossplane.io/composite"}}{{$named = true}}{{end}}{{end -}}
{{if $named}},"labels":{"crossplane.io/composite":null}{{else}},"labels":null{{end -}}
{{if $kept}},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":null,"crossplane.io/paused":null}{{else}},"annotations":null{{end -}}
},"spec":{"resourceRef":null,"resourceRefs":null,"compositionRef":null,"compositionSelector":null,"compositionRevisionRef":null,"compositionRevisionSelector":null,"compositionUpdatePolicy":null,"compositeDeletePolicy":null,"publishConnectionDetailsTo":null,"writeConnectionSecretToRef":null,"crossplane":null
{{- with .spec}}{{with .devMode}}{{else}},"devMode":null{{end -}}
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

check() {
  local problems=0 namespace name uid made count
  case "$(maker "$PLATFORMS")" in
  crossplane)
    say "ok    The platforms are Crossplane's already: run finish when they are ready."
    return
    ;;
  nobody)
    say "ok    There is no definition of platforms: the operator's were released, or never were here."
    return
    ;;
  esac
  made=$(maker "$CLUSTER_PLATFORMS")
  if [ "$made" = crossplane ] || [ -n "$(kubectl get crd "$COMPOSITES" --ignore-not-found --output name)" ]; then
    say "STOP  The Configuration is installed already. Uninstall it, release, and install it again."
    problems=1
  fi

  if stopped 2>/dev/null; then
    say "ok    The operator is stopped."
  else
    say "STOP  The operator runs. Stop it; what it made goes on running."
    stopped 2>&1 | sed 's/^/      /' || true
    problems=1
  fi
  if defined compositeresourcedefinitions.apiextensions.crossplane.io; then
    say "ok    Crossplane is installed."
  else
    say "STOP  Crossplane isn't installed."
    problems=1
  fi

  while read -r namespace name uid; do
    say "      Platform $name in namespace $namespace"
    kubectl get "$PLATFORMS" "$name" --namespace="$namespace" --output go-template='{{if .metadata.deletionTimestamp}}STOP    It is being deleted, and with it all that it owns.
{{end}}{{range .metadata.finalizers}}        finalizer {{.}}
{{end}}{{range .metadata.ownerReferences}}note    {{.kind}} {{.name}} owns it, and will miss it
{{end}}{{with .spec.services}}{{with .dataIndex}}{{with .persistence}}{{if .dbMigrationStrategy}}{{if eq .dbMigrationStrategy "job"}}note    dbMigrationStrategy job: the Data Index will stop while its schema is migrated again
{{end}}{{end}}{{end}}{{end}}{{with .jobService}}{{with .persistence}}{{if .dbMigrationStrategy}}{{if eq .dbMigrationStrategy "job"}}note    dbMigrationStrategy job: the Jobs Service will stop while its schema is migrated again
{{end}}{{end}}{{end}}{{end}}{{end}}' | tee "$work/platform"
    if grep -q ^STOP "$work/platform"; then problems=1; fi
    # shellcheck disable=SC2016 # These are the template's own variables.
    kubectl get "$(kinds)" --namespace="$namespace" --output go-template='{{range $o := .items}}{{range .metadata.ownerReferences}}{{if eq .uid "'"$uid"'"}}        {{$o.kind}} {{$o.metadata.name}}{{if eq $o.kind "Deployment"}}{{range $o.spec.template.spec.containers}}, image {{.image}}{{end}}{{end}}{{if eq $o.kind "Job"}}{{if $o.status.active}}, which runs{{end}}{{end}}
{{end}}{{end}}{{end}}' | tee "$work/owned"
    if grep -q ', which runs$' "$work/owned"; then
      say "STOP    A migration runs. Wait until it has ended."
      problems=1
    fi
    count=$(triggers "app=$name,app-namespace=$namespace,$GROUP/service" | grep -cv "^$namespace " || true)
    if [ "$count" -gt 0 ]; then say "        $count Triggers in other namespaces"; fi
  done < <(platforms)
  for name in $(cluster_platforms); do say "      Cluster platform $name"; done
  if defined "sonataflows.$GROUP"; then
    count=$(kubectl get "sonataflows.$GROUP" --all-namespaces --output name | wc -l)
    if [ "$count" -gt 0 ]; then
      say "note  There are $count workflows. They go on running, but nobody manages them without the operator."
    fi
  fi
  if [ "$problems" -gt 0 ]; then
    die "not yet: mend what STOP is about"
  fi
  say "ok    The platforms can be saved and released."
}

# write writes a platform as a manifest of its own into a file.
write() {
  local file=$1 patch
  shift
  patch=$(kubectl get "$@" --output go-template="$BARE")
  if [ -n "$composition" ]; then
    patch=${patch/\"compositionRef\":null/\"compositionRef\":{\"name\":\"$composition\"\}}
  fi
  kubectl get "$@" --output yaml |
    kubectl patch --local --filename=- --type=merge --patch="$patch" --output yaml >"$work/manifest"
  mv "$work/manifest" "$file"
}

file_of_platform() { say "$1/sonataflowplatform-$2-$3.yaml"; }
file_of_cluster_platform() { say "$1/sonataflowclusterplatform-$2.yaml"; }

# write_all writes all platforms into a folder, and what they were into a folder below.
write_all() {
  local dir=$1 namespace name uid
  mkdir -p "$dir/before"
  while read -r namespace name uid; do
    write "$(file_of_platform "$dir" "$namespace" "$name")" "$PLATFORMS" "$name" --namespace="$namespace"
    kubectl get "$PLATFORMS" "$name" --namespace="$namespace" --output yaml >"$dir/before/platform-$namespace-$name.yaml"
    kubectl get "$(kinds)" --namespace="$namespace" --selector="app=$name,app-namespace=$namespace" --output yaml >"$dir/before/objects-$namespace-$name.yaml"
    say "Platform $name of namespace $namespace is in $(file_of_platform "$dir" "$namespace" "$name")."
  done < <(platforms)
  for name in $(cluster_platforms); do
    composition='' write "$(file_of_cluster_platform "$dir" "$name")" "$CLUSTER_PLATFORMS" "$name"
    kubectl get "$CLUSTER_PLATFORMS" "$name" --output yaml >"$dir/before/clusterplatform-$name.yaml"
    say "Cluster platform $name is in $(file_of_cluster_platform "$dir" "$name")."
  done
}

save() {
  local dir=$1 definition
  case "$(maker "$PLATFORMS")" in
  crossplane) die "the platforms are Crossplane's already; back is the way back" ;;
  nobody)
    say "There are no platforms; what $dir has stays as it is."
    return
    ;;
  esac
  write_all "$dir"
  for definition in "$PLATFORMS" "$CLUSTER_PLATFORMS"; do
    if defined "$definition"; then kubectl get crd "$definition" --output yaml >"$dir/before/definition-${definition%%.*}.yaml"; fi
  done
}

# plan_patches notes the patches that a template makes for what a UID owns: a list of kinds,
# and where to look.
plan_patches() {
  local template=$1 uid=$2 kind version namespace name patch group
  shift 2
  while read -r kind version namespace name patch; do
    [ -n "$kind" ] || continue
    group=${version%/*}
    if [ "$group" = "$version" ]; then group=; fi
    step "let go of $kind $name in namespace $namespace" \
      kubectl patch "$kind${group:+.${version#*/}.$group}" "$name" --namespace="$namespace" --type=json --patch="$patch"
  done < <(kubectl get "$@" --show-managed-fields --output go-template="${template//UID/$uid}")
}

# remove_definition removes a kind that has no objects left.
remove_definition() {
  if [ -n "$(kubectl get "$1" --all-namespaces --output name)" ]; then
    warn "there are still some of $1"
    return 1
  fi
  kubectl delete crd "$1" --timeout=3m
}

release() {
  local dir=$1 namespace name uid definition
  case "$(maker "$PLATFORMS")" in
  crossplane) die "the platforms are Crossplane's already: there is nothing of the operator's to release" ;;
  nobody)
    say "There is nothing to do: the definition of platforms is gone."
    return
    ;;
  esac
  check >"$work/check" || {
    cat "$work/check"
    exit 1
  }
  while read -r namespace name uid; do
    [ -f "$(file_of_platform "$dir" "$namespace" "$name")" ] || die "platform $name of namespace $namespace isn't in $dir: save it first"
    plan_patches "${LET_GO//MANAGER/$MANAGER}" "$uid" "$(kinds)" --namespace="$namespace"
    if [ -n "$(kubectl get "$PLATFORMS" "$name" --namespace="$namespace" --output jsonpath='{.metadata.finalizers}')" ]; then
      step "remove the finalizers of platform $name in namespace $namespace, whose Triggers stay" \
        kubectl patch "$PLATFORMS" "$name" --namespace="$namespace" --type=merge --patch='{"metadata":{"finalizers":null}}'
    fi
    step "delete platform $name in namespace $namespace, and nothing that belongs to it" \
      kubectl delete "$PLATFORMS" "$name" --namespace="$namespace" --cascade=orphan --timeout=3m
  done < <(platforms)
  for name in $(cluster_platforms); do
    [ -f "$(file_of_cluster_platform "$dir" "$name")" ] || die "cluster platform $name isn't in $dir: save it first"
    step "delete cluster platform $name" kubectl delete "$CLUSTER_PLATFORMS" "$name" --cascade=orphan --timeout=3m
  done
  # That of platforms goes last: it tells whether there is anything left to do.
  for definition in "$CLUSTER_PLATFORMS" "$PLATFORMS"; do
    if defined "$definition"; then step "delete the definition $definition" remove_definition "$definition"; fi
  done
  carry_out
}

# ready tells whether a claim is.
ready() {
  local conditions
  # shellcheck disable=SC2016 # These are the template's own variables.
  conditions=$(kubectl get "$PLATFORMS" "$2" --namespace="$1" --output go-template='{{$new := false}}{{if .status}}{{range .status.conditions}}{{if eq .type "Succeed" "Ready"}}{{.type}}={{.status}} {{end}}{{end}}{{end}}')
  case "$conditions" in
  *Ready=True*Succeed=True* | *Succeed=True*Ready=True*) return 0 ;;
  *) return 1 ;;
  esac
}

# plan_triggers notes which Triggers with a selector go because there is another one that is
# ready and does the same.
plan_triggers() {
  local namespace name does state others
  others=$(triggers "$2")
  while read -r namespace name does state; do
    [ -n "$namespace" ] || continue
    if grep -qF " $does True" <<<"$others"; then
      step "delete Trigger $name in namespace $namespace: another one does the same" \
        kubectl delete "$TRIGGERS" "$name" --namespace="$namespace" --ignore-not-found
    else
      warn "Trigger $name in namespace $namespace stays: no other one that is ready does the same ($does)."
    fi
  done < <(triggers "$1")
}

# plan_jobs notes which migration Jobs with a selector go, of a namespace.
plan_jobs() {
  local name active
  while read -r name active; do
    [ -n "$name" ] || continue
    if [ "$active" != 0 ]; then
      warn "Job $name in namespace $1 stays: it runs."
      continue
    fi
    step "delete Job $name in namespace $1" kubectl delete jobs.batch "$name" --namespace="$1" --ignore-not-found
  done < <(kubectl get jobs.batch --namespace="$1" --selector="$2" --output go-template='{{range .items}}{{.metadata.name}} {{if .status.active}}{{.status.active}}{{else}}0{{end}}
{{end}}' | grep -E "$3" || true)
}

# give_up gives up all fields of an object that were the operator's. Those that nobody else
# manages go.
give_up() {
  printf 'apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n  namespace: %s\n' "$2" "$1" "$4" "$3" |
    kubectl apply --server-side --field-manager="$MANAGER" --filename=-
}

# differs shows what that would change. kubectl diff fails when there is anything.
differs() {
  printf 'apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n  namespace: %s\n' "$2" "$1" "$4" "$3" |
    kubectl diff --server-side --field-manager="$MANAGER" --filename=- 2>/dev/null | grep -E '^[+-] ' | grep -vE '^[+-] +(generation|resourceVersion|time):' || true
}

finish() {
  local namespace name uid kind version object late=0 change
  [ "$(maker "$PLATFORMS")" = crossplane ] || die "the definition of platforms isn't Crossplane's: install the Configuration, and apply the claims"
  stopped || die "it would work against the claims; stop it"
  while read -r namespace name uid; do
    if ! ready "$namespace" "$name"; then
      warn "Platform $name in namespace $namespace isn't ready: nothing of its is touched."
      late=1
      continue
    fi
    plan_triggers "app=$name,app-namespace=$namespace,$GROUP/service,app.kubernetes.io/managed-by=sonataflow-operator" \
      "app=$name,app-namespace=$namespace,$GROUP/service,app.kubernetes.io/managed-by=crossplane"
    plan_jobs "$namespace" "app=$name,app.kubernetes.io/managed-by=sonataflow-operator" '^sonataflow-db-migrator-job'
    # shellcheck disable=SC2016 # These are the template's own variables.
    while read -r kind version object; do
      [ -n "$kind" ] || continue
      change=$(differs "$kind" "$version" "$namespace" "$object")
      step "give up what was the operator's in $kind $object in namespace $namespace${change:+, which changes$'\n'$change}" \
        give_up "$kind" "$version" "$namespace" "$object"
    done < <(kubectl get "$(kinds)" --namespace="$namespace" --selector="app=$name,app-namespace=$namespace,app.kubernetes.io/managed-by=crossplane" --show-managed-fields --output go-template='{{range $o := .items}}{{range .metadata.managedFields}}{{if eq .manager "'"$MANAGER"'"}}{{$o.kind}} {{$o.apiVersion}} {{$o.metadata.name}}
{{end}}{{end}}{{end}}')
  done < <(platforms)
  carry_out
  if [ "$late" -gt 0 ]; then
    die "run finish again when all platforms are ready"
  fi
}

# --- The way back. ---

# composite_of says which composite a claim has, and its UID.
composite_of() {
  local name
  name=$(kubectl get "$PLATFORMS" "$2" --namespace="$1" --output jsonpath='{.spec.resourceRef.name}')
  if [ -n "$name" ]; then
    kubectl get "$COMPOSITES" "$name" --ignore-not-found --output go-template='{{.metadata.name}} {{.metadata.uid}}'
  fi
}

pause() {
  kubectl annotate "$COMPOSITES" "$1" crossplane.io/paused=true --overwrite
  kubectl wait "$COMPOSITES" "$1" --for=jsonpath='{.status.conditions[?(@.type=="Synced")].reason}'=ReconcilePaused --timeout=3m
}

# free lets go of all that a composite owns. It is paused, so that nothing takes it back.
free() {
  local i what=() how=()
  plan_patches "$SET_FREE" "$1" "$(kinds)" --all-namespaces
  for i in "${!what[@]}"; do
    eval "${how[i]}" || return
  done
}

# remove_claim deletes a claim, and with it its composite, which owns nothing any more.
# While that is paused Crossplane doesn't let it go; once it is being deleted Crossplane
# composes nothing for it.
remove_claim() {
  kubectl delete "$PLATFORMS" "$2" --namespace="$1" --wait=false
  kubectl wait "$COMPOSITES" "$3" --for=jsonpath='{.metadata.deletionTimestamp}' --timeout=3m
  kubectl annotate "$COMPOSITES" "$3" crossplane.io/paused-
  kubectl wait "$PLATFORMS" "$2" --namespace="$1" --for=delete --timeout=3m
}

back() {
  local dir=$1 namespace name uid composite
  case "$(maker "$PLATFORMS")" in
  operator) die "the platforms are the operator's already" ;;
  nobody)
    say "There is nothing to do: the definition of platforms is gone."
    return
    ;;
  esac
  defined "$COMPOSITES" || die "this is for the claimed form of the API; there are no composites $COMPOSITES"
  stopped || die "it would work against the claims; stop it"
  composition='' write_all "$dir"
  while read -r namespace name uid; do
    read -r composite uid < <(composite_of "$namespace" "$name"; say) || true
    if [ -z "$composite" ]; then
      step "delete claim $name in namespace $namespace, which has no composite" \
        kubectl delete "$PLATFORMS" "$name" --namespace="$namespace" --timeout=3m
      continue
    fi
    if [ -z "$(kubectl get "$COMPOSITES" "$composite" --output jsonpath='{.metadata.deletionTimestamp}')" ]; then
      step "pause composite $composite of claim $name in namespace $namespace" pause "$composite"
      step "let go of all that it is composed of" free "$uid"
    fi
    step "delete claim $name in namespace $namespace and its composite, and nothing else" remove_claim "$namespace" "$name" "$composite"
  done < <(platforms)
  for name in $(cluster_platforms); do
    step "delete cluster platform $name" kubectl delete "$CLUSTER_PLATFORMS" "$name" --timeout=3m
  done
  carry_out
}

back_finish() {
  local namespace name uid
  [ "$(maker "$PLATFORMS")" = operator ] || die "the definition of platforms isn't the operator's: install it, and apply the platforms"
  while read -r namespace name uid; do
    plan_triggers "app=$name,app-namespace=$namespace,$GROUP/service,app.kubernetes.io/managed-by=crossplane" \
      "app=$name,app-namespace=$namespace,$GROUP/service,app.kubernetes.io/managed-by=sonataflow-operator"
    plan_jobs "$namespace" "app=$name,app.kubernetes.io/managed-by=crossplane,app.kubernetes.io/name=db-migrator" ''
    # shellcheck disable=SC2016 # These are the template's own variables.
    while read -r kind version object; do
      [ -n "$kind" ] || continue
      step "make platform $name the owner of $kind $object in namespace $namespace" \
        own "$kind" "$version" "$namespace" "$object" "$name" "$uid"
    done < <(kubectl get "$(owned_kinds)" --namespace="$namespace" --selector="app=$name,app-namespace=$namespace,$GROUP/service" --output go-template='{{range .items}}{{$owned := false}}{{range .metadata.ownerReferences}}{{if .controller}}{{$owned = true}}{{end}}{{end}}{{if $owned}}{{else}}{{.kind}} {{.apiVersion}} {{.metadata.name}}
{{end}}{{end}}')
  done < <(platforms)
  carry_out
}

# owned_kinds lists what the operator finds by its name, and doesn't make itself the owner of.
owned_kinds() {
  local list=deployments.apps,services,configmaps,poddisruptionbudgets.policy
  if defined "$BINDINGS"; then list+=,$BINDINGS; fi
  say "$list"
}

# own makes a platform the owner of an object: what the operator does when it makes one.
own() {
  local group=${2%/*}
  if [ "$group" = "$2" ]; then group=; fi
  kubectl patch "$1${group:+.${2#*/}.$group}" "$4" --namespace="$3" --type=merge \
    --patch='{"metadata":{"ownerReferences":[{"apiVersion":"sonataflow.org/v1alpha08","kind":"SonataFlowPlatform","name":"'"$5"'","uid":"'"$6"'","controller":true,"blockOwnerDeletion":true}]}}'
}

# --- The command line. ---

yes=
operator=
composition=
arguments=()
for argument in "$@"; do
  case "$argument" in
  --yes | -y) yes=1 ;;
  --operator=*/*) operator=${argument#*=} ;;
  --composition=?*) composition=${argument#*=} ;;
  --help | -h)
    usage
    exit
    ;;
  -*) die "unknown option $argument" ;;
  *) arguments+=("$argument") ;;
  esac
done
set -- ${arguments[@]+"${arguments[@]}"}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case "${1-} $#" in
"check 1" | "finish 1") "$1" ;;
"back-finish 1") back_finish ;;
"save 2" | "release 2" | "back 2") "$1" "${2%/}" ;;
*)
  usage >&2
  exit 2
  ;;
esac
