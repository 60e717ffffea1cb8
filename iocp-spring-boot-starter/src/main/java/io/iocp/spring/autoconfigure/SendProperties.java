package io.iocp.spring.autoconfigure;

import io.iocp.spring.connection.SendLimits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * How much may wait to be sent on each connection of a server or a client.
 *
 * @param highWaterMark Bytes that wait to be sent from which on nothing more is received from the peer.
 * @param lowWaterMark Bytes that wait to be sent at which receiving goes on.
 * @param slowReaderTimeout Time for which more than the low mark may wait while the peer takes less than the low mark; then the
 *     connection is closed. 0 means for ever.
 */
public record SendProperties(
        @DefaultValue("1MB") DataSize highWaterMark,
        @DefaultValue("512KB") DataSize lowWaterMark,
        @DefaultValue("60s") Duration slowReaderTimeout) {

    /** @throws InvalidConfigurationPropertyValueException if a value is out of bounds; it names the key */
    SendLimits limits(String prefix) {
        IocpAutoConfiguration.require(prefix + "high-water-mark", highWaterMark.toBytes(), 1, 1L << 40);
        if (lowWaterMark.toBytes() < 0 || lowWaterMark.toBytes() >= highWaterMark.toBytes()) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "low-water-mark",
                    lowWaterMark,
                    "Must be less than the high mark, which is " + highWaterMark + ", and not negative.");
        }
        if (slowReaderTimeout.isNegative()) {
            throw new InvalidConfigurationPropertyValueException(
                    prefix + "slow-reader-timeout", slowReaderTimeout, "Must not be negative; 0 means for ever.");
        }
        @Nullable Duration timeout = slowReaderTimeout.isZero() ? null : slowReaderTimeout;
        return new SendLimits(highWaterMark.toBytes(), lowWaterMark.toBytes(), timeout);
    }
}
