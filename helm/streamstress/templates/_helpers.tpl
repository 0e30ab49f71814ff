{{/* Name of the release's objects, with a role's name where there is one. */}}
{{- define "streamstress.name" -}}
{{- if contains "streamstress" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-streamstress" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which objects are selected; they never change in an upgrade. */}}
{{- define "streamstress.selectorLabels" -}}
app.kubernetes.io/name: streamstress
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "streamstress.labels" -}}
{{ include "streamstress.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: streamstress
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The workers in the order of the flow: a worker's port is the base plus its place. */}}
{{- define "streamstress.workers" -}}
ingest pick polarity locate merge mechanism stress change store exporter web
{{- end -}}

{{/* "true" where gaps of the feed are filled in by themselves. */}}
{{- define "streamstress.fills" -}}
{{- if dig "backfill" "source" "" .Values.config -}}true{{- end -}}
{{- end -}}

{{/* Whatever has a pod. */}}
{{- define "streamstress.pods" -}}
{{ include "streamstress.workers" . }}{{ if include "streamstress.fills" . }} fill{{ end }}
{{- end -}}

{{/* The topic whose lag tells how much a role has to do, for KEDA. */}}
{{- define "streamstress.inputTopic" -}}
{{- get (dict "pick" "waveforms" "polarity" "picks" "locate" "readings" "mechanism" "events" "stress" "mechanisms" "change" "mechanisms" "store" "events") . -}}
{{- end -}}

{{/* Port of a role. Arguments: dict "root" $ "role" name. */}}
{{- define "streamstress.port" -}}
{{- if eq .role "web" -}}
8080
{{- else -}}
{{- range $place, $name := splitList " " (include "streamstress.workers" .root) -}}
{{- if eq $name $.role -}}{{ add 9600 $place }}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "streamstress.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "streamstress.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "streamstress.name" .) -}}
{{- end -}}

{{/* "true" while results are in a SQLite file on a volume. */}}
{{- define "streamstress.sqlite" -}}
{{- if and (not .Values.store.existingSecret) (hasPrefix "sqlite:" (dig "store" "url" "sqlite:" .Values.config)) -}}true{{- end -}}
{{- end -}}

{{/* Numbers in values may come as 4.294967296e+09; TOML's whole numbers must not. */}}
{{- define "streamstress.tomlValue" -}}
{{- if kindIs "float64" . -}}
{{- if eq (floor .) . -}}{{ printf "%.0f" . }}{{- else -}}{{ . | toJson }}{{- end -}}
{{- else -}}
{{ . | toJson }}
{{- end -}}
{{- end -}}

{{/* A section of settings as TOML: plain values first, then tables, then lists of tables. Arguments: dict "name" "kafka" "values" map. */}}
{{- define "streamstress.toml" -}}
{{- $name := .name -}}
{{- if $name }}
[{{ $name }}]
{{- end }}
{{- range $key, $value := .values }}
{{- if not (or (kindIs "map" $value) (and (kindIs "slice" $value) $value (kindIs "map" (first $value)))) }}
{{- if not (kindIs "invalid" $value) }}
{{ $key }} = {{ include "streamstress.tomlValue" $value }}
{{- end }}
{{- end }}
{{- end }}
{{- range $key, $value := .values }}
{{- if kindIs "map" $value }}
{{ include "streamstress.toml" (dict "name" (ternary $key (printf "%s.%s" $name $key) (empty $name)) "values" $value) }}
{{- else if and (kindIs "slice" $value) $value (kindIs "map" (first $value)) }}
{{- range $value }}
[[{{ ternary $key (printf "%s.%s" $name $key) (empty $name) }}]]
{{- range $inner, $scalar := . }}
{{ $inner }} = {{ include "streamstress.tomlValue" $scalar }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the chart sets itself, over the values: where files are mounted and where to listen. */}}
{{- define "streamstress.settings" -}}
{{- $network := dict "stations" (printf "/etc/streamstress/stations/%s" (ternary "stations.csv" .Values.stations.key (empty .Values.stations.existingConfigMap))) -}}
{{- if .Values.velocity.text -}}
{{- $_ := set $network "velocity" "/etc/streamstress/config/velocity.txt" -}}
{{- end -}}
{{- $kafka := dict -}}
{{- $protocol := dig "kafka" "security_protocol" "PLAINTEXT" .Values.config -}}
{{- if hasPrefix "SASL" $protocol -}}
{{- $_ := set $kafka "sasl_password_file" "/etc/streamstress/kafka/password" -}}
{{- end -}}
{{- if hasSuffix "SSL" $protocol -}}
{{- if .Values.kafkaAuth.caKey -}}{{- $_ := set $kafka "ssl_ca_file" "/etc/streamstress/kafka/ca.crt" -}}{{- end -}}
{{- if .Values.kafkaAuth.certificateKey -}}
{{- $_ := set $kafka "ssl_certificate_file" "/etc/streamstress/kafka/tls.crt" -}}
{{- $_ := set $kafka "ssl_key_file" "/etc/streamstress/kafka/tls.key" -}}
{{- end -}}
{{- end -}}
{{- $ingest := dict -}}
{{- if .Values.seedlinkAuth.passwordKey -}}
{{- $_ := set $ingest "password_file" "/etc/streamstress/seedlink/password" -}}
{{- end -}}
{{- $own := dict "run_folder" "/var/lib/streamstress" "network" $network "kafka" $kafka "ingest" $ingest "web" (dict "host" "0.0.0.0" "port" 8080) "metrics" (dict "host" "0.0.0.0" "base_port" 9600) -}}
{{- mustMergeOverwrite (deepCopy .Values.config) $own | toJson -}}
{{- end -}}

{{/* Refuse what would install and then stand still. */}}
{{- define "streamstress.validate" -}}
{{- if not .Values.config.network.regions }}{{ fail "config.network.regions: give at least one region (name, south_deg, north_deg, west_deg, east_deg)" }}{{ end -}}
{{- if not .Values.config.kafka.bootstrap_servers }}{{ fail "config.kafka.bootstrap_servers: give the host:port of your Kafka; this chart brings none" }}{{ end -}}
{{- if not .Values.config.ingest.host }}{{ fail "config.ingest.host: give your SeedLink server" }}{{ end -}}
{{- if not (or .Values.stations.text .Values.stations.existingConfigMap) }}{{ fail "stations.text or stations.existingConfigMap: give the station list" }}{{ end -}}
{{- $protocol := dig "kafka" "security_protocol" "PLAINTEXT" .Values.config -}}
{{- if and (hasPrefix "SASL" $protocol) (not .Values.kafkaAuth.existingSecret) }}{{ fail (printf "kafkaAuth.existingSecret: %s needs a Secret with the password" $protocol) }}{{ end -}}
{{- if and (or .Values.seedlinkAuth.passwordKey .Values.seedlinkAuth.caKey) (not .Values.seedlinkAuth.existingSecret) }}{{ fail "seedlinkAuth.existingSecret: passwordKey and caKey are keys of that Secret" }}{{ end -}}
{{- if and (include "streamstress.sqlite" .) (or (gt (int .Values.roles.store.replicas) 1) (gt (int .Values.roles.web.replicas) 1)) }}{{ fail "roles.store.replicas, roles.web.replicas: more than one pod needs PostgreSQL (store.existingSecret)" }}{{ end -}}
{{- $source := dig "backfill" "source" "" .Values.config -}}
{{- if and $source (not (hasPrefix "fdsn:" $source)) (not .Values.fill.archive.existingClaim) }}{{ fail (printf "fill.archive.existingClaim: config.backfill.source is the folder %s; give the claim that holds it, it is read at /archive" $source) }}{{ end -}}
{{- $stations := dig "kafka" "waveform_partitions" 4 .Values.config | int -}}
{{- if gt (int .Values.roles.pick.replicas) $stations }}{{ fail (printf "roles.pick.replicas is %d, but config.kafka.waveform_partitions gives work to %d" (int .Values.roles.pick.replicas) $stations) }}{{ end -}}
{{- $zones := max 1 (len (dig "network" "zones" list .Values.config)) | int -}}
{{- range list "polarity" "locate" }}
{{- if gt (int (get $.Values.roles .).replicas) $zones }}{{ fail (printf "roles.%s.replicas is %d, but there is work for %d: one pod a zone" . (int (get $.Values.roles .).replicas) $zones) }}{{ end -}}
{{- end -}}
{{- $regions := len .Values.config.network.regions -}}
{{- range list "mechanism" "stress" "change" "store" }}
{{- if gt (int (get $.Values.roles .).replicas) $regions }}{{ fail (printf "roles.%s.replicas is %d, but there is work for %d: one pod a region" . (int (get $.Values.roles .).replicas) $regions) }}{{ end -}}
{{- end -}}
{{- end -}}
