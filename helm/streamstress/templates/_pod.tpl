{{/* What every container of a pod has. Arguments: dict "root" $ "role" name "claim" persistence. */}}
{{- define "streamstress.container" -}}
{{- $root := .root -}}
image: {{ include "streamstress.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  privileged: false
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  capabilities: {drop: [ALL]}
env:
  {{- if and $root.Values.store.existingSecret (has .role (list "store" "web")) }}
  - name: STREAMSTRESS_STORE__URL
    valueFrom:
      secretKeyRef: {name: {{ $root.Values.store.existingSecret }}, key: {{ $root.Values.store.urlKey }}}
  {{- end }}
  {{- if and (eq .role "ingest") $root.Values.seedlinkAuth.caKey }}
  - {name: SSL_CERT_FILE, value: /etc/streamstress/seedlink/ca.crt}
  {{- end }}
  {{- with $root.Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  - {name: TMPDIR, value: /tmp}
volumeMounts:
  - {name: config, mountPath: /etc/streamstress/config, readOnly: true}
  - {name: stations, mountPath: /etc/streamstress/stations, readOnly: true}
  {{- if $root.Values.kafkaAuth.existingSecret }}
  - {name: kafka-auth, mountPath: /etc/streamstress/kafka, readOnly: true}
  {{- end }}
  {{- if and (eq .role "ingest") $root.Values.seedlinkAuth.existingSecret }}
  - {name: seedlink-auth, mountPath: /etc/streamstress/seedlink, readOnly: true}
  {{- end }}
  {{- if and $root.Values.models.existingClaim (has .role (list "pick" "polarity" "fill")) }}
  - {name: models, mountPath: /models, readOnly: true}
  {{- end }}
  {{- if and (eq .role "fill") $root.Values.fill.archive.existingClaim }}
  - {name: archive, mountPath: /archive, readOnly: true}
  {{- end }}
  - {name: run, mountPath: /var/lib/streamstress}
  - {name: tmp, mountPath: /tmp}
{{- end -}}

{{/* The volumes of a pod; the same arguments. */}}
{{- define "streamstress.volumes" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
- name: config
  configMap: {name: {{ include "streamstress.name" $root }}}
- name: stations
  configMap: {name: {{ $values.stations.existingConfigMap | default (printf "%s-stations" (include "streamstress.name" $root)) }}}
{{- with $values.kafkaAuth }}
{{- if .existingSecret }}
- name: kafka-auth
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
    items:
      {{- if hasPrefix "SASL" (dig "kafka" "security_protocol" "PLAINTEXT" $values.config) }}
      - {key: {{ .passwordKey }}, path: password}
      {{- end }}
      {{- if .caKey }}
      - {key: {{ .caKey }}, path: ca.crt}
      {{- end }}
      {{- if .certificateKey }}
      - {key: {{ .certificateKey }}, path: tls.crt}
      - {key: {{ .privateKeyKey }}, path: tls.key}
      {{- end }}
{{- end }}
{{- end }}
{{- with $values.seedlinkAuth }}
{{- if and (eq $.role "ingest") .existingSecret }}
- name: seedlink-auth
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
    items:
      {{- if .passwordKey }}
      - {key: {{ .passwordKey }}, path: password}
      {{- end }}
      {{- if .caKey }}
      - {key: {{ .caKey }}, path: ca.crt}
      {{- end }}
{{- end }}
{{- end }}
{{- if and $values.models.existingClaim (has .role (list "pick" "polarity" "fill")) }}
- name: models
  persistentVolumeClaim: {claimName: {{ $values.models.existingClaim }}, readOnly: true}
{{- end }}
{{- if and (eq .role "fill") $values.fill.archive.existingClaim }}
- name: archive
  persistentVolumeClaim: {claimName: {{ $values.fill.archive.existingClaim }}, readOnly: true}
{{- end }}
- name: run
  {{- if .claim.enabled }}
  {{- $owner := eq .role "web" | ternary "store" .role }}
  persistentVolumeClaim:
    claimName: {{ .claim.existingClaim | default (printf "%s-%s" (include "streamstress.name" $root) $owner) }}
  {{- else }}
  emptyDir: {sizeLimit: 1Gi}
  {{- end }}
- name: tmp
  emptyDir: {sizeLimit: 512Mi}
{{- end -}}
