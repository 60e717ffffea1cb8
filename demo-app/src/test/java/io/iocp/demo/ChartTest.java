package io.iocp.demo;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import io.iocp.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.yaml.snakeyaml.Yaml;

/** Lints, renders and reads the chart {@code helm/iocp-demo} as Helm itself does, without a cluster. */
class ChartTest {

    private static final Path CHART = Repository.root().orElseThrow().resolve("helm/iocp-demo");

    private static final Pattern README_ROW = Pattern.compile("^\\| `([^`]+)` \\| `([^`]+)` \\| (.+) \\|$");

    /** Everything that writes a field of its own. */
    private static final String EVERY_OPTION = """
            fullnameOverride: other
            nameOverride: part
            commonLabels: {team: red}
            commonAnnotations: {note: all}
            podLabels: {tier: front}
            podAnnotations: {note: pod}
            nodeSelector: {kernel: new}
            tolerations: [{key: io, operator: Exists}]
            affinity: {nodeAffinity: {}}
            topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
            priorityClassName: high
            resources: {limits: {cpu: 2}}
            tmpSizeLimit: 1Gi
            imagePullSecrets: [{name: regcred}]
            ioUring: {seccomp: localhost, localhostProfile: profiles/io-uring.json}
            serviceAccount: {annotations: {role: reader}}
            podDisruptionBudget: {maxUnavailable: null, minAvailable: 50%}
            extraEnv: [{name: ZONE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
            extraEnvFrom: [{prefix: A_, secretRef: {name: more}}]
            """;

    @TempDir
    private Path scratch;

    @Test
    void shouldLintStrictly() {
        LintResult result = new Helm(CHART).lint().strict().call();

        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
        assertThat(result.getMessages()).noneMatch(message -> message.contains("WARNING"));
    }

    @Test
    void shouldRenderOneOfEachKindByDefault() {
        Manifests manifests = render("");

        assertThat(manifests.kinds())
                .containsExactlyInAnyOrder("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget");
        for (Fields object : manifests.objects()) {
            assertThat(object.text("metadata", "name")).isEqualTo("demo-iocp-demo");
            assertThat(object.text("metadata", "namespace")).isEqualTo("shop");
            assertThat(object.map("metadata", "labels"))
                    .containsEntry("app.kubernetes.io/name", "iocp-demo")
                    .containsEntry("app.kubernetes.io/instance", "demo")
                    .containsEntry("app.kubernetes.io/managed-by", "Helm")
                    .containsKeys("app.kubernetes.io/version", "helm.sh/chart");
        }
    }

    @Test
    void shouldSelectThePodsThatItMakes() {
        Manifests manifests = render("");
        Map<String, Object> podLabels = manifests.one("Deployment").map("spec", "template", "metadata", "labels");

        assertThat(podLabels).containsAllEntriesOf(manifests.one("Deployment").map("spec", "selector", "matchLabels"));
        assertThat(podLabels).containsAllEntriesOf(manifests.one("Service").map("spec", "selector"));
        assertThat(podLabels)
                .containsAllEntriesOf(manifests.one("PodDisruptionBudget").map("spec", "selector", "matchLabels"));
    }

    @Test
    void shouldOfferThePortsOfTheApplicationByName() {
        Manifests manifests = render("");

        Map<String, Object> containerPorts = new TreeMap<>();
        for (Fields port : manifests.container().list("ports")) {
            containerPorts.put(port.text("name"), port.value("containerPort"));
        }
        Map<String, Integer> ports = Map.of(
                "echo",
                7007,
                "kv",
                6380,
                "files",
                8090,
                "echo-tls",
                7443,
                "kv-tls",
                6390,
                "files-tls",
                8490,
                "management",
                8080);
        assertThat(containerPorts).isEqualTo(ports);
        assertThat(manifests.servicePorts()).isEqualTo(ports);
        for (Fields port : manifests.one("Service").list("spec", "ports")) {
            assertThat(containerPorts).containsKey(port.text("targetPort"));
        }
    }

    @Test
    void shouldExposeThePortsThatTheImageExposes() throws IOException {
        String dockerfile = Files.readString(Repository.root().orElseThrow().resolve("demo-app/Dockerfile"));

        assertThat(dockerfile)
                .contains("EXPOSE 7007 6380 8090 7443 6390 8490 8080")
                .contains("USER 10001:10001");
    }

    @Test
    void shouldMapServicePortsByValue() {
        Manifests manifests = render("service: {ports: {kv: 6379}}");

        assertThat(manifests.servicePorts()).containsEntry("kv", 6379);
        assertThat(manifests.container().list("ports"))
                .anyMatch(port -> port.value("containerPort").equals(6380));
    }

    @ParameterizedTest
    @CsvSource({
        "ClusterIP, auto, true",
        "ClusterIP, never, false",
        "LoadBalancer, auto, false",
        "NodePort, auto, false",
        "LoadBalancer, always, true",
    })
    void shouldKeepTheActuatorInsideTheClusterUnlessAsked(String type, String management, boolean offered) {
        Manifests manifests = render("service: {type: %s, management: %s}".formatted(type, management));

        assertThat(manifests.servicePorts().containsKey("management")).isEqualTo(offered);
        assertThat(manifests.servicePorts()).containsKeys("echo", "kv", "files");
    }

    @Test
    void shouldPassTheServiceOptionsOn() {
        Fields service = render("""
                service:
                  type: LoadBalancer
                  externalTrafficPolicy: Local
                  loadBalancerClass: example.com/internal
                  annotations: {example.com/proxy: "on"}
                """).one("Service");

        assertThat(service.text("spec", "type")).isEqualTo("LoadBalancer");
        assertThat(service.text("spec", "externalTrafficPolicy")).isEqualTo("Local");
        assertThat(service.text("spec", "loadBalancerClass")).isEqualTo("example.com/internal");
        assertThat(service.map("metadata", "annotations")).containsEntry("example.com/proxy", "on");
    }

    @Test
    void shouldProbeTheHealthGroups() {
        Fields container = render("").container();

        assertThat(container.text("startupProbe", "httpGet", "path")).isEqualTo("/actuator/health/liveness");
        assertThat(container.text("livenessProbe", "httpGet", "path")).isEqualTo("/actuator/health/liveness");
        assertThat(container.text("readinessProbe", "httpGet", "path")).isEqualTo("/actuator/health/readiness");
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            assertThat(container.text(probe, "httpGet", "port")).isEqualTo("management");
            assertThat(container.map(probe)).containsKeys("periodSeconds", "timeoutSeconds", "failureThreshold");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"startupProbe", "livenessProbe", "readinessProbe"})
    void shouldLeaveOutAProbeThatIsOff(String probe) {
        Fields container = render(probe + ": {enabled: false}").container();

        assertThat(container.has(probe)).isFalse();
        assertThat(List.of("startupProbe", "livenessProbe", "readinessProbe"))
                .filteredOn(container::has)
                .hasSize(2);
    }

    @Test
    void shouldRunWithoutPrivileges() {
        Manifests manifests = render("");
        Fields pod = manifests.pod();

        assertThat(pod.value("automountServiceAccountToken")).isEqualTo(false);
        assertThat(manifests.one("ServiceAccount").value("automountServiceAccountToken"))
                .isEqualTo(false);
        assertThat(pod.text("serviceAccountName")).isEqualTo("demo-iocp-demo");
        assertThat(pod.map("securityContext"))
                .containsEntry("runAsNonRoot", true)
                .containsEntry("runAsUser", 10001);
        assertThat(manifests.container().map("securityContext"))
                .containsEntry("allowPrivilegeEscalation", false)
                .containsEntry("readOnlyRootFilesystem", true)
                .containsEntry("capabilities", Map.of("drop", List.of("ALL")));
        assertThat(manifests.container().list("volumeMounts"))
                .singleElement()
                .satisfies(mount -> assertThat(mount.text("mountPath")).isEqualTo("/tmp"));
        assertThat(pod.list("volumes"))
                .singleElement()
                .satisfies(volume ->
                        assertThat(volume.text("emptyDir", "sizeLimit")).isEqualTo("64Mi"));
    }

    @Test
    void shouldDropWhatAValueSetsToNull() {
        Fields pod = render("podSecurityContext: {runAsUser: null, runAsGroup: null, fsGroup: null}")
                .pod();

        assertThat(pod.map("securityContext"))
                .containsEntry("runAsNonRoot", true)
                .doesNotContainKeys("runAsUser", "runAsGroup", "fsGroup");
    }

    @ParameterizedTest
    @CsvSource({
        "runtimeDefault, '', RuntimeDefault",
        "unconfined, '', Unconfined",
        "localhost, profiles/io-uring.json, Localhost",
    })
    void shouldChooseTheSeccompProfile(String seccomp, String localhostProfile, String type) {
        Fields profile = render("ioUring: {seccomp: %s, localhostProfile: '%s'}".formatted(seccomp, localhostProfile))
                .pod()
                .fields("securityContext", "seccompProfile");

        assertThat(profile.text("type")).isEqualTo(type);
        assertThat(profile.has("localhostProfile")).isEqualTo(!localhostProfile.isEmpty());
        if (!localhostProfile.isEmpty()) {
            assertThat(profile.text("localhostProfile")).isEqualTo(localhostProfile);
        }
    }

    @Test
    void shouldConfigureTheApplicationThroughItsEnvironment() {
        Manifests manifests = render("""
                iocp: {engine: io-uring, concurrency: 3}
                shutdown: {deadlineSeconds: 7, phaseSeconds: 9}
                extraEnv:
                  - {name: JAVA_TOOL_OPTIONS, value: -Xlog:gc}
                extraEnvFrom:
                  - secretRef: {name: more}
                """);

        assertThat(manifests.environment())
                .isEqualTo(Map.of(
                        "DEMO_ADDRESS", "0.0.0.0",
                        "IOCP_ENGINE", "io-uring",
                        "IOCP_CONCURRENCY", "3",
                        "IOCP_SHUTDOWN_DEADLINE", "7s",
                        "SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE", "9s",
                        "DEMO_TLS_ENABLED", "true",
                        "JAVA_TOOL_OPTIONS", "-Xlog:gc"));
        assertThat(manifests.container().list("envFrom")).hasSize(1);
    }

    @Test
    void shouldLeaveTlsOut() {
        Manifests manifests = render("tls: {enabled: false}");

        assertThat(manifests.servicePorts()).containsOnlyKeys("echo", "kv", "files", "management");
        assertThat(manifests.container().list("ports")).hasSize(4);
        assertThat(manifests.environment()).containsEntry("DEMO_TLS_ENABLED", "false");
    }

    /** Only what is mounted as a whole directory is seen to change, and only what is to be reloaded is looked at. */
    @Test
    void shouldMountTheSecretOfTlsSoThatItMayChange() {
        assertThat(render("").environment().keySet()).noneMatch(name -> name.startsWith("SPRING_SSL"));

        Manifests manifests = render("tls: {existingSecret: from-elsewhere}");

        assertThat(manifests.kinds()).doesNotContain("Certificate");
        Fields mount = manifests.container().list("volumeMounts").getLast();
        Fields volume = manifests.pod().list("volumes").getLast();
        assertThat(volume.text("name")).isEqualTo(mount.text("name"));
        assertThat(volume.text("secret", "secretName")).isEqualTo("from-elsewhere");
        assertThat(mount.has("subPath")).isFalse();
        assertThat(manifests.environment())
                .containsEntry("SPRING_SSL_BUNDLE_PEM_DEMO_KEYSTORE_CERTIFICATE", mount.text("mountPath") + "/tls.crt")
                .containsEntry("SPRING_SSL_BUNDLE_PEM_DEMO_KEYSTORE_PRIVATEKEY", mount.text("mountPath") + "/tls.key")
                .containsEntry("SPRING_SSL_BUNDLE_PEM_DEMO_RELOADONUPDATE", "true");
    }

    /** By the names that its environment variables have, the application finds the bundle of its TLS servers. */
    @Test
    void shouldNameTheBundleOfTheApplication() {
        Map<String, Object> variables =
                new TreeMap<>(render("tls: {existingSecret: from-elsewhere}").environment());
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .replace(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));

        PemSslBundleProperties bundle = requireNonNull(Binder.get(environment)
                .bind("spring.ssl", SslProperties.class)
                .get()
                .getBundle()
                .getPem()
                .get("demo"));

        assertThat(bundle.getKeystore().getCertificate()).isEqualTo("/etc/iocp/tls/tls.crt");
        assertThat(bundle.getKeystore().getPrivateKey()).isEqualTo("/etc/iocp/tls/tls.key");
        assertThat(bundle.isReloadOnUpdate()).isTrue();
    }

    /** No model of this kind is at hand: what is written is compared with cert-manager's reference, field by field. */
    @Test
    void shouldAskCertManagerForACertificate() {
        Manifests manifests = render("""
                tls:
                  certManager:
                    enabled: true
                    issuerRef: {name: company, kind: ClusterIssuer}
                    dnsNames: [demo.example.com]
                commonAnnotations: {note: all}
                """);
        Fields certificate = manifests.one("Certificate");

        assertThat(certificate.text("apiVersion")).isEqualTo("cert-manager.io/v1");
        assertThat(certificate.text("metadata", "annotations", "note")).isEqualTo("all");
        assertThat(certificate.map("spec"))
                .isEqualTo(Map.of(
                        "secretName", "demo-iocp-demo-tls",
                        "dnsNames",
                                List.of(
                                        "demo-iocp-demo",
                                        "demo-iocp-demo.shop",
                                        "demo-iocp-demo.shop.svc",
                                        "demo.example.com"),
                        "duration", "2160h",
                        "renewBefore", "720h",
                        "privateKey", Map.of("algorithm", "ECDSA", "size", 256, "rotationPolicy", "Always"),
                        "usages", List.of("digital signature", "server auth"),
                        "issuerRef", Map.of("name", "company", "kind", "ClusterIssuer", "group", "cert-manager.io")));
        assertThat(manifests.pod().list("volumes").getLast().text("secret", "secretName"))
                .isEqualTo("demo-iocp-demo-tls");
    }

    /** No model of this kind is at hand: what is written is compared with the operator's reference, field by field. */
    @Test
    void shouldLetPrometheusScrapeThePodsOrTheService() {
        String values = "{enabled: true, interval: 15s, scrapeTimeout: 10s, labels: {release: prometheus}}";
        Map<String, Object> scrape =
                Map.of("port", "management", "path", "/actuator/prometheus", "interval", "15s", "scrapeTimeout", "10s");
        Manifests byPod = render("monitoring: {podMonitor: %s}".formatted(values));
        Manifests byService = render("monitoring: {serviceMonitor: %s}".formatted(values));

        assertThat(byPod.one("PodMonitor").map("spec"))
                .isEqualTo(Map.of(
                        "selector", byPod.one("Deployment").map("spec", "selector"),
                        "podMetricsEndpoints", List.of(scrape)));
        assertThat(byService.one("ServiceMonitor").map("spec"))
                .isEqualTo(Map.of(
                        "selector",
                                Map.of("matchLabels", byService.one("Service").map("spec", "selector")),
                        "endpoints", List.of(scrape)));
        assertThat(byService.one("Service").map("metadata", "labels"))
                .containsAllEntriesOf(byService.one("Service").map("spec", "selector"));
        for (Fields monitor : List.of(byPod.one("PodMonitor"), byService.one("ServiceMonitor"))) {
            assertThat(monitor.text("apiVersion")).isEqualTo("monitoring.coreos.com/v1");
            assertThat(monitor.map("metadata", "labels")).containsEntry("release", "prometheus");
        }
    }

    @Test
    void shouldGiveTheAlertsOfItsFilesToPrometheus() throws IOException {
        Fields rule = render("monitoring: {prometheusRule: {enabled: true, labels: {release: prometheus}}}")
                .one("PrometheusRule");

        assertThat(rule.text("apiVersion")).isEqualTo("monitoring.coreos.com/v1");
        assertThat(rule.map("metadata", "labels")).containsEntry("release", "prometheus");
        assertThat(rule.value("spec", "groups")).isEqualTo(groupsOfTheRuleFiles());
    }

    @Test
    void shouldLeaveAlertsOutAndLeadToAnotherRunbook() throws IOException {
        Fields rule = render("""
                monitoring:
                  prometheusRule:
                    enabled: true
                    disabled: [IocpQueueGrowing, IocpTargetDown]
                    runbooks: https://wiki.example.com/iocp
                """).one("PrometheusRule");

        List<Fields> groups = rule.list("spec", "groups");
        List<Fields> rules =
                groups.stream().flatMap(group -> group.list("rules").stream()).toList();
        long all = groupsOfTheRuleFiles().stream()
                .mapToLong(group -> Fields.of(group).list("rules").size())
                .sum();
        assertThat(rules).hasSize((int) all - 2);
        // Its only alert is left out, and a group without any would be refused.
        assertThat(groups).noneMatch(group -> group.text("name").equals("iocp-target"));
        for (Fields left : rules) {
            assertThat(left.text("alert")).isNotIn("IocpQueueGrowing", "IocpTargetDown");
            assertThat(left.text("annotations", "runbook_url")).startsWith("https://wiki.example.com/iocp#iocp");
        }
    }

    private static List<Object> groupsOfTheRuleFiles() throws IOException {
        List<Object> groups = new ArrayList<>();
        try (Stream<Path> files = Files.list(CHART.resolve("rules"))) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
                groups.addAll((List<?>)
                        Fields.of(new Yaml().load(Files.readString(file))).value("groups"));
            }
        }
        return groups;
    }

    @Test
    void shouldGiveTheDashboardToGrafana() throws IOException {
        Manifests manifests = render("monitoring: {dashboard: {enabled: true, namespace: watch}}");
        Fields dashboard = manifests.one("ConfigMap");

        manifests.validate();
        assertThat(dashboard.text("metadata", "name")).isEqualTo("demo-iocp-demo-dashboard");
        assertThat(dashboard.text("metadata", "namespace")).isEqualTo("watch");
        assertThat(dashboard.map("metadata", "labels")).containsEntry("grafana_dashboard", "1");
        assertThat(dashboard.map("data").keySet()).containsExactly("iocp.json");
        assertThat(dashboard.text("data", "iocp.json").strip())
                .isEqualTo(
                        Files.readString(CHART.resolve("dashboards/iocp.json")).strip());
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "io-uring", "nio"})
    void shouldPassEveryEngineOn(String engine) {
        assertThat(render("iocp: {engine: %s}".formatted(engine)).environment()).containsEntry("IOCP_ENGINE", engine);
    }

    @Test
    void shouldGiveTheShutdownTheTimeThatItsPartsNeed() {
        Manifests byDefault = render("");
        assertThat(byDefault.pod().value("terminationGracePeriodSeconds")).isEqualTo(5 + 30 + 10);
        assertThat(byDefault.container().value("lifecycle", "preStop", "sleep", "seconds"))
                .isEqualTo(5);

        Manifests hasty = render("shutdown: {preStopSeconds: 0, phaseSeconds: 4, deadlineSeconds: 3}");
        assertThat(hasty.pod().value("terminationGracePeriodSeconds")).isEqualTo(4 + 10);
        assertThat(hasty.container().has("lifecycle")).isFalse();

        assertThat(render("terminationGracePeriodSeconds: 600").pod().value("terminationGracePeriodSeconds"))
                .isEqualTo(600);
    }

    @Test
    void shouldNotTakeAPodAwayBeforeItsSuccessorIsReady() {
        assertThat(render("{maxSurge: 25%, minReadySeconds: 4, replicaCount: 3}")
                        .one("Deployment")
                        .map("spec"))
                .containsEntry("replicas", 3)
                .containsEntry("minReadySeconds", 4)
                .containsEntry(
                        "strategy",
                        Map.of(
                                "type",
                                "RollingUpdate",
                                "rollingUpdate",
                                Map.of("maxUnavailable", 0, "maxSurge", "25%")));
    }

    @Test
    void shouldNameTheImage() {
        assertThat(render("").container().text("image")).isEqualTo("iocp-demo:0.1.0-SNAPSHOT");
        assertThat(render("image: {registry: registry.example.com, repository: team/demo, tag: '7'}")
                        .container()
                        .text("image"))
                .isEqualTo("registry.example.com/team/demo:7");
        String digest = "sha256:" + "0a".repeat(32);
        assertThat(render("image: {tag: '7', digest: '%s'}".formatted(digest))
                        .container()
                        .text("image"))
                .isEqualTo("iocp-demo@" + digest);
        Manifests pulled = render("{image: {pullPolicy: Always}, imagePullSecrets: [{name: regcred}]}");
        assertThat(pulled.container().text("imagePullPolicy")).isEqualTo("Always");
        assertThat(pulled.pod().list("imagePullSecrets"))
                .singleElement()
                .satisfies(secret -> assertThat(secret.text("name")).isEqualTo("regcred"));
    }

    @Test
    void shouldCarryTheVersionOfTheBuild() throws IOException {
        String pom = Files.readString(Repository.root().orElseThrow().resolve("pom.xml"));
        String appVersion =
                (String) ((Map<?, ?>) new Yaml().load(Files.readString(CHART.resolve("Chart.yaml")))).get("appVersion");

        assertThat(pom).contains("<artifactId>iocp-parent</artifactId>\n  <version>" + appVersion + "</version>");
    }

    @Test
    void shouldBudgetDisruptionsByOneOfTwoMeasures() {
        assertThat(render("").one("PodDisruptionBudget").map("spec"))
                .containsEntry("maxUnavailable", 1)
                .doesNotContainKey("minAvailable");
        assertThat(render("podDisruptionBudget: {maxUnavailable: null, minAvailable: 50%}")
                        .one("PodDisruptionBudget")
                        .map("spec"))
                .containsEntry("minAvailable", "50%")
                .doesNotContainKey("maxUnavailable");
        assertThat(render("podDisruptionBudget: {enabled: false}").kinds()).doesNotContain("PodDisruptionBudget");
    }

    @Test
    void shouldUseAnAccountThatExists() {
        Manifests manifests = render("serviceAccount: {create: false, name: existing}");

        assertThat(manifests.kinds()).doesNotContain("ServiceAccount");
        assertThat(manifests.pod().text("serviceAccountName")).isEqualTo("existing");
        assertThat(render("serviceAccount: {create: false}").pod().text("serviceAccountName"))
                .isEqualTo("default");
    }

    @Test
    void shouldPassSchedulingAndMetadataOn() {
        Manifests manifests = render(EVERY_OPTION);

        for (Fields object : manifests.objects()) {
            assertThat(object.text("metadata", "name")).isEqualTo("other");
            assertThat(object.map("metadata", "labels"))
                    .containsEntry("team", "red")
                    .containsEntry("app.kubernetes.io/name", "part");
            assertThat(object.map("metadata", "annotations")).containsEntry("note", "all");
        }
        Fields template = manifests.one("Deployment").fields("spec", "template");
        assertThat(template.map("metadata", "labels"))
                .containsEntry("tier", "front")
                .containsEntry("team", "red");
        assertThat(template.map("metadata", "annotations")).containsEntry("note", "pod");
        assertThat(manifests.pod().map("nodeSelector")).containsEntry("kernel", "new");
        assertThat(manifests.pod().list("tolerations")).hasSize(1);
        assertThat(manifests.pod().map("affinity")).containsKey("nodeAffinity");
        assertThat(manifests.pod().list("topologySpreadConstraints")).hasSize(1);
        assertThat(manifests.pod().text("priorityClassName")).isEqualTo("high");
        assertThat(manifests.container().map("resources", "limits"))
                .containsEntry("cpu", 2)
                .containsEntry("memory", "512Mi");
        assertThat(manifests.pod().list("volumes").getFirst().text("emptyDir", "sizeLimit"))
                .isEqualTo("1Gi");
    }

    /** Kubernetes drops a field that it does not know without a word: a wrong indentation would go unnoticed. */
    @Test
    void shouldWriteOnlyFieldsThatKubernetesKnows() throws IOException {
        render(EVERY_OPTION).validate();
        render("").validate();
        render("tls: {existingSecret: from-elsewhere}").validate();
        render("tls: {enabled: false}").validate();
        render("{service: {type: LoadBalancer, externalTrafficPolicy: Local, loadBalancerClass: example.com/internal}}")
                .validate();
    }

    /** Each value is wrong in one way; the second column is what the message must name. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{iocp: {engine: epoll}}                                    | engine",
                "{iocp: {concurrency: -1}}                                  | concurrency",
                "{iocp: {concurency: 2}}                                    | concurency",
                "{unknown: 1}                                               | unknown",
                "{replicaCount: two}                                        | replicaCount",
                "{ioUring: {seccomp: RuntimeDefault}}                       | seccomp",
                "{ioUring: {seccomp: localhost}}                            | needs ioUring.localhostProfile",
                "{ioUring: {localhostProfile: a.json}}                      | does not read it",
                "{ioUring: {seccomp: localhost, localhostProfile: /a.json}} | localhostProfile",
                "{shutdown: {deadlineSeconds: 30}}                          | must be below shutdown.phaseSeconds",
                "{terminationGracePeriodSeconds: 44}                        | needs 45",
                "{image: {digest: 'sha256:12'}}                             | digest",
                "{image: {pullPolicy: Sometimes}}                           | pullPolicy",
                "{service: {type: ExternalName}}                            | type",
                "{service: {externalTrafficPolicy: Local}}                  | externalTrafficPolicy",
                "{service: {loadBalancerClass: a}}                          | loadBalancerClass",
                "{service: {ports: {kv: 70000}}}                            | kv",
                "{tls: {existingSecret: Upper}}                             | existingSecret",
                "{tls: {existingSecret: a, certManager: {enabled: true}}}   | two sources of one certificate",
                "{tls: {enabled: false, existingSecret: a}}                 | needs no certificate",
                "{tls: {certManager: {enabled: true}}}                      | needs tls.certManager.issuerRef.name",
                "{tls: {certManager: {duration: 90d}}}                      | duration",
                "{extraEnv: [{name: DEMO_TLS_ENABLED, value: 'false'}]}     | extraEnv",
                "{readinessProbe: {periodSeconds: 0}}                       | periodSeconds",
                "{podDisruptionBudget: {minAvailable: 1}}                   | one of minAvailable and maxUnavailable",
                "{podDisruptionBudget: {maxUnavailable: null}}              | needs minAvailable or maxUnavailable",
                "{podSecurityContext: {seccompProfile: {type: Unconfined}}} | podSecurityContext",
                "{extraEnv: [{name: IOCP_ENGINE, value: nio}]}              | extraEnv",
                "{resources: {limits: {memory: lots}}}                      | memory",
                "{maxSurge: 0}                                              | maxSurge",
                "{monitoring: {podMonitor: {interval: soon}}}               | interval",
                "{monitoring: {prometheusRule: {enabled: true, disabled: [IocpQueue]}}} | IocpQueue, which is no alert",
                "{monitoring: {prometheusRule: {runbooks: docs}}}           | runbooks",
                "{monitoring: {dashboard: {enabled: 1}}}                    | enabled",
                "{monitoring: {podMonitor: {enabled: true}, serviceMonitor: {enabled: true}}} | scrape each pod twice",
                "{monitoring: {serviceMonitor: {enabled: true}}, service: {management: never}} | does not offer the actuator",
            })
    void shouldRefuseAWrongValueAndNameIt(String values, String message) {
        assertThatThrownBy(() -> render(values)).hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                         | nio on most clusters",
                "{iocp: {engine: nio}}                                      | nio, because iocp.engine=nio",
                "{iocp: {engine: io-uring}}                                 | NONE on most clusters",
                "{ioUring: {seccomp: unconfined}}                           | otherwise nio",
                "{ioUring: {seccomp: localhost, localhostProfile: a.json}}  | the profile a.json on the node",
            })
    void shouldSayInItsNotesWhichEngineToExpect(String values, String note) throws IOException {
        String output = new Helm(CHART)
                .install()
                .withName("demo")
                .withNamespace("shop")
                .clientOnly()
                .dryRun()
                .withKubeVersion("1.33.0")
                .withValuesFile(Files.writeString(scratch.resolve("values.yaml"), values))
                .call()
                .getOutput();

        assertThat(output).contains("NOTES:").contains(note);
    }

    @Test
    void shouldDescribeEveryValueWithItsDefaultInTheReadme() throws IOException {
        String valuesSection = Files.readString(CHART.resolve("README.md")).split("## Values", 2)[1];
        Map<String, String> described = new LinkedHashMap<>();
        for (String line : valuesSection.lines().toList()) {
            Matcher row = README_ROW.matcher(line);
            if (row.matches()) {
                described.put(row.group(1), row.group(2));
            }
        }
        Map<String, String> defaults = new LinkedHashMap<>();
        collectLeaves("", new Yaml().load(Files.readString(CHART.resolve("values.yaml"))), defaults);

        assertThat(described).containsExactlyEntriesOf(defaults);
    }

    private static void collectLeaves(String path, Object value, Map<String, String> leaves) {
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            map.forEach((key, inner) ->
                    collectLeaves(path.isEmpty() ? String.valueOf(key) : path + "." + key, inner, leaves));
        } else {
            leaves.put(path, asWrittenInReadme(value));
        }
    }

    private static String asWrittenInReadme(Object value) {
        return switch (value) {
            case null -> "null";
            case String text when text.isEmpty() -> "\"\"";
            case List<?> list ->
                list.stream().map(element -> "\"" + element + "\"").toList().toString();
            default -> value.toString();
        };
    }

    private Manifests render(String values) {
        try {
            String rendered = new Helm(CHART)
                    .template()
                    .withName("demo")
                    .withNamespace("shop")
                    .withKubeVersion("1.33.0")
                    .withValuesFile(Files.writeString(scratch.resolve("values.yaml"), values))
                    .call();
            return Manifests.parse(rendered);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
