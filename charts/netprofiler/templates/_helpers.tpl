{{/* Labels of every object; the argument is a dict with "root" and, if the object belongs to a component, "component". */}}
{{- define "netprofiler.labels" -}}
app.kubernetes.io/name: netprofiler
app.kubernetes.io/part-of: netprofiler
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* Labels used by selectors: must never change. */}}
{{- define "netprofiler.selector" -}}
app.kubernetes.io/name: netprofiler
app.kubernetes.io/component: {{ . }}
{{- end }}

{{- define "netprofiler.image" -}}
{{- $own := .image -}}
{{- with .root.Values.image.registry }}{{ . }}/{{ end }}{{ $own.repository }}
{{- if $own.digest }}@{{ $own.digest }}{{ else }}:{{ $own.tag | default .root.Values.image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}
