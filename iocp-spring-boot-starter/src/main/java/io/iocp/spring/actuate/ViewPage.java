package io.iocp.spring.actuate;

import java.util.List;

/**
 * A page of a view.
 *
 * @param page its number, from 0
 * @param size how many rows a page has at most
 * @param total rows that the filter lets through
 * @param pages how many there are
 */
public record ViewPage(String port, String view, int page, int size, int total, int pages, List<?> content) {
    static final int DEFAULT_SIZE = 50;
    static final int LARGEST_SIZE = 500;

    /** Page {@code page} of all these rows. */
    static ViewPage of(String port, String view, List<?> rows, int page, int size) {
        int total = rows.size();
        int from = (int) Math.min(total, (long) page * size);
        int to = Math.min(total, from + size);
        return new ViewPage(
                port, view, page, size, total, Math.ceilDiv(total, size), List.copyOf(rows.subList(from, to)));
    }
}
