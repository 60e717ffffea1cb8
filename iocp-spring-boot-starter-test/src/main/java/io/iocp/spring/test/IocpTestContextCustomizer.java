package io.iocp.spring.test;

import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedNetwork;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Prepares the context of a test: servers listen on any free port of the loopback address, and the engine is the test's.
 *
 * @param engine what the port runs on
 * @param faults of the simulated network
 */
record IocpTestContextCustomizer(EngineUnderTest engine, SimulatedFaults faults) implements ContextCustomizer {
    private static final String SERVERS = "iocp.servers";
    private static final Bindable<Map<String, Object>> KEYS_OF_SERVERS = Bindable.mapOf(String.class, Object.class);

    @Override
    public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
        ConfigurableEnvironment environment = context.getEnvironment();
        Map<String, Object> properties = new LinkedHashMap<>();
        switch (engine) {
            case AUTO, SIMULATED -> {}
            case NIO -> properties.put("iocp.engine", "nio");
            case IO_URING -> properties.put("iocp.engine", "io-uring");
        }
        Binder.get(environment)
                .bind(SERVERS, KEYS_OF_SERVERS)
                .orElse(Map.of())
                .forEach((server, keys) -> listenAnywhere(SERVERS + "." + server, keys, properties));
        environment.getPropertySources().addFirst(new MapPropertySource("iocpTest", properties));
        if (engine == EngineUnderTest.SIMULATED) {
            context.getBeanFactory().registerSingleton("simulatedNetwork", network());
        }
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
