package io.iocp.demo.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Decides what is answered to a request.
 *
 * <p>Thread: any.
 */
final class Responder {

    private static final System.Logger LOG = System.getLogger(Responder.class.getName());
    private static final String ALLOWED = "GET, HEAD";

    /** Runs a call that may take its time, as {@code CompletionPort.blocking(..)} does. */
    @FunctionalInterface
    interface Blocking {
        <T> T call(Callable<T> call) throws Exception;
    }

    private final Site site;
    private final HttpClock clock;
    private final Blocking blocking;

    Responder(Site site, HttpClock clock, Blocking blocking) {
        this.site = site;
        this.clock = clock;
        this.blocking = blocking;
    }

    /**
     * The answer to a request that is well-formed.
     *
     * @param keepAlive what becomes of the connection
     */
    Response respond(Request request, KeepAlive keepAlive) {
        if (request.method() == RequestMethod.OTHER) {
            return refuse(
                    request, keepAlive, HttpStatus.METHOD_NOT_ALLOWED, "Files can be read here, and nothing else.");
        }
        Resource resource;
        try {
            resource = site.find(request.path());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a file cannot be opened", e);
            return refuse(
                    request, keepAlive, HttpStatus.SERVICE_UNAVAILABLE, "The file cannot be opened at the moment.");
        }
        return switch (resource) {
            case OpenFile file -> respond(request, keepAlive, file);
            case Resource.Directory directory -> list(request, keepAlive, directory.path());
            case Resource.Absent absent ->
                switch (absent) {
                    case MISSING -> refuse(request, keepAlive, HttpStatus.NOT_FOUND, "There is no such file.");
                    case FORBIDDEN -> refuse(request, keepAlive, HttpStatus.FORBIDDEN, "The file may not be read.");
                    case NEEDS_SLASH -> redirect(request, keepAlive);
                };
        };
    }

    // ---- files

    /** The reference to the file goes to the response, or is given up. */
    private Response respond(Request request, KeepAlive keepAlive, OpenFile file) {
        boolean sends = false;
        try {
            FileVersion version = file.version();
            boolean get = request.method() == RequestMethod.GET;
            switch (request.conditions().evaluate(version)) {
                case NOT_MODIFIED -> {
                    return made(notModified(version, keepAlive), keepAlive);
                }
                case FAILED -> {
                    return refuse(request, keepAlive, HttpStatus.PRECONDITION_FAILED, "The file is another one now.");
                }
                case SEND -> {}
            }
            // A part can only be asked for with GET (RFC 9110, section 14.2).
            ByteRange range = get ? request.conditions().rangeOf(version) : ByteRange.WHOLE;
            if (range.isUnsatisfiable()) {
                return unsatisfiable(version, keepAlive);
            }
            byte[] head = range.isWhole() ? file.wholeHead(clock.now(), keepAlive) : partHead(file, range, keepAlive);
            long length = range.isWhole() ? version.size() : range.length();
            if (!get || length == 0) {
                return made(head, keepAlive);
            }
            sends = true;
            return new Response.FromFile(file, head, range.first(), length, keepAlive == KeepAlive.CLOSE);
        } finally {
            if (!sends) {
                file.release();
            }
        }
    }

    private byte[] partHead(OpenFile file, ByteRange range, KeepAlive keepAlive) {
        FileVersion version = file.version();
        return new ResponseHead(HttpStatus.PARTIAL_CONTENT, clock.now(), keepAlive)
                .field("Content-Type", file.contentType())
                .contentLength(range.length())
                .contentRange(range, version.size())
                .version(version)
                .bytes();
    }

    private byte[] notModified(FileVersion version, KeepAlive keepAlive) {
        return new ResponseHead(HttpStatus.NOT_MODIFIED, clock.now(), keepAlive)
                .version(version)
                .bytes();
    }

    private Response unsatisfiable(FileVersion version, KeepAlive keepAlive) {
        HttpStatus status = HttpStatus.RANGE_NOT_SATISFIABLE;
        ResponseHead head = new ResponseHead(status, clock.now(), keepAlive)
                .field("Content-Range", "bytes */" + version.size())
                .field("Content-Type", ContentTypes.HTML);
        return page(head, Html.error(status, "The file has no such part."), true, keepAlive);
    }

    // ---- directories

    private Response redirect(Request request, KeepAlive keepAlive) {
        String query = request.query() == null ? "" : "?" + request.query();
        HttpStatus status = HttpStatus.MOVED_PERMANENTLY;
        ResponseHead head = new ResponseHead(status, clock.now(), keepAlive)
                .field("Location", RequestPath.encode(request.path()) + "/" + query)
                .field("Content-Type", ContentTypes.HTML);
        return page(head, Html.error(status, "A directory ends with a slash."), withBody(request), keepAlive);
    }

    private Response list(Request request, KeepAlive keepAlive, Path directory) {
        String listing;
        try {
            listing = blocking.call(() -> DirectoryListing.of(directory, request.path()));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a directory cannot be listed", e);
            return refuse(request, keepAlive, HttpStatus.FORBIDDEN, "The directory cannot be listed.");
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("a listing throws nothing else", e);
        }
        ResponseHead head = new ResponseHead(HttpStatus.OK, clock.now(), keepAlive)
                .field("Content-Type", ContentTypes.HTML)
                .field("Cache-Control", "no-cache");
        return page(head, listing, withBody(request), keepAlive);
    }

    // ---- errors

    /** The answer to what is no request that could be understood; the connection ends with it. */
    Response refuse(HttpStatus status, String reason) {
        return refuse(null, KeepAlive.CLOSE, status, reason);
    }

    Response refuse(@Nullable Request request, KeepAlive keepAlive, HttpStatus status, String reason) {
        ResponseHead head = new ResponseHead(status, clock.now(), keepAlive).field("Content-Type", ContentTypes.HTML);
        if (status == HttpStatus.METHOD_NOT_ALLOWED) {
            head.field("Allow", ALLOWED);
        }
        return page(head, Html.error(status, reason), withBody(request), keepAlive);
    }

    private static boolean withBody(@Nullable Request request) {
        return request == null || request.method() != RequestMethod.HEAD;
    }

    private static Response page(ResponseHead head, String page, boolean withBody, KeepAlive keepAlive) {
        byte[] body = page.getBytes(StandardCharsets.UTF_8);
        head.contentLength(body.length);
        return made(withBody ? head.bytesWith(body) : head.bytes(), keepAlive);
    }

    private static Response made(byte[] bytes, KeepAlive keepAlive) {
        return new Response.Made(bytes, keepAlive == KeepAlive.CLOSE);
    }
}
