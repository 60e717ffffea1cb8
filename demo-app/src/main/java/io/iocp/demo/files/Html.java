package io.iocp.demo.files;

/** The pages that the server makes itself. */
final class Html {

    private static final String STYLE = """
            :root{color-scheme:light dark}
            body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
            h1{font-size:1.4rem;overflow-wrap:anywhere}
            table{border-collapse:collapse;width:100%}
            th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884}
            td:first-child{overflow-wrap:anywhere}
            .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
            a{text-decoration:none}a:hover{text-decoration:underline}
            footer{color:#888;margin-top:1.5rem;font-size:.85rem}
            """;

    private Html() {}

    /** Begins a page, up to the inside of its body. */
    static StringBuilder begin(String title) {
        StringBuilder page = new StringBuilder(2048);
        page.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
        escape(title, page);
        page.append("</title>\n<style>\n").append(STYLE).append("</style></head>\n<body><h1>");
        escape(title, page);
        return page.append("</h1>\n");
    }

    static String end(StringBuilder page) {
        return page.append("<footer>iocp-demo</footer></body></html>\n").toString();
    }

    /** Appends a text so that it is one and nothing else, in an element and in a quoted attribute. */
    static void escape(String text, StringBuilder to) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> to.append("&amp;");
                case '<' -> to.append("&lt;");
                case '>' -> to.append("&gt;");
                case '"' -> to.append("&quot;");
                case '\'' -> to.append("&#39;");
                default -> to.append(c);
            }
        }
    }

    /** The page that goes with an error. */
    static String error(HttpStatus status, String reason) {
        StringBuilder page = begin(status.line());
        page.append("<p>");
        escape(reason, page);
        return end(page.append("</p>\n"));
    }
}
