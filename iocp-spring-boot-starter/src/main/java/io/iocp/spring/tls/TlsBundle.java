package io.iocp.spring.tls;

import io.iocp.spring.tls.TlsBundleStatus.State;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.SslBundle;

/**
 * One bundle in use: the material that new handshakes are made with, and whether there is newer material that they should be
 * made with. Connections keep what they began with.
 *
 * <p>Thread: any. Handshakes read {@link #material}, one volatile field; changes come one at a time.
 */
final class TlsBundle {
    private static final Logger LOG = LoggerFactory.getLogger(TlsBundle.class);

    /** Beyond the quiet period, for Boot to load what it has found at rest. */
    private static final Duration DELIVERY = Duration.ofSeconds(1);

    /** What is made of the newest material. */
    private record Verdict(
            State state, @Nullable String cause, @Nullable String remedy) {
        private static final Verdict CURRENT = new Verdict(State.CURRENT, null, null);
    }

    /** What was in the files when their stamp was this. */
    private record Look(
            List<String> stamp,
            @Nullable String identity,
            @Nullable UnusableBundleException problem) {}

    /** Refused for now. */
    private record Later(SslBundle bundle, Instant at) {}

    private record InUse(TlsMaterial material, Instant appliedAt) {}

    private final String name;
    private final BundleCheck check;
    private final @Nullable BundleFiles files;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Consumer<TlsBundleChanged> events;
    private volatile InUse inUse;
    private volatile Verdict verdict = Verdict.CURRENT;

    // Guarded by this.
    private boolean needsKey;
    private boolean needsTrust;
    private @Nullable String refused;
    private @Nullable Later later;
    private @Nullable Look lastLook;
    private @Nullable Long deviatesSince;

    /**
     * Takes a bundle into use.
     *
     * @param files null if Boot does not watch it
     * @param events told of every change of the verdict, and of every renewal
     * @throws UnusableBundleException if the bundle is of no use
     */
    TlsBundle(
            String name,
            SslBundle bundle,
            TlsProvider provider,
            @Nullable BundleFiles files,
            InstantSource clock,
            LongSupplier nanoTime,
            Consumer<TlsBundleChanged> events) {
        this.name = name;
        this.files = files;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.events = events;
        this.check = new BundleCheck(clock, provider);
        this.inUse = new InUse(check.check(name, bundle), clock.instant());
    }

    String name() {
        return name;
    }

    /** For the next handshake. */
    TlsMaterial material() {
        return inUse.material();
    }

    TlsBundleStatus status() {
        InUse now = inUse;
        Verdict newest = verdict;
        return new TlsBundleStatus(
                name,
                newest.state(),
                now.material().subject(),
                now.material().notAfter(),
                now.appliedAt(),
                newest.cause(),
                newest.remedy());
    }

    /**
     * A server is made with it: from now on it must have a key.
     *
     * @throws UnusableBundleException if it has none
     */
    synchronized void needKey() {
        requireKey(material());
        needsKey = true;
    }

    /**
     * Clients are authenticated with it: from now on it must say whom it trusts.
     *
     * @throws UnusableBundleException if it does not
     */
    synchronized void needTrust() {
        requireTrust(material());
        needsTrust = true;
    }

    private void requireKey(TlsMaterial material) {
        if (!material.hasKey()) {
            throw new UnusableBundleException(
                    name,
                    "it has no private key with a certificate, and a server needs one",
                    "Set 'spring.ssl.bundle.pem." + name + ".keystore.certificate' and '.keystore.private-key', or '"
                            + "spring.ssl.bundle.jks." + name + ".keystore.location'.");
        }
    }

    private void requireTrust(TlsMaterial material) {
        if (!material.trusting()) {
            throw new UnusableBundleException(
                    name,
                    "clients are to be authenticated, but it does not say whom to trust, so every certificate of a public"
                            + " authority would do",
                    "Set 'spring.ssl.bundle.pem." + name + ".truststore.certificate' or 'spring.ssl.bundle.jks." + name
                            + ".truststore.location' to the authority that issues the clients' certificates, or authenticate no"
                            + " clients: client-auth=none.");
        }
    }

    /** Newer material was delivered: used from the next handshake on if it is good, refused if not. Never throws. */
    synchronized void update(SslBundle bundle) {
        later = null;
        try {
            TlsMaterial material = check.check(name, bundle);
            if (needsKey) {
                requireKey(material);
            }
            if (needsTrust) {
                requireTrust(material);
            }
            apply(material);
        } catch (UnusableBundleException e) {
            refused = identityOf(bundle);
            later = e instanceof NotYetValidException early ? new Later(bundle, early.validFrom()) : null;
            LOG.error(
                    "SSL bundle '{}' was renewed with something that cannot be used: {}; what was applied at {} stays in use;"
                            + " remedy: {}",
                    name,
                    e.problem(),
                    inUse.appliedAt(),
                    e.remedy());
            become(new Verdict(State.REFUSED, e.problem(), e.remedy()));
        } catch (RuntimeException e) {
            refused = null;
            LOG.error(
                    "SSL bundle '{}' could not be renewed; what was applied at {} stays in use",
                    name,
                    inUse.appliedAt(),
                    e);
            become(new Verdict(State.REFUSED, BundleCheck.messageOf(e), "See the log."));
        }
    }

    private void apply(TlsMaterial material) {
        refused = null;
        deviatesSince = null;
        if (material.identity().equals(material().identity())) {
            // Touched, or put back to what it was: sessions may go on to be resumed.
            becomeCurrent();
            return;
        }
        inUse = new InUse(material, clock.instant());
        LOG.info(
                "SSL bundle '{}' was renewed: new handshakes use the certificate of {}, which is valid until {}; connections that"
                        + " are open keep theirs",
                name,
                material.subject(),
                material.notAfter());
        verdict = Verdict.CURRENT;
        publish();
    }

    private @Nullable String identityOf(SslBundle bundle) {
        try {
            return BundleCheck.identity(name, bundle);
        } catch (UnusableBundleException e) {
            return null;
        }
    }

    private void becomeCurrent() {
        if (verdict.state() != State.CURRENT) {
            LOG.info("SSL bundle '{}' holds what is in use again", name);
            become(Verdict.CURRENT);
        }
    }

    private void become(Verdict next) {
        if (!next.equals(verdict)) {
            verdict = next;
            publish();
        }
    }

    private void publish() {
        try {
            events.accept(new TlsBundleChanged(status()));
        } catch (RuntimeException e) {
            LOG.warn("a listener to SSL bundle '{}' failed", name, e);
        }
    }

    /**
     * Looks for what nobody tells: files that differ from what is in use, and the time at which what was delivered too early may
     * be used. Costs a few look-ups; the files are read only if one of them has changed.
     */
    synchronized void review() {
        Later waiting = later;
        if (waiting != null && !clock.instant().isBefore(waiting.at())) {
            update(waiting.bundle());
        }
        if (files != null) {
            compare(files);
        }
    }

    private void compare(BundleFiles files) {
        List<String> stamp = files.stamp();
        Look look = lastLook;
        if (look == null || !look.stamp().equals(stamp)) {
            look = look(files, stamp);
            lastLook = look;
        }
        if (material().identity().equals(look.identity())) {
            deviatesSince = null;
            refused = null;
            later = null;
            becomeCurrent();
        } else if (verdict.state() != State.REFUSED || !Objects.equals(look.identity(), refused)) {
            deviates(files, look);
        }
    }

    private Look look(BundleFiles in, List<String> stamp) {
        try {
            return new Look(stamp, in.identity(name), null);
        } catch (UnusableBundleException e) {
            return new Look(stamp, null, e);
        }
    }

    private void deviates(BundleFiles in, Look look) {
        long now = nanoTime.getAsLong();
        if (deviatesSince == null) {
            deviatesSince = now;
        }
        // Whoever renews the files writes one after the other, and Boot waits until they are at rest.
        long patience = in.quietPeriod().multipliedBy(2).plus(DELIVERY).toNanos();
        if (now - deviatesSince < patience) {
            return;
        }
        UnusableBundleException problem = look.problem();
        Verdict stale = problem == null
                ? new Verdict(
                        State.STALE,
                        "its files have changed, but Spring Boot's file watcher has delivered nothing since "
                                + inUse.appliedAt(),
                        "See the log for what 'ssl-bundle-watcher' says; write the files anew, or restart the application.")
                : new Verdict(State.STALE, problem.problem(), problem.remedy());
        if (!stale.equals(verdict)) {
            LOG.error(
                    "SSL bundle '{}' has changed, but what was applied at {} stays in use: {}; remedy: {}",
                    name,
                    inUse.appliedAt(),
                    stale.cause(),
                    stale.remedy());
        }
        become(stale);
    }
}
