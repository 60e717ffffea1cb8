package io.iocp.spring.test;

import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.spring.autoconfigure.IocpClientConnectionDetails;
import io.iocp.spring.client.ClientAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Prepares the context of a test: servers listen on any free port of the loopback address, clients connect to the test, and the
 * engine is the test's.
 *
 * @param engine what the port runs on
 * @param faults of the simulated network
 */
record IocpTestContextCustomizer(EngineUnderTest engine, SimulatedFaults faults) implements ContextCustomizer {
    private static final String SERVERS = "iocp.servers";
    private static final String CLIENTS = "iocp.clients";
    private static final Bindable<Map<String, Object>> BY_NAME = Bindable.mapOf(String.class, Object.class);

    @Override
    public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
        ConfigurableEnvironment environment = context.getEnvironment();
        Map<String, Object> properties = new LinkedHashMap<>();
        switch (engine) {
            case AUTO, SIMULATED -> {}
            case NIO -> properties.put("iocp.engine", "nio");
            case IO_URING -> properties.put("iocp.engine", "io-uring");
        }
        keysBelow(SERVERS, environment)
                .forEach((server, keys) -> listenAnywhere(SERVERS + "." + server, keys, properties));
        Set<String> clients = keysBelow(CLIENTS, environment).keySet();
        if (engine == EngineUnderTest.SIMULATED) {
            // Nothing that a test could be listens there.
            clients.forEach(client -> properties.put(CLIENTS + "." + client + ".enabled", "false"));
        } else if (!clients.isEmpty()) {
            connectToTheTest(clients, context);
        }
        environment.getPropertySources().addFirst(new MapPropertySource("iocpTest", properties));
        if (engine == EngineUnderTest.SIMULATED) {
            context.getBeanFactory().registerSingleton("simulatedNetwork", network());
        }
    }

    private static Map<String, Object> keysBelow(String prefix, ConfigurableEnvironment environment) {
        return Binder.get(environment).bind(prefix, BY_NAME).orElse(Map.of());
    }

    /** Registered as beans, they count only where the application has no other of the same client. */
    private static void connectToTheTest(Set<String> clients, ConfigurableApplicationContext context) {
        TestUpstreams upstreams = new TestUpstreams();
        ConfigurableListableBeanFactory beans = context.getBeanFactory();
        for (String client : clients) {
            ClientAddress address = upstreams.listen(client);
            beans.registerSingleton(client + "TestUpstream", IocpClientConnectionDetails.of(client, () -> address));
        }
        beans.registerSingleton("testUpstreams", upstreams);
        context.addApplicationListener((ContextClosedEvent closed) -> upstreams.close());
    }

    /** One that has a path listens there: a path of a test is its own. */
    private static void listenAnywhere(String prefix, Object keys, Map<String, Object> properties) {
        if (keys instanceof Map<?, ?> map && (map.containsKey("unix-socket") || map.containsKey("unixSocket"))) {
            return;
        }
        properties.put(prefix + ".address", "127.0.0.1");
        properties.put(prefix + ".port", "0");
    }

    private SimulatedNetwork network() {
        Faults base = faults.preset().faults();
        Faults drawn = new Faults(
                rate(faults.delay(), base.delay()),
                faults.mostDelay() < 0 ? base.mostDelay() : faults.mostDelay(),
                rate(faults.reorder(), base.reorder()),
                rate(faults.shortSend(), base.shortSend()),
                rate(faults.shortReceive(), base.shortReceive()),
                rate(faults.noBuffer(), base.noBuffer()),
                base.lateCancel(),
                base.unaskedCancel(),
                base.streamEnd(),
                base.lateEnd(),
                base.spuriousWakeup(),
                base.stale(),
                rate(faults.reset(), base.reset()),
                rate(faults.ioError(), base.ioError()),
                rate(faults.noDescriptor(), base.noDescriptor()),
                rate(faults.refused(), base.refused()));
        boolean drawnAnew = faults.seed() == 0 || Long.getLong("iocp.seed") != null;
        SimulatedNetwork network = drawnAnew ? SimulatedNetwork.of(drawn) : SimulatedNetwork.of(faults.seed(), drawn);
        SimulatedNetwork bounded = network.window(faults.window());
        return faults.takingTurns() ? bounded.takingTurns() : bounded;
    }

    private static double rate(double asked, double preset) {
        return asked < 0 ? preset : asked;
    }
}
