{{- define "iocp-demo.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "iocp-demo.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "iocp-demo.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "iocp-demo.selectorLabels" -}}
app.kubernetes.io/name: {{ include "iocp-demo.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "iocp-demo.labels" -}}
{{ include "iocp-demo.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The metadata of every object but the pod; the argument is the root context. */}}
{{- define "iocp-demo.metadata" -}}
name: {{ include "iocp-demo.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "iocp-demo.labels" . | nindent 2 }}
{{- end }}

{{- define "iocp-demo.image" -}}
{{- $repository := .Values.image.repository }}
{{- if .Values.image.registry }}
{{- $repository = printf "%s/%s" .Values.image.registry $repository }}
{{- end }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "iocp-demo.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "iocp-demo.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "iocp-demo.seccompProfile" -}}
{{- if eq .Values.ioUring.seccomp "localhost" }}
{{- if not .Values.ioUring.localhostProfile }}
{{- fail "ioUring.seccomp=localhost needs ioUring.localhostProfile: the profile's path below the kubelet's seccomp directory, on every node" }}
{{- end }}
type: Localhost
localhostProfile: {{ .Values.ioUring.localhostProfile }}
{{- else }}
{{- if .Values.ioUring.localhostProfile }}
{{- fail (printf "ioUring.localhostProfile is set, but ioUring.seccomp=%s does not read it: set ioUring.seccomp=localhost" .Values.ioUring.seccomp) }}
{{- end }}
type: {{ ternary "Unconfined" "RuntimeDefault" (eq .Values.ioUring.seccomp "unconfined") }}
{{- end }}
{{- end }}

{{/*
How long the kubelet must wait before it kills: the pause that lets the endpoints forget the pod, then the
phase in which the web server and the port's servers drain side by side, then 10 seconds to close and end.
*/}}
{{- define "iocp-demo.terminationGracePeriodSeconds" -}}
{{- $shutdown := .Values.shutdown }}
{{- if ge (int $shutdown.deadlineSeconds) (int $shutdown.phaseSeconds) }}
{{- fail (printf "shutdown.deadlineSeconds (%d) must be below shutdown.phaseSeconds (%d): otherwise the application refuses to start" (int $shutdown.deadlineSeconds) (int $shutdown.phaseSeconds)) }}
{{- end }}
{{- $needed := add (int $shutdown.preStopSeconds) (int $shutdown.phaseSeconds) 10 }}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds }}
{{- $needed }}
{{- else if lt (int .Values.terminationGracePeriodSeconds) (int $needed) }}
{{- fail (printf "terminationGracePeriodSeconds (%d) would kill connections that still drain: shutdown.* needs %d (preStopSeconds + phaseSeconds + 10); raise it, lower those, or leave it null" (int .Values.terminationGracePeriodSeconds) (int $needed)) }}
{{- else }}
{{- int .Values.terminationGracePeriodSeconds }}
{{- end }}
{{- end }}

{{/* Arguments: a dict of probe (the values) and path. */}}
{{- define "iocp-demo.probe" -}}
httpGet:
  path: {{ .path }}
  port: management
periodSeconds: {{ .probe.periodSeconds }}
timeoutSeconds: {{ .probe.timeoutSeconds }}
failureThreshold: {{ .probe.failureThreshold }}
{{- end }}

{{/* The Secret that holds tls.crt and tls.key; empty where the application makes a certificate of its own. */}}
{{- define "iocp-demo.tlsSecret" -}}
{{- $tls := .Values.tls }}
{{- if and $tls.existingSecret $tls.certManager.enabled }}
{{- fail "tls.existingSecret and tls.certManager.enabled are two sources of one certificate: leave one out" }}
{{- end }}
{{- if and (not $tls.enabled) (or $tls.existingSecret $tls.certManager.enabled) }}
{{- fail "tls.enabled=false needs no certificate: leave out tls.existingSecret and tls.certManager.enabled, or set tls.enabled=true" }}
{{- end }}
{{- if $tls.certManager.enabled }}
{{- if not $tls.certManager.issuerRef.name }}
{{- fail "tls.certManager.enabled needs tls.certManager.issuerRef.name: the Issuer or ClusterIssuer that signs" }}
{{- end }}
{{- printf "%s-tls" (include "iocp-demo.fullname" .) }}
{{- else }}
{{- $tls.existingSecret }}
{{- end }}
{{- end }}

{{/* "true" or empty: whether the Service offers the actuator. */}}
{{- define "iocp-demo.serviceOffersManagement" -}}
{{- $choice := .Values.service.management }}
{{- if or (eq $choice "always") (and (eq $choice "auto") (eq .Values.service.type "ClusterIP")) -}}
true
{{- end }}
{{- end }}

{{/* How Prometheus scrapes a pod; the argument is the values of a monitor. */}}
{{- define "iocp-demo.scrape" -}}
path: /actuator/prometheus
interval: {{ .interval }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- end }}
