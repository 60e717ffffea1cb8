package io.iocp.demo.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpressionTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '\'',
            value = {
                "up; up",
                "sum without (reason) (rate(a_total{reason!=\"b\", c=~\"(d|e)[5m]\"}[5m])) > 1; a_total",
                "min_over_time(a[5m]) > 100 and deriv(b[5m:1m] offset 1w) > 0; a,b",
                "x == 0 and on (job, instance) count by (job) (last_over_time(y[1h])); x,y",
                "a / on(b) group_left (c) d; a,d",
                "a < 14 * 24 * 3600 and a >= 2e3; a",
                "histogram_quantile(0.99, sum by (le) (rate(a_bucket[5m]))); a_bucket",
            })
    void shouldKnowItsMetrics(String text, String metrics) {
        assertThat(new Expression(text).metrics()).containsExactly(metrics.split(","));
    }

    @Test
    void shouldKnowItsSelectors() {
        assertThat(Expression.ofGrafana("sum(a{port=~\"$port\",k=\"{}\"}) / (rate(b[$__rate_interval]) > 0)")
                        .selectors())
                .containsExactly("a{port=~\".*\",k=\"{}\"}", "b");
    }
}
