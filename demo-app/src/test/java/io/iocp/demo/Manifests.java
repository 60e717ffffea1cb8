package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** All objects that the chart rendered. */
record Manifests(List<Fields> objects) {

    static Manifests parse(String rendered) {
        // A key that occurs twice is a mistake that Kubernetes would not show.
        LoaderOptions strictly = new LoaderOptions();
        strictly.setAllowDuplicateKeys(false);
        List<Fields> objects = new ArrayList<>();
        StreamSupport.stream(new Yaml(strictly).loadAll(rendered).spliterator(), false)
                .filter(Map.class::isInstance)
                .forEach(document -> objects.add(Fields.of(document)));
        return new Manifests(objects);
    }

    /** Throws where an object has a field that its kind does not know, or lacks one that it must have. */
    void validate() throws IOException {
        Gson gson = new Gson();
        for (Fields object : objects) {
            JsonElement json = gson.toJsonTree(object.entries());
            switch (object.text("kind")) {
                case "Deployment" -> V1Deployment.validateJsonElement(json);
                case "Service" -> V1Service.validateJsonElement(json);
                case "ServiceAccount" -> V1ServiceAccount.validateJsonElement(json);
                case "ConfigMap" -> V1ConfigMap.validateJsonElement(json);
                case "PodDisruptionBudget" -> V1PodDisruptionBudget.validateJsonElement(json);
                default -> throw new AssertionError("no model for " + object.text("kind"));
            }
        }
    }

    List<String> kinds() {
        return objects.stream().map(object -> object.text("kind")).toList();
    }

    Fields one(String kind) {
        List<Fields> found = objects.stream()
                .filter(object -> object.text("kind").equals(kind))
                .toList();
        assertThat(found).as(kind).hasSize(1);
        return found.getFirst();
    }

    Fields pod() {
        return one("Deployment").fields("spec", "template", "spec");
    }

    Fields container() {
        List<Fields> containers = pod().list("containers");
        assertThat(containers).hasSize(1);
        return containers.getFirst();
    }

    Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>();
        container().list("env").forEach(variable -> environment.put(variable.text("name"), variable.text("value")));
        return environment;
    }

    Map<String, Object> servicePorts() {
        Map<String, Object> ports = new TreeMap<>();
        one("Service").list("spec", "ports").forEach(port -> ports.put(port.text("name"), port.value("port")));
        return ports;
    }
}
