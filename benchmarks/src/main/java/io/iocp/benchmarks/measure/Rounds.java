package io.iocp.benchmarks.measure;

import java.util.List;
import java.util.Map;

/**
 * Measures candidates in turn, A B C A B C ..., so that what the neighbours on the machine do meets all of them. All are up all
 * the time; only one is asked.
 */
public final class Rounds {

    private Rounds() {}

    /** What is asked of a candidate. */
    public interface Asking<S> {
        /**
         * Warms up or measures.
         *
         * @param counts whether what is measured counts; if not, it is the warm-up of the candidate
         * @param millis for how long to measure or to warm up
         */
        Sample ask(S subject, boolean counts, long millis) throws Exception;
    }

    /** Servers of their own processes, started and closed here. */
    public static Comparison ofServers(
            Settings settings, List<Candidate> candidates, Progress progress, Asking<ServerProcess> asking)
            throws Exception {
        try (Servers servers = Servers.start(settings, candidates)) {
            return of(settings, servers.byName(), progress, asking);
        }
    }

    /** Anything that has a name. */
    public static <S> Comparison of(Settings settings, Map<String, S> subjects, Progress progress, Asking<S> asking)
            throws Exception {
        for (Map.Entry<String, S> subject : subjects.entrySet()) {
            progress.warmingUp(subject.getKey());
            asking.ask(subject.getValue(), false, settings.warmUp().toMillis());
        }
        Comparison comparison = new Comparison();
        for (int round = 1; round <= settings.rounds(); round++) {
            for (Map.Entry<String, S> subject : subjects.entrySet()) {
                Sample sample =
                        asking.ask(subject.getValue(), true, settings.measured().toMillis());
                progress.measured(round, settings.rounds(), subject.getKey(), sample);
                comparison.add(subject.getKey(), sample);
            }
        }
        return comparison;
    }
}
