package io.iocp.spring.autoconfigure;

import io.iocp.spring.client.TcpClient;
import io.iocp.spring.client.TcpClients;
import java.util.Map;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConstructorArgumentValues;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/** Makes each client a bean, named {@code <name>IocpClient}, to be injected by {@code @Qualifier("<name>")}. */
final class ClientBeans implements ImportBeanDefinitionRegistrar {
    private static final String SUFFIX = "IocpClient";

    private final Environment environment;

    ClientBeans(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void registerBeanDefinitions(AnnotationMetadata importedBy, BeanDefinitionRegistry registry) {
        Binder.get(environment)
                .bind("iocp.clients", Bindable.mapOf(String.class, Object.class))
                .orElse(Map.of())
                .keySet()
                .forEach(name -> register(name, registry));
    }

    private static void register(String name, BeanDefinitionRegistry registry) {
        if (registry.containsBeanDefinition(name + SUFFIX)) {
            return; // the application's own
        }
        // A static factory method and no supplier, which ahead-of-time processing could not write down.
        RootBeanDefinition definition = new RootBeanDefinition(ClientBeans.class);
        definition.setFactoryMethodName("client");
        definition.setAutowireMode(AbstractBeanDefinition.AUTOWIRE_CONSTRUCTOR);
        ConstructorArgumentValues arguments = new ConstructorArgumentValues();
        arguments.addIndexedArgumentValue(0, name);
        definition.setConstructorArgumentValues(arguments);
        definition.setTargetType(TcpClient.class);
        definition.addQualifier(new AutowireCandidateQualifier(Qualifier.class, name));
        registry.registerBeanDefinition(name + SUFFIX, definition);
    }

    static TcpClient client(String name, TcpClients clients) {
        return clients.client(name);
    }
}
