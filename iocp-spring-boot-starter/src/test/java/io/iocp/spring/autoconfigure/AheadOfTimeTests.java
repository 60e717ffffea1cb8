package io.iocp.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.javapoet.ClassName;

/** What a native image is told of an application's handlers and of ours. */
class AheadOfTimeTests {

    @Test
    void handlerMethodsMayBeCalledInANativeImage() throws Exception {
        RuntimeHints hints = process(Application.class);
        List<Method> methods = Arrays.stream(Handlers.class.getDeclaredMethods())
                .filter(method -> !method.getName().equals("nothing"))
                .toList();
        assertThat(methods).hasSize(4);
        for (Method method : methods) {
            assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(method))
                    .as(method.getName())
                    .accepts(hints);
        }
        assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Handlers.class.getDeclaredMethod("nothing")))
                .rejects(hints);
    }

    @Test
    void everyPropertyCanBeBoundInANativeImage() {
        RuntimeHints hints = registered();
        List<Class<?>> records = List.of(
                IocpProperties.class,
                IocpProperties.Workers.class,
                ServerProperties.class,
                SocketProperties.class,
                SslServerProperties.class,
                SslServerProperties.ServerNameBundle.class);
        for (Class<?> record : records) {
            assertThat(RuntimeHintsPredicates.reflection().onConstructorInvocation(record.getDeclaredConstructors()[0]))
                    .as(record.getName())
                    .accepts(hints);
        }
    }

    @Test
    void theDashboardIsInANativeImage() {
        RuntimeHints hints = registered();
        for (String name : List.of("dashboard.html", "dashboard.css", "dashboard.js")) {
            String path = "io/iocp/spring/actuate/" + name;
            assertThat(getClass().getClassLoader().getResource(path)).as(path).isNotNull();
            assertThat(RuntimeHintsPredicates.resource().forResource(path)).accepts(hints);
        }
    }

    /** By the factories file, as Spring finds it. */
    private static RuntimeHints registered() {
        RuntimeHints hints = new RuntimeHints();
        SpringFactoriesLoader.forResourceLocation("META-INF/spring/aot.factories")
                .load(RuntimeHintsRegistrar.class)
                .stream()
                .filter(registrar -> registrar instanceof IocpRuntimeHints)
                .forEach(registrar -> registrar.registerHints(hints, null));
        return hints;
    }

    private static RuntimeHints process(Class<?> application) {
        InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
        DefaultGenerationContext generation =
                new DefaultGenerationContext(new ClassNameGenerator(ClassName.get("com.example", "Generated")), files);
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.register(application, IocpAutoConfiguration.class);
            new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
            generation.writeGeneratedContent();
            assertThat(files.getGeneratedFiles(GeneratedFiles.Kind.SOURCE)).isNotEmpty();
            return generation.getRuntimeHints();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Application {
        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    @Retention(RetentionPolicy.RUNTIME)
    @IoCompletionHandler(server = "composed")
    @interface OnComposed {}

    static class Handlers {
        @IoCompletionHandler(server = "echo")
        String received(String text) {
            return text;
        }

        @IoCompletionHandler(server = "echo", kinds = OperationKind.ACCEPT)
        void accepted() {}

        @OnComposed
        void composed() {}

        @IoCompletionHandler(server = "a")
        @IoCompletionHandler(server = "b")
        void repeated() {}

        void nothing() {}
    }
}
